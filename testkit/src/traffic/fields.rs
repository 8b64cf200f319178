//! What applications keep with jobs: options about their fields, and their logs.

use super::{words, Traffic, Words};

const NAMES: [&str; 4] = ["f1", "f2", "a\u{0}field", "a-field-with-a-longer-name"];

impl Traffic {
    /// Fields of a new job.
    pub(super) fn set(&mut self, mut command: Words) -> Words {
        for name in NAMES {
            if self.rng.one_in(12) {
                command.extend([b"SET".to_vec(), name.into(), self.payload()]);
            }
        }
        command
    }

    /// Fields that are set or go.
    pub(super) fn change_fields(&mut self, command: Words) -> Words {
        let mut command = self.option(command, 12, "UNSET", &["f0", "f9"]);
        for name in NAMES {
            match self.rng.below(20) {
                0 => command.extend([b"UNSET".to_vec(), name.into()]),
                1 | 2 => command.extend([b"SET".to_vec(), name.into(), self.payload()]),
                _ => {}
            }
        }
        command
    }

    /// The same, and a field that must not be there.
    pub(super) fn answer_fields(&mut self, command: Words) -> Words {
        let command = self.change_fields(command);
        self.option(command, 12, "UNLESS", &["f1", "f2"])
    }

    /// Lines for the log of a job.
    pub(super) fn log(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.LOG", queue);
        command.push(self.id());
        let lines = 1 + self.rng.below(3);
        command.extend((0..lines).map(|_| self.payload()).collect::<Vec<_>>());
        command
    }
}
