//! The part of the traffic that adds jobs.

use super::{join, words, Traffic, Words, SPANS};

impl Traffic {
    pub(super) fn add(&mut self, queue: &str) -> Words {
        let id = self.new_id();
        let mut command = words("JQ.ADD", queue);
        command.extend([id, self.payload()]);
        let command = self.shards(command);
        self.job_options(command)
    }

    pub(super) fn madd(&mut self, queue: &str) -> Words {
        let count = 1 + self.rng.below(6);
        let mut command = join(words("JQ.MADD", queue), &count.to_string());
        for _ in 0..count {
            let id = self.new_id();
            command.extend([id, self.payload()]);
        }
        command = self.shards(command);
        command = self.job_options(command);
        let own = ["JOB 1 PRIORITY 3", "JOB 1 FRONT DELAY 5", "JOB 1 KEEP 50 GROUP g2 ATTEMPTS 1"];
        let own = *self.rng.pick(&own);
        // A PX or a MAXWAIT of all might not fit its delay.
        let fits = !command.iter().any(|word| word == b"PX" || word == b"MAXWAIT" || word == b"HOLD");
        if fits && self.rng.one_in(5) {
            return join(command, own);
        }
        command
    }

    /// How many shards the producer counts on, now and then.
    fn shards(&mut self, command: Words) -> Words {
        self.option(command, 10, "SHARDS", &["1", "2"])
    }

    fn job_options(&mut self, mut command: Words) -> Words {
        if self.rng.one_in(12) {
            let debounces = ["DELAY 5 MAXWAIT 20 ONDUP REPLACE", "ONDUP REPLACE DELAY 20 PX 101 MAXWAIT 30"];
            let debounce = *self.rng.pick(&debounces);
            return self.group(join(command, debounce));
        }
        if self.rng.one_in(20) {
            return self.option(join(command, "HOLD"), 3, "PX", &["30", "1000"]);
        }
        command = self.option(command, 4, "DELAY", &SPANS[..8]);
        let command = self.set(command);
        self.common_options(command)
    }

    /// The options of a job but for its start.
    pub(super) fn common_options(&mut self, mut command: Words) -> Words {
        command = self.option(command, 4, "PRIORITY", &["-2147483648", "-3", "0", "3", "2147483647"]);
        command = self.option(command, 6, "FRONT", &[""]);
        command = self.option(command, 5, "ATTEMPTS", &["1", "2", "5"]);
        command = self.option(command, 6, "BACKOFF", &["FIXED 0", "FIXED 3", "EXPONENTIAL 2"]);
        command = self.option(command, 4, "DEDUP", &["-1", "0", "1", "20", "3000", "KEPT"]);
        command = self.group(command);
        // What a known id means, and batches, do not go together.
        command = match self.rng.below(4) {
            0..2 => self.option(command, 1, "ONDUP", &["IGNORE", "REPLACE", "RERUN"]),
            2 => self.batch_options(command),
            _ => command,
        };
        command = self.option(command, 4, "NAME", &["mail", "sms", "a-longer-name-of-a-kind"]);
        command = self.option(command, 6, "PX", &["1", "2", "30", "101", "1000"]);
        command = self.option(command, 6, "MAXRUN", &["-1", "1", "20", "100"]);
        self.option(command, 5, "KEEP", &["-1", "0", "5", "50", "3000"])
    }
}
