//! What only asks.

use super::{join, words, Traffic, Words};

impl Traffic {
    pub(super) fn view(&mut self, queue: &str) -> Words {
        match self.rng.below(12) {
            0 => self.on_ids("JQ.GET", queue, 1),
            11 => {
                let command = self.on_ids("JQ.LOGS", queue, 1);
                self.option(command, 2, "COUNT", &["1", "2 SKIP 1", "100 REV"])
            }
            10 => self.option(words("JQ.NAMES", queue), 2, "COUNT", &["1", "2 CURSOR =mail"]),
            1 => self.on_ids("JQ.EXPLAIN", queue, 1),
            2 => words("JQ.STATS", queue),
            3 => words("JQ.CONFIG", queue),
            4 => words("JQ.CHECK", queue),
            5 => join(words("JQ.STATS", queue), "JSON"),
            6 => self.option(words("JQ.WORKERS", queue), 2, "COUNT", &["1", "2 CURSOR =w1", "100 JSON"]),
            7 => words("JQ.SERIES", queue),
            8 => self.count(queue),
            _ => self.list(queue),
        }
    }
}
