//! The part of the traffic that is about batches: few names, opened, sealed, dropped and opened again all the
//! time.

use super::{join, words, Traffic, Words};

const NAMES: [&str; 4] = ["b1", "b2", "b3", "a-b\u{0}tch"];
/// Milliseconds. There is no 0, which would wait for ever.
const WAITS: [&str; 4] = ["1", "5", "30", "200"];

impl Traffic {
    /// Adds BATCH, or what to wait for, or both.
    pub fn batch_options(&mut self, command: Words) -> Words {
        let command = self.option(command, 2, "BATCH", &NAMES);
        let dependency = *self.rng.pick(&["AFTER", "AFTER", "AFTEROK"]);
        self.option(command, 3, dependency, &NAMES)
    }

    /// A command that is about a batch.
    pub fn batch(&mut self, queue: &str) -> Words {
        match self.rng.below(8) {
            0..2 => self.named("JQ.SEAL", queue),
            2 => self.named("JQ.FORGET", queue),
            3 => self.named("JQ.BATCH", queue),
            4 => self.option(words("JQ.BATCHES", queue), 2, "COUNT", &["1", "2 CURSOR 3", "100"]),
            5 => {
                let state = *self.rng.pick(&["waiting", "blocked", "completed", "failed"]);
                let name = *self.rng.pick(&NAMES);
                join(words("JQ.LIST", queue), &format!("{state} BATCH {name}"))
            }
            _ => self.await_one(queue),
        }
    }

    /// JQ.AWAIT for a batch or a job.
    pub fn await_one(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.AWAIT", queue);
        if self.rng.one_in(2) {
            command = join(command, &format!("BATCH {}", self.rng.pick(&NAMES)));
        } else {
            command.extend([b"JOB".to_vec(), self.id()]);
        }
        let ms = *self.rng.pick(&WAITS);
        join(command, ms)
    }

    fn named(&mut self, verb: &str, queue: &str) -> Words {
        let name = *self.rng.pick(&NAMES);
        join(words(verb, queue), name)
    }
}
