//! The commands of random scripts about jobs that wait for batches, and about batches that are not needed.

use proptest::strategy::{Strategy, Union};

use super::random_commands::{ack, batch, claim, id, join, leases, option, pick, repeat, text, Words};

/// The settings of a queue whose batches go soon.
pub(crate) fn batch_settings() -> Words {
    let keep = join(vec![text("keep-batches"), pick(&["-1", "0", "20", "20", "50", "100"])]);
    join(vec![text("JQ.CONFIG q lease 200 attempts 1 dedup-window 0"), keep, option("max-jobs", &["3", "4"])])
}

/// Any command that such scripts have.
pub(crate) fn about_batches() -> Words {
    let member = join(vec![text("JQ.ADD q"), id(), text("x BATCH"), batch()]);
    let dependent = join(vec![
        text("JQ.ADD q"),
        id(),
        text("x"),
        pick(&["AFTEROK", "AFTEROK", "AFTEROK", "AFTER"]),
        batch(),
        option("PX", &["20", "100"]),
        option("DELAY", &["10", "50"]),
    ]);
    let both = join(vec![text("JQ.ADD q"), id(), text("x BATCH"), batch(), text("AFTEROK"), batch()]);
    let ids = |verb: &'static str| join(vec![text(verb), repeat(id(), 1, 4)]);
    let choices = vec![
        (16, member),
        (16, dependent),
        (5, both),
        (20, claim()),
        (12, ack()),
        (16, join(vec![text("JQ.NACK q"), leases(), text("FATAL")])),
        (10, join(vec![text("JQ.SEAL q"), batch()])),
        (12, ids("JQ.RETRY q")),
        (8, join(vec![text("JQ.RETRY q *"), option("COUNT", &["1", "2"])])),
        (2, ids("JQ.CANCEL q")),
        (2, ids("JQ.REMOVE q")),
        (2, join(vec![text("JQ.FORGET q"), batch()])),
    ];
    Union::new_weighted(choices).boxed()
}
