//! `JQ.PURGE queue completed|failed|waiting|delayed|blocked [OLDER ms] [COUNT n]` -> how many
//!
//! Records go, their ids stay refused while their windows are open; jobs that have not ended are cancelled. 1,000 at most unless
//! COUNT says otherwise; call again until 0. OLDER: finished, or added, longer ago than that. Records are in the order in which
//! they finished; of the others, which are not in the order in which they were added, the first 10,000 are looked at.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{madd, Limits, Request, Write};
use crate::queue::{JobState, Session};

/// So many by default: a command that takes milliseconds is one for everybody.
const DEFAULT_COUNT: u64 = 1000;

const STATES: [JobState; 5] =
    [JobState::Completed, JobState::Failed, JobState::Waiting, JobState::Delayed, JobState::Blocked];

pub(super) const SPEC: Spec = Spec {
    name: "jq.purge",
    summary: "Drops records of a state, or cancels jobs of one",
    complexity: "O(log n) per job; with OLDER also O(10,000)",
    arity: -3,
    flags: "write",
    acl: "write slow",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::one_of(
            "state",
            &[
                Arg::token("completed", "completed"),
                Arg::token("failed", "failed"),
                Arg::token("waiting", "waiting"),
                Arg::token("delayed", "delayed"),
                Arg::token("blocked", "blocked"),
            ],
        ),
        Arg::option("OLDER", "older-ms", ArgKind::Integer),
        Arg::option("COUNT", "count", ArgKind::Integer),
    ],
};

/// What is to go.
#[derive(Debug)]
pub struct Purge {
    state: JobState,
    older: Option<u64>,
    count: u64,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let word = args.next("state")?;
    let state = STATES.into_iter().find(|state| state.name().as_bytes().eq_ignore_ascii_case(word));
    let allowed = "completed, failed, waiting, delayed or blocked";
    let state = state.ok_or_else(|| Error::range("state", allowed, word))?;
    let mut purge = Purge { state, older: None, count: DEFAULT_COUNT };
    while let Some(option) = args.option(&["OLDER", "COUNT"])? {
        match option {
            "OLDER" => purge.older = Some(args.span(option, 0)?),
            _ => purge.count = args.uint(option, 1..=madd::MOST)?,
        }
    }
    Ok(Request::Write(Write::Purge(purge)))
}

impl Purge {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        let purged = session.purge(self.state, self.older, usize::try_from(self.count).unwrap_or(usize::MAX));
        reply.int(i64::try_from(purged).unwrap_or(i64::MAX));
    }
}
