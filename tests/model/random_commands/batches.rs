//! The commands of random scripts about jobs that wait for batches, and about batches that are not needed.

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use super::changing::change;
use super::configuring::maybe_events;
use super::consuming::{ack, claim, leases};
use super::pieces::{batch, id, join, maybe_ids, option, pick, repeat, shuffled, text, Words, STATES};

/// The settings of a queue whose batches go soon.
pub(crate) fn batch_settings() -> Words {
    let keep = join(vec![text("keep-batches"), pick(&["-1", "0", "20", "20", "50", "100"])]);
    join(vec![
        text("JQ.CONFIG q lease 200 attempts 1 group-concurrency 0"),
        text("dedup-window"),
        pick(&["0", "0", "50", "-1"]),
        keep,
        option("max-jobs", &["3", "4"]),
        maybe_events(),
    ])
}

/// Which of the jobs of a state.
fn selectors() -> Words {
    let options = shuffled(vec![
        option("GROUP", &["g1", "g2"]),
        option("BATCH", &["b1", "b2", "b9"]),
        option("SINCE", &["1000", "1010", "1050"]),
        option("UNTIL", &["1010", "1050", "1100"]),
        option("COUNT", &["1", "2"]),
    ]);
    join(vec![pick(&["REV", ""]), options])
}

/// Which of the jobs of a state, by what is left of those that have ended, too.
fn instants() -> Words {
    join(vec![
        pick(&["REV", "", "CURSOR 0"]),
        shuffled(vec![
            option("SINCE", &["1000", "1010", "1050"]),
            option("UNTIL", &["1010", "1050", "1100"]),
            option("COUNT", &["1", "2"]),
        ]),
    ])
}

/// Any command that such scripts have.
pub(crate) fn about_batches() -> Words {
    let group = || option("GROUP", &["g1", "g2"]);
    let member = join(vec![text("JQ.ADD q"), id(), text("x BATCH"), batch(), group()]);
    let dependent = join(vec![
        text("JQ.ADD q"),
        id(),
        text("x"),
        pick(&["AFTEROK", "AFTEROK", "AFTEROK", "AFTER"]),
        batch(),
        option("PX", &["20", "100"]),
        option("DELAY", &["10", "50"]),
        group(),
    ]);
    let both = join(vec![text("JQ.ADD q"), id(), text("x BATCH"), batch(), text("AFTEROK"), batch()]);
    let ids = |verb: &'static str| join(vec![text(verb), repeat(id(), 1, 4)]);
    let worker = pick(&["w1", "w2", "w9"]);
    let choices = vec![
        (16, member),
        (16, dependent),
        (5, both),
        (20, claim()),
        (12, ack()),
        (16, join(vec![text("JQ.NACK q"), leases(), text("FATAL")])),
        (10, join(vec![text("JQ.SEAL q"), batch()])),
        (12, ids("JQ.RETRY q")),
        (6, ids("JQ.RERUN q")),
        (6, join(vec![text("JQ.RETRY q *"), option("COUNT", &["1", "2"]), maybe_ids()])),
        (4, join(vec![text("JQ.RETRY q *"), selectors()])),
        (2, change()),
        (2, ids("JQ.CANCEL q")),
        (6, join(vec![text("JQ.LIST q"), pick(&STATES), selectors(), pick(&["", "PAYLOAD", "FULL"])])),
        (
            2,
            join(vec![
                text("JQ.LIST q"),
                pick(&["active", "failed", "waiting"]),
                text("WORKER"),
                worker,
                selectors(),
            ]),
        ),
        (2, join(vec![text("JQ.LIST q remembered"), pick(&["", "FULL"]), instants()])),
        (1, join(vec![text("JQ.PURGE q"), pick(&["failed", "blocked", "waiting", "delayed"]), selectors()])),
        (
            1,
            join(vec![
                text("JQ.PURGE q remembered"),
                option("OLDER", &["0", "10", "100"]),
                instants(),
                maybe_ids(),
            ]),
        ),
        (1, join(vec![pick(&["JQ.CANCEL q *", "JQ.PROMOTE q *"]), selectors(), maybe_ids()])),
        (2, join(vec![pick(&["JQ.CANCEL q *", "JQ.PROMOTE q *", "JQ.RETRY q *"]), instants()])),
        (2, ids("JQ.REMOVE q")),
        (2, join(vec![text("JQ.FORGET q"), batch()])),
    ];
    Union::new_weighted(choices).boxed()
}
