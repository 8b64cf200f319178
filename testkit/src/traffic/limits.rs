//! The part of the traffic that is about groups, limits and what is kept: few lanes, and limits that are
//! tight for a while.

use super::{join, words, Traffic, Words};

const GROUPS: [&str; 4] = ["g1", "g1", "g2", "a-gr\u{0}up"];

impl Traffic {
    /// Puts every third job into a group.
    pub fn group(&mut self, command: Words) -> Words {
        self.option(command, 3, "GROUP", &GROUPS)
    }

    /// Another limit of one group.
    fn group_limit(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.GROUP", queue);
        command.push(self.rng.pick(&GROUPS).as_bytes().to_vec());
        let limits =
            ["", "concurrency 0", "concurrency 2", "rate 1/20", "rate 0", "concurrency default rate default"];
        let limit = *self.rng.pick(&limits);
        join(command, limit)
    }

    /// Another limit: on what runs, or on the records that are kept.
    pub fn limit(&mut self, queue: &str) -> Words {
        if self.rng.one_in(3) {
            return self.group_limit(queue);
        }
        let limits = [
            "concurrency 0",
            "concurrency 2",
            "concurrency 5 rate 5/20",
            "rate 0",
            "rate 20/100",
            "rate 4/20/window",
            "group-concurrency 0",
            "group-concurrency 1",
            "group-concurrency 1",
            "group-concurrency 2",
            "group-rate 0",
            "group-rate 1/20",
            "group-rate 3/50",
            "group-rate 2/30/window",
            "group-concurrency 0 group-rate 1/3000",
            "keep-completed 3000 keep-completed-max 5",
            "keep-completed-max 1 keep-failed-max 1",
            "keep-completed-max 0 keep-failed-max 0",
        ];
        let limit = *self.rng.pick(&limits);
        join(words("JQ.CONFIG", queue), limit)
    }

    /// Pauses a group or the queue, for a while or without end.
    pub fn pause(&mut self, queue: &str) -> Words {
        let command = self.group(words("JQ.PAUSE", queue));
        self.option(command, 2, "FOR", &["1", "5", "20", "100"])
    }

    /// Resumes a group or the queue.
    pub fn resume(&mut self, queue: &str) -> Words {
        let command = self.group(words("JQ.RESUME", queue));
        self.option(command, 3, "ONLY", &["PAUSE", "FOR"])
    }
}
