//! The commands of scripts in which limits bind: few groups, small limits that change all the time, and what
//! ends jobs in all the ways there are.

use proptest::prelude::{Just, Strategy};
use proptest::strategy::Union;

use super::changing::change;
use super::configuring::maybe_events;
use super::consuming::{ack, claim, leases, nack, released};
use super::lists::listings;
use super::pieces::{
    batch, id, join, maybe_front, maybe_ids, option, pick, repeat, shuffled, text, worker, Words, LEASES,
    SPANS, STATES,
};
use super::producing::{add, madd};

pub(crate) const GROUPS: [&str; 6] = ["g1", "g1", "g1", "g2", "g2", "g\\x00\\xff"];

const RATES: [&str; 9] = ["0", "0", "1/10", "1/50", "2/20", "3/100", "5/7", "2/20/window", "2/50/window"];

/// Nothing, mostly, or a GROUP.
pub(crate) fn maybe_grouped() -> Words {
    option("GROUP", &GROUPS)
}

/// A GROUP, mostly.
fn grouped() -> Words {
    let group = join(vec![text("GROUP"), pick(&GROUPS)]);
    Union::new_weighted(vec![(7, group), (1, text(""))]).boxed()
}

/// Any command that such scripts have.
pub(crate) fn contended() -> Words {
    let ids = |verb: &'static str| join(vec![text(verb), repeat(id(), 1, 2)]);
    let choices = vec![
        (18, add(grouped())),
        (10, madd(grouped())),
        (4, join(vec![text("JQ.ADD q"), id(), text("moved ONDUP REPLACE"), maybe_grouped(), maybe_front()])),
        (28, claim()),
        (2, join(vec![text("JQ.CLAIM q"), worker(), text("HELD"), option("LEASE", &LEASES)])),
        (14, ack()),
        (14, nack()),
        (6, join(vec![text("JQ.RELEASE q"), leases(), released()])),
        (1, join(vec![text("JQ.RELEASE q WORKER"), worker()])),
        (2, join(vec![text("JQ.EXTEND q"), pick(&LEASES), leases()])),
        (4, change()),
        (3, ids("JQ.REMOVE q")),
        (4, ids("JQ.CANCEL q")),
        (4, ids("JQ.PROMOTE q")),
        (4, ids("JQ.RETRY q")),
        (2, ids("JQ.RERUN q")),
        (4, purge()),
        (4, join(vec![text("JQ.SEAL q"), batch()])),
        (12, limit()),
        (3, text("JQ.CONFIG q group-concurrency 1")),
        (2, pause()),
        (6, resume()),
        (1, listings()),
    ];
    Union::new_weighted(choices).boxed()
}

/// PAUSE of a group or the queue, for a while or without end.
pub(crate) fn pause() -> Words {
    let group = option("GROUP", &GROUPS);
    let options = shuffled(vec![group, option("FOR", &["1", "5", "20", "100"])]);
    join(vec![text("JQ.PAUSE q"), options])
}

/// RESUME of a group or the queue.
pub(crate) fn resume() -> Words {
    let options = shuffled(vec![option("GROUP", &GROUPS), option("ONLY", &["PAUSE", "FOR", "for"])]);
    join(vec![text("JQ.RESUME q"), options])
}

/// PURGE of any state.
pub(crate) fn purge() -> Words {
    let priorities = option("PRIORITY", &["0 0", "-2147483648 -1"]);
    let count = option("COUNT", &["1", "2", "10000"]);
    let options = shuffled(vec![option("OLDER", &SPANS), count, priorities, maybe_ids()]);
    join(vec![text("JQ.PURGE q"), pick(&STATES), options])
}

/// Another limit.
pub(crate) fn limit() -> Words {
    let one = |field: &'static str, values: &[&'static str]| join(vec![text(field), pick(values)]);
    let group = |field: &'static str, values: &[&'static str]| {
        join(vec![text("JQ.GROUP q"), pick(&GROUPS), text(field), pick(values)])
    };
    let groups = vec![
        (3, group("concurrency", &["0", "1", "2", "default", "default"])),
        (3, group("rate", &["0", "1/10", "2/20", "2/30/window", "default", "default"])),
        (1, join(vec![text("JQ.GROUP q"), pick(&GROUPS)])),
    ];
    let lines = vec![
        (4, one("concurrency", &["0", "1", "1", "2", "3"])),
        (4, one("rate", &RATES)),
        (8, one("group-concurrency", &["0", "1", "1", "1", "2", "3"])),
        (5, one("group-rate", &RATES)),
        (4, one("keep-completed 1000 keep-completed-max", &["0", "1", "1", "2"])),
        (3, one("keep-failed -1 keep-failed-max", &["0", "1", "1", "2"])),
    ];
    let config = join(vec![text("JQ.CONFIG q"), Union::new_weighted(lines).boxed()]);
    Union::new_weighted(vec![(2, config), (1, Union::new_weighted(groups).boxed())]).boxed()
}

/// The settings of a queue in which they bind from the start.
pub(crate) fn tight_settings() -> Words {
    let more = shuffled(vec![
        option("concurrency", &["1", "2", "2", "3"]),
        option("rate", &RATES),
        option("group-concurrency", &["0", "1", "2"]),
        option("group-rate", &RATES),
        Union::new(vec![text("keep-completed 1000"), option("keep-completed", &["-1", "100", "0"])]).boxed(),
        option("keep-completed-max", &["1", "2"]),
        option("keep-failed-max", &["1", "2"]),
        option("max-losses", &["0", "1"]),
        option("dedup-window", &["0", "0", "100"]),
    ]);
    join(vec![text("JQ.CONFIG q lease 100 attempts 3 max-backoff 50 backoff fixed/20"), more, maybe_events()])
}

/// WORKERS and SERIES.
pub(crate) fn history() -> Words {
    let series = join(vec![text("JQ.SERIES q"), pick(&["1", "7", "60", "20160"])]);
    Union::new(vec![text("JQ.WORKERS q COUNT 100"), text("JQ.AWAIT q IDLE 5"), text("JQ.SERIES q"), series])
        .boxed()
}

/// How far the clock moves between two such commands, in microseconds: it is set back now and then.
pub(crate) fn small_ticks() -> impl Strategy<Value = i64> {
    const MS: i64 = 1000;
    let steps = proptest::sample::select(vec![MS, 2 * MS, 5 * MS, 10 * MS, 10 * MS, 20 * MS, 50 * MS]);
    let back = proptest::sample::select(vec![-1, -MS, -10 * MS, -10 * MS, -50 * MS, -5000 * MS]);
    let far = proptest::sample::select(vec![500 * MS, 400_000 * MS]);
    Union::new_weighted(vec![(24, Just(0).boxed()), (20, steps.boxed()), (3, back.boxed()), (1, far.boxed())])
}
