//! What workers send: claims, and answers under leases that are good, stale or made up.

use super::{join, words, Lease, Traffic, Words, LEASES, SPANS};

impl Traffic {
    pub(super) fn claim(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIM", queue);
        command.push(self.worker());
        command = self.option(command, 2, "COUNT", &["2", "3", "10"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        command = self.option(command, 8, "MAXBYTES", &["0", "10", "100"]);
        command = self.option(command, 6, "FULL", &[""]);
        self.option(command, 4, "BLOCK", &["1", "5", "30", "30 MIN 1"])
    }

    /// Of this queue, before it of one that does not exist, behind it of itself.
    pub(super) fn claim_any(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIMANY", "3");
        command.extend([b"nowhere".to_vec(), queue.into(), queue.into(), self.worker()]);
        command = self.option(command, 2, "COUNT", &["2", "3", "10"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        self.option(command, 4, "BLOCK", &["1", "5", "30"])
    }

    pub(super) fn held(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIM", queue);
        command.extend([self.worker(), b"HELD".to_vec()]);
        command = self.option(command, 3, "FULL", &[""]);
        self.option(command, 2, "LEASE", &LEASES)
    }

    pub(super) fn ack(&mut self, queue: &str) -> Words {
        let most = 1 + self.rng.below(3);
        let command = self.with_leases(words("JQ.ACK", queue), queue, most);
        let results = ["done", "r s", "done r NEXT"];
        let command = self.option(command, 3, "RESULT", &results[most - 1..most]);
        let command = self.keep(command);
        let command = self.answer_fields(command);
        self.next(command)
    }

    pub(super) fn nack(&mut self, queue: &str) -> Words {
        let most = 1 + self.rng.below(3);
        let command = self.with_leases(words("JQ.NACK", queue), queue, most);
        let command = self.option(command, 2, "ERROR", &["broken", "x"]);
        let or = self.rng.one_in(2);
        let wait = if or { "DELAY" } else { "FATAL" };
        let command = if self.rng.one_in(6) {
            self.option(join(command, "FRONT"), 2, "DELAY", &SPANS)
        } else {
            self.option(command, 4, wait, if or { &SPANS } else { &[""] })
        };
        let command = self.keep(command);
        let command = self.answer_fields(command);
        self.next(command)
    }

    /// How long the record is kept, now and then.
    fn keep(&mut self, command: Words) -> Words {
        self.option(command, 6, "KEEP", &["-1", "0", "5", "50 MAX 3", "-1 MAX 5", "0 MAX 2"])
    }

    /// Claims the next jobs, now and then.
    fn next(&mut self, mut command: Words) -> Words {
        if !self.rng.one_in(3) {
            return command;
        }
        command.extend([b"NEXT".to_vec(), self.worker()]);
        command = self.option(command, 3, "COUNT", &["2", "3"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        command = self.option(command, 8, "MAXBYTES", &["0", "10", "100"]);
        self.option(command, 6, "FULL", &[""])
    }

    pub(super) fn release(&mut self, queue: &str) -> Words {
        if self.rng.one_in(4) {
            let mut command = join(words("JQ.RELEASE", queue), "WORKER");
            command.push(self.worker());
            return command;
        }
        let command = self.with_leases(words("JQ.RELEASE", queue), queue, 2);
        if self.rng.one_in(6) {
            return join(command, "HOLD");
        }
        let command = self.option(command, 4, "FRONT", &[""]);
        let command = self.option(command, 3, "DELAY", &SPANS);
        self.change_fields(command)
    }

    pub(super) fn extend(&mut self, queue: &str) -> Words {
        let span = *self.rng.pick(&LEASES);
        self.with_leases(join(words("JQ.EXTEND", queue), span), queue, 2)
    }

    pub(super) fn progress(&mut self, queue: &str) -> Words {
        let mut command = self.with_leases(words("JQ.PROGRESS", queue), queue, 1);
        command.push(self.payload());
        command
    }

    /// Adds up to `most` pairs of token and id: mostly good ones, then stale ones, then made-up ones.
    fn with_leases(&mut self, mut command: Words, queue: &str, most: usize) -> Words {
        for _ in 0..most {
            let mine = |lease: &Lease| lease.queue == queue.as_bytes();
            let lease = if self.rng.one_in(12) {
                let token = *self.rng.pick(&[0, 1, u64::MAX >> 11]);
                Lease { queue: Vec::new(), token, id: self.id() }
            } else if let Some(at) = self.leases.iter().rposition(mine) {
                // Some are kept, to be sent again when they are no longer good.
                if self.rng.one_in(4) {
                    self.leases[at].clone()
                } else {
                    self.leases.remove(at)
                }
            } else {
                Lease { queue: Vec::new(), token: 7, id: self.id() }
            };
            command.extend([lease.token.to_string().into_bytes(), lease.id]);
        }
        command
    }
}
