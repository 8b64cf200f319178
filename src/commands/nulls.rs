//! Of which kind the nulls of replies are. For RESP2 clients there are two, and one that takes replies apart by their
//! types makes an empty list of a null array.

use super::command::{Env, NoWorkers};
use super::reply::Reply;
use super::standalone::Standalone;
use super::ArgLimits;
use crate::queue::{Effect, Journal, Now, Queue};

#[test]
fn a_null_is_of_the_kind_that_would_stand_there() {
    let cases: [(&str, &[&str]); 11] = [
        ("JQ.CLAIM q w", &["null"]),
        ("JQ.GET q a", &["null"]),
        ("JQ.GET q a JSON", &["null string"]),
        ("JQ.EXPLAIN q a", &["null"]),
        ("JQ.BATCH q b", &["null"]),
        ("JQ.AWAIT q BATCH b 0", &["null"]),
        ("JQ.AWAIT q JOB a 0", &["null"]),
        ("JQ.SCHEDULE q s p EVERY 86400000", &["number"]),
        ("JQ.SCHEDULE q s p EVERY 86400000 UNTIL 1700000000001", &["null string"]),
        ("JQ.ADD q a x", &["container", "string", "string", "string"]),
        ("JQ.AWAIT q JOB a 0", &["container", "string", "null string"]),
    ];
    let mut queue = Queue::default();
    for (line, expected) in cases {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let mut replied = Kinds::default();
        let outcome = Standalone {
            queue: &mut queue,
            journal: &mut NoJournal,
            env: Env { now: Now::from_ms(1_700_000_000_000), workers: &NoWorkers, may_block: false },
            limits: ArgLimits { max_payload: 100 },
        }
        .call(&words, &mut replied);
        assert!(matches!(outcome, Some(Ok(_))), "{line}");
        assert_eq!(replied.0, expected, "{line}");
    }
}

struct NoJournal;

impl Journal for NoJournal {
    fn record(&mut self, _: &Queue, _: &Effect<'_>) {}
}

/// What kinds of values a reply has, in their order.
#[derive(Default)]
struct Kinds(Vec<&'static str>);

impl Reply for Kinds {
    fn ok(&mut self) {
        self.0.push("ok");
    }

    fn int(&mut self, _: i64) {
        self.0.push("number");
    }

    fn bytes(&mut self, _: &[u8]) {
        self.0.push("string");
    }

    fn null(&mut self) {
        self.0.push("null");
    }

    fn null_string(&mut self) {
        self.0.push("null string");
    }

    fn array(&mut self, _: usize) {
        self.0.push("container");
    }

    fn map(&mut self, _: usize) {
        self.0.push("container");
    }
}
