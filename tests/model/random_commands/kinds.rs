//! What scripts of a kind have: those about logs, lists, shards, reruns and runs.

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use super::changing::fields;
use super::consuming::{ack, append_to_log, claim, lease, leases};
use super::lists::listings;
use super::pieces::{id, join, maybe_front, pick, text, Words};
use super::producing::add;

/// What appends to logs, and the jobs that have them.
pub(crate) fn about_logs() -> Words {
    let lines = vec![(4, append_to_log()), (2, add(text(""))), (2, claim()), (1, ack())];
    Union::new_weighted(lines).boxed()
}

/// What fills a queue, and what counts and lists the jobs in it.
pub(crate) fn about_lists() -> Words {
    Union::new_weighted(vec![(4, add(text(""))), (1, claim()), (1, ack()), (4, listings())]).boxed()
}

/// Producers that count on this number of shards or on that, while it grows.
pub(crate) fn about_shards() -> Words {
    let counted_on = || join(vec![text("SHARDS"), pick(&["2", "3"])]);
    let lines = vec![
        (4, join(vec![add(text("")), counted_on()])),
        (2, join(vec![text("JQ.MADD q 2"), id(), text("x"), id(), text("yy"), counted_on()])),
        (1, join(vec![text("JQ.MADD q 2"), id(), text("x # yy"), counted_on()])),
        (2, add(text(""))),
        (1, join(vec![text("JQ.CONFIG q shards"), pick(&["0", "2", "3"])])),
        (2, claim()),
        (2, ack()),
        (1, join(vec![text("JQ.REMOVE q"), id()])),
    ];
    Union::new_weighted(lines).boxed()
}

/// Jobs that are done, some of a batch, and run again.
pub(crate) fn about_reruns() -> Words {
    let lines = vec![
        (2, add(text(""))),
        (1, join(vec![text("JQ.ADD q"), id(), text("x ATTEMPTS 2 BATCH b1")])),
        (3, claim()),
        (4, ack()),
        (1, join(vec![text("JQ.NACK q"), leases()])),
        (1, join(vec![text("JQ.PROGRESS q"), lease(), text("half")])),
        (4, join(vec![text("JQ.RERUN q"), id(), maybe_front(), fields()])),
        (1, text("JQ.SEAL q b1")),
        (1, join(vec![text("JQ.ADD q"), id(), text("x AFTEROK b1")])),
    ];
    Union::new_weighted(lines).boxed()
}

/// Runs that may last only so long, and how their leases are extended.
pub(crate) fn about_runs() -> Words {
    let added = join(vec![text("JQ.ADD q"), id(), text("x MAXRUN"), pick(&["20", "50"])]);
    let extended = join(vec![text("JQ.EXTEND q"), pick(&["20", "50"]), leases()]);
    Union::new_weighted(vec![(2, added), (2, claim()), (3, extended), (1, ack())]).boxed()
}
