//! The part of the traffic that is about many jobs at once: all that are selected, page by page.

use super::{join, words, Traffic, Words};

const COUNTS: [&str; 3] = ["1", "2", "5"];
const CURSORS: [&str; 5] = ["0", "0", "3:7", "-1:3", "1704067200010:20"];

impl Traffic {
    /// JQ.RETRY, JQ.CANCEL or JQ.PROMOTE of all that are selected.
    pub fn change_selected(&mut self, queue: &str) -> Words {
        let verb = *self.rng.pick(&["JQ.RETRY", "JQ.RETRY", "JQ.RETRY", "JQ.PROMOTE", "JQ.CANCEL"]);
        let command = join(words(verb, queue), "*");
        let command = if self.rng.one_in(2) { command } else { self.selectors(command) };
        let command = self.option(command, 2, "COUNT", &COUNTS);
        let command = self.option(command, 4, "IDS", &[""]);
        self.front(verb, command)
    }

    /// Drops records, cancels what has not started, or forgets ids.
    pub fn purge(&mut self, queue: &str) -> Words {
        let states = ["completed", "completed", "failed", "waiting", "delayed", "blocked", "remembered"];
        let state = *self.rng.pick(&states);
        let command = join(words("JQ.PURGE", queue), state);
        let command = self.option(command, 2, "OLDER", &["0", "2", "20", "100"]);
        let command = match state {
            "remembered" => self.instants(command),
            _ if self.rng.one_in(3) => self.selectors(command),
            _ => command,
        };
        let command = self.option(command, 2, "COUNT", &COUNTS);
        self.option(command, 4, "IDS", &[""])
    }

    /// A page of a state, or of the remembered ids.
    pub fn list(&mut self, queue: &str) -> Words {
        let states = ["waiting", "delayed", "blocked", "active", "completed", "failed", "remembered"];
        let state = *self.rng.pick(&states);
        let command = join(words("JQ.LIST", queue), state);
        let command = self.option(command, 2, "COUNT", &["1", "3", "100"]);
        let command = self.option(command, 4, "SKIP", &["0", "1", "5", "1000000"]);
        let command = if self.rng.one_in(3) { join(command, "FULL") } else { command };
        if state == "remembered" {
            return self.instants(command);
        }
        let command = if self.rng.one_in(3) { join(command, "PAYLOAD") } else { command };
        self.selectors(command)
    }

    /// How many there are of a state.
    pub fn count(&mut self, queue: &str) -> Words {
        let asked = [
            "waiting",
            "waiting PRIORITY -3 3",
            "blocked PRIORITY 0 0",
            "active WORKER w1",
            "completed SINCE 1704067200005",
            "failed UNTIL 1704067200300",
            "remembered",
        ];
        let asked = *self.rng.pick(&asked);
        join(words("JQ.COUNT", queue), asked)
    }

    fn selectors(&mut self, mut command: Words) -> Words {
        command = self.group(command);
        command = self.option(command, 5, "NAME", &["mail", "sms", "fax"]);
        command = self.option(command, 4, "PRIORITY", &["-2147483648 0", "0 0", "3 2147483647"]);
        command = self.option(command, 4, "BATCH", &["b1", "b2", "b9"]);
        if self.rng.one_in(4) {
            command.extend([b"WORKER".to_vec(), self.worker()]);
        }
        self.instants(command)
    }

    fn instants(&mut self, command: Words) -> Words {
        let command = self.option(command, 4, "SINCE", &["1704067200005", "1704067200300"]);
        let command = self.option(command, 4, "UNTIL", &["1704067200300", "4102444800000"]);
        let command = self.option(command, 4, "CURSOR", &CURSORS);
        if self.rng.one_in(3) {
            join(command, "REV")
        } else {
            command
        }
    }
}
