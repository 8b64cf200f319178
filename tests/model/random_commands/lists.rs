//! Commands that ask which jobs there are, and how many.

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use super::limits::GROUPS;
use super::pieces::{batch, join, option, pick, shuffled, text, worker, Words, STATES};

const PRIORITIES: [&str; 5] = ["0 0", "-1 0", "1 2147483647", "-2147483648 7", "7 7"];

const INSTANTS: [&str; 4] = ["1000010", "1000020", "1000060", "1001000"];

/// LIST with selectors, SKIP and an end to begin from, and COUNT.
pub(crate) fn listings() -> Words {
    let list = vec![
        option("SKIP", &["0", "1", "1", "2", "5"]),
        option("COUNT", &["1", "2", "10000"]),
        option("PRIORITY", &PRIORITIES),
        option("GROUP", &GROUPS),
        rarely(join(vec![text("BATCH"), batch()])),
        rarely(join(vec![text("WORKER"), worker()])),
        rarely(option("SINCE", &INSTANTS)),
        rarely(option("UNTIL", &INSTANTS)),
        rarely(text("REV")),
    ];
    let count = |states: &[&'static str], options: Vec<Words>| {
        join(vec![text("JQ.COUNT q"), pick(states), shuffled(options)])
    };
    let of_waiting = vec![option("PRIORITY", &PRIORITIES), option("GROUP", &GROUPS)];
    let of_active =
        vec![Union::new(vec![option("GROUP", &GROUPS), join(vec![text("WORKER"), worker()])]).boxed()];
    let of_records = vec![option("SINCE", &INSTANTS), option("UNTIL", &INSTANTS)];
    let lines = vec![
        (4, join(vec![text("JQ.LIST q"), pick(&STATES), shuffled(list)])),
        (2, count(&["waiting", "waiting", "blocked"], of_waiting)),
        (1, count(&["active"], of_active)),
        (3, count(&["completed", "completed", "failed"], of_records)),
        (1, count(&["waiting", "delayed", "active", "remembered"], Vec::new())),
    ];
    Union::new_weighted(lines).boxed()
}

/// Nothing, mostly.
fn rarely(words: Words) -> Words {
    Union::new_weighted(vec![(7, text("")), (1, words)]).boxed()
}
