//! The settings of a queue, and its events.

use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::Union;

use super::pieces::{join, join_option, option, pick, read, shuffled, text, Words};

/// The settings of a new queue: short spans, and limits that are met.
pub(crate) fn settings() -> Words {
    let more = shuffled(vec![
        option("max-ids", &["0", "6", "9"]),
        option("max-jobs", &["0", "4", "7"]),
        option("keep-completed", &["0", "10", "1000"]),
        option("keep-failed", &["-1", "0", "50"]),
        option("keep-batches", &["-1", "0", "20", "100"]),
        Union::new(vec![text("dedup-window 20"), option("dedup-window", &["-1", "0", "100", "kept"])])
            .boxed(),
        option("max-losses", &["0", "1", "2"]),
        option("backoff", &["fixed/0", "fixed/20", "exponential/10"]),
    ]);
    join(vec![text("JQ.CONFIG q lease 200 attempts 2 max-backoff 50 jitter 0"), more, maybe_events()])
}

pub(crate) fn setting() -> Words {
    let lines = [
        "lease 10",
        "lease 10 max-lease 100",
        "lease 1000",
        "attempts 1",
        "attempts 5",
        "backoff fixed/10",
        "backoff exponential/1",
        "max-backoff 1 max-losses 3",
        "max-losses 0",
        "dedup-window 0",
        "dedup-window kept",
        "dedup-window 50 max-ids 0",
        "max-ids 3",
        "keep-completed 20",
        "keep-failed 10 max-jobs 0",
        "max-jobs 2",
        "keep-batches 0",
        "keep-batches 50",
        "max-run 50",
        "max-field-bytes 0",
        "max-field-bytes 8",
        "max-field-bytes 16",
        "max-field-bytes 16384",
        "max-log-bytes 0",
        "max-log-bytes 12",
        "max-log-bytes 65536",
        "max-run -1",
        "shards 2",
        "shards 3 shards-before 2",
        "shards 0 shards-before 0",
    ];
    join(vec![text("JQ.CONFIG q"), select(lines.to_vec()).prop_map(read).boxed()])
}

/// How many events are kept: mostly all.
pub(crate) fn maybe_events() -> Words {
    let lines = vec![
        (4, text("events-max 10000")),
        (1, text("events-max 3")),
        (1, text("events-max 1")),
        (1, text("")),
    ];
    Union::new_weighted(lines).boxed()
}

/// EVENTS, EMIT, TRIMEVENTS.
pub(crate) fn events() -> Words {
    let after = option("AFTER", &["$", "0-0", "1000-2", "1010-7", "1050-20", "9000000-1"]);
    let names = option("ONLY", &["completed", "drained,due", "lost,failed,told", "added,claimed"]);
    let options = vec![after, option("COUNT", &["1", "2", "5"]), join_option("ID"), names];
    let fields = pick(&["", "field value", "a \"\" b 2"]);
    let lines = vec![
        (3, join(vec![text("JQ.EVENTS q"), shuffled(options)])),
        (3, join(vec![text("JQ.EMIT q"), pick(&["told", "a-thing"]), join_option("ID"), fields])),
        (1, join(vec![text("JQ.TRIMEVENTS q"), pick(&["0", "1", "4", "1000000"])])),
        (1, join(vec![text("JQ.CONFIG q"), pick(&["events-max"]), pick(&["0", "1", "3", "1000", "10000"])])),
    ];
    Union::new_weighted(lines).boxed()
}
