//! What operators send: settings, and changes of jobs by their ids.

use super::{join, words, Traffic, Words, SPANS};

impl Traffic {
    /// The settings of a new queue.
    pub fn settings(queue: &str) -> Words {
        let line = "lease 20 attempts 3 backoff exponential/1 max-backoff 20 jitter 50 max-losses 3 \
                    dedup-window 100 keep-completed 50 keep-completed-max 0 keep-failed 200 keep-failed-max 20 \
                    keep-batches 200 concurrency 0 rate 0 group-concurrency 1 group-rate 0 events-max 300";
        join(words("JQ.CONFIG", queue), line)
    }

    pub(super) fn setting(&mut self, queue: &str) -> Words {
        let settings = [
            "lease 5",
            "lease 50",
            "attempts 1",
            "attempts 3",
            "backoff fixed/2",
            "backoff exponential/1",
            "max-losses 0",
            "max-losses 3",
            "dedup-window 0",
            "dedup-window 100",
            "dedup-window -1",
            "dedup-window kept",
            "max-ids 30 max-jobs 20",
            "max-ids 0 max-jobs 0",
            "keep-completed 0",
            "keep-completed 50 keep-completed-max 3",
            "keep-failed -1 keep-failed-max 2",
            "keep-failed 100 keep-failed-max 0",
            "keep-batches 0",
            "keep-batches 100",
            "keep-batches -1",
            "max-run 30",
            "max-field-bytes 0",
            "max-field-bytes 40",
            "max-field-bytes 16384",
            "max-log-bytes 0",
            "max-log-bytes 60",
            "max-log-bytes 65536",
            "max-run -1",
            "shards 2 shards-before 1",
            "shards 0",
        ];
        let setting = *self.rng.pick(&settings);
        join(words("JQ.CONFIG", queue), setting)
    }

    pub(super) fn admin(&mut self, queue: &str) -> Words {
        if self.rng.one_in(4) {
            return self.change(queue);
        }
        let verb =
            *self.rng.pick(&["JQ.REMOVE", "JQ.CANCEL", "JQ.CANCEL", "JQ.PROMOTE", "JQ.RETRY", "JQ.RERUN"]);
        let most = 1 + self.rng.below(3);
        let mut command = self.on_ids(verb, queue, most);
        if verb == "JQ.PROMOTE" {
            command = self.option(command, 3, "DELAY", &SPANS);
        }
        let command = self.front(verb, command);
        if matches!(verb, "JQ.RETRY" | "JQ.RERUN") {
            self.change_fields(command)
        } else {
            command
        }
    }

    fn change(&mut self, queue: &str) -> Words {
        let mut command = self.on_ids("JQ.CHANGE", queue, 1);
        command.extend([b"PROGRESS".to_vec(), self.payload()]);
        if self.rng.one_in(2) {
            command.extend([b"PAYLOAD".to_vec(), self.payload()]);
        }
        command = self.option(command, 3, "PRIORITY", &["-3", "0", "3"]);
        command = self.option(command, 3, "DELAY", &SPANS);
        command = self.option(command, 4, "FRONT", &[""]);
        command = self.option(command, 4, "NAME", &["mail", "fax"]);
        self.change_fields(command)
    }

    /// Adds FRONT to some of the commands that have it.
    pub(super) fn front(&mut self, verb: &str, command: Words) -> Words {
        if matches!(verb, "JQ.PROMOTE" | "JQ.RETRY" | "JQ.RERUN") {
            self.option(command, 4, "FRONT", &[""])
        } else {
            command
        }
    }
}
