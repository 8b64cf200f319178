//! `JQ.RETRY queue id [id ...]` -> per id 1 waiting again, 0 not failed or its record is gone;
//! `JQ.RETRY queue * [COUNT n]` -> how many (1,000 at most unless COUNT says otherwise; call again until 0)

use super::args::Args;
use super::error::Error;
use super::ids;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{madd, Limits, Request, Write};
use crate::queue::Session;

/// So many by default: a command that takes milliseconds is one for everybody.
const DEFAULT_COUNT: u64 = 1000;

pub(super) const SPEC: Spec = Spec {
    name: "jq.retry",
    summary: "Gives failed jobs fresh attempts",
    complexity: "O(log n) per job",
    arity: -3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::one_of(
            "which",
            &[
                Arg::block(
                    "all",
                    &[Arg::token("*", "star"), Arg::option("COUNT", "count", ArgKind::Integer)],
                ),
                Arg::word("id", ArgKind::String).many(),
            ],
        ),
    ],
};

/// Failed jobs to try again.
#[derive(Debug)]
pub enum Retry<'a> {
    /// These.
    Ids(&'a [&'a [u8]]),
    /// At most so many of those that failed first.
    Some(usize),
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    if !args.keyword("*") {
        return Ok(Request::Write(Write::Retry(Retry::Ids(ids::ids(args)?))));
    }
    let mut count = DEFAULT_COUNT;
    while let Some(option) = args.option(&["COUNT"])? {
        count = args.uint(option, 1..=madd::MOST)?;
    }
    Ok(Request::Write(Write::Retry(Retry::Some(usize::try_from(count).unwrap_or(usize::MAX)))))
}

impl Retry<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        match self {
            Retry::Ids(list) => ids::answer_each(list, reply, |id| session.revive(id)),
            Retry::Some(count) => reply.int(i64::try_from(session.revive_some(*count)).unwrap_or(i64::MAX)),
        }
    }
}
