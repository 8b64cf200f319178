//! Commands about events.

use super::{join, words, Traffic, Words};

impl Traffic {
    /// One of them.
    pub(super) fn event(&mut self, queue: &str) -> Words {
        match self.rng.below(9) {
            0..4 => self.emit(queue),
            4 => {
                let keep = *self.rng.pick(&["0", "1", "7", "1000000"]);
                join(words("JQ.TRIMEVENTS", queue), keep)
            }
            5 => {
                let most = *self.rng.pick(&["0", "1", "5", "300", "300", "1000000"]);
                join(words("JQ.CONFIG", queue), &format!("events-max {most}"))
            }
            _ => self.events(queue),
        }
    }

    fn emit(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.EMIT", queue);
        command.push(self.rng.pick(&["told", "e\u{0}vent", "a-longer-name-of-an-event"]).as_bytes().to_vec());
        if self.rng.one_in(2) {
            command.extend([b"ID".to_vec(), self.id()]);
        }
        for name in ["field", "f2", "ID"] {
            if self.rng.one_in(3) {
                command.extend([name.into(), self.payload()]);
            }
        }
        command
    }

    fn events(&mut self, queue: &str) -> Words {
        let command = words("JQ.EVENTS", queue);
        let command = self.option(command, 3, "AFTER", &["$", "0-0", "1704067200010-20", "1704067200000-0"]);
        let command = self.option(command, 3, "COUNT", &["1", "7", "10000"]);
        let mut command = self.option(command, 4, "ONLY", &["completed", "lost,drained,told"]);
        if self.rng.one_in(4) {
            command.extend([b"ID".to_vec(), self.id()]);
        }
        command
    }
}
