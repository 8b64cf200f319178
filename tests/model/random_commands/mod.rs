//! The commands of random scripts.
//!
//! - Any command: here. What it is made of: [`pieces`], [`producing`], [`consuming`], [`changing`], [`configuring`].
//! - Commands that go together in scripts of a kind: [`kinds`], [`limits`], [`batches`], [`lists`], [`schedules`].

pub(crate) mod batches;
pub(crate) mod changing;
pub(crate) mod configuring;
pub(crate) mod consuming;
pub(crate) mod kinds;
pub(crate) mod limits;
pub(crate) mod lists;
pub(crate) mod pieces;
pub(crate) mod producing;
pub(crate) mod schedules;

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use crate::malformed_commands::BROKEN;
use changing::{change, fields};
use configuring::{events, setting};
use consuming::{ack, append_to_log, claim, claim_any, full, lease, leases, nack, released};
use limits::{history, limit, maybe_grouped, pause, purge, resume};
use lists::listings;
use pieces::{
    batch, id, join, maybe_front, maybe_ids, option, pick, repeat, shuffled, text, worker, Words, LEASES,
    NAMES, SPANS, STATES,
};
use producing::{add, madd};

/// Any command.
pub(crate) fn commands() -> Words {
    let one = |verb: &'static str| join(vec![text(verb), id()]);
    let ids = |verb: &'static str| join(vec![text(verb), repeat(id(), 1, 3)]);
    let choices = vec![
        (26, add(maybe_grouped())),
        (5, madd(maybe_grouped())),
        (24, claim()),
        (2, claim_any()),
        (
            2,
            join(vec![
                text("JQ.CLAIM q"),
                worker(),
                shuffled(vec![text("HELD"), option("LEASE", &LEASES), full()]),
            ]),
        ),
        (16, ack()),
        (14, nack()),
        (5, join(vec![text("JQ.RELEASE q"), leases(), released(), fields()])),
        (1, join(vec![text("JQ.RELEASE q WORKER"), worker()])),
        (3, join(vec![text("JQ.EXTEND q"), pick(&LEASES), leases()])),
        (3, join(vec![text("JQ.PROGRESS q"), lease(), pick(&["half", "\"\""])])),
        (6, append_to_log()),
        (1, join(vec![one("JQ.LOGS q"), option("SKIP", &["1"]), option("COUNT", &["1", "2"]), text("REV")])),
        (1, one("JQ.GET q")),
        (1, join(vec![text("JQ.LIST q"), pick(&STATES), text("COUNT 2 PAYLOAD")])),
        (2, join(vec![text("JQ.ADD q"), id(), text("again ONDUP RERUN")])),
        (2, ids("JQ.REMOVE q")),
        (4, ids("JQ.CANCEL q")),
        (4, join(vec![ids("JQ.PROMOTE q"), shuffled(vec![option("DELAY", &SPANS), maybe_front()])])),
        (5, change()),
        (4, join(vec![ids("JQ.RETRY q"), maybe_front(), fields()])),
        (3, join(vec![ids("JQ.RERUN q"), maybe_front(), fields()])),
        (
            1,
            join(vec![
                text("JQ.RETRY q *"),
                option("NAME", &NAMES),
                option("COUNT", &["1", "2"]),
                maybe_front(),
                maybe_ids(),
            ]),
        ),
        (1, join(vec![text("JQ.PROMOTE q *"), maybe_front(), maybe_ids(), option("COUNT", &["1", "2"])])),
        (1, join(vec![text("JQ.NAMES q"), option("COUNT", &["1"])])),
        (2, pause()),
        (6, resume()),
        (2, setting()),
        (2, limit()),
        (4, purge()),
        (1, history()),
        (3, listings()),
        (6, events()),
        (2, pick(BROKEN)),
        (6, join(vec![text("JQ.SEAL q"), batch()])),
        (2, join(vec![text("JQ.FORGET q"), batch()])),
        (1, join(vec![text("JQ.BATCH q"), batch()])),
        (1, join(vec![text("JQ.BATCHES q"), option("COUNT", &["1", "2"])])),
        (1, join(vec![text("JQ.AWAIT q BATCH"), batch(), pick(&SPANS)])),
        (1, join(vec![text("JQ.AWAIT q JOB"), id(), pick(&SPANS)])),
        (
            2,
            join(vec![
                text("JQ.LIST q"),
                pick(&STATES),
                text("BATCH"),
                batch(),
                option("NAME", &NAMES),
                option("COUNT", &["1", "2"]),
            ]),
        ),
    ];
    Union::new_weighted(choices).boxed()
}
