//! `JQ.LIST queue state [BATCH name] [COUNT n] [CURSOR c] [PAYLOAD]` -> `[next cursor, ids or [id, payload] pairs]`
//!
//! In the order they would run or finished. The cursor 0 begins and ends a listing. A job that stays where it is
//! while pages are read is listed exactly once. With BATCH one call looks at 10,000 jobs at most: a page may be short,
//! or empty, though more follow; only the cursor tells.

use super::args::{parse_int, parse_uint, Args};
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{add_options, madd};
use super::{Limits, Read, Request};
use crate::queue::{JobState, Position, Queue};

pub(super) const SPEC: Spec = Spec {
    name: "jq.list",
    summary: "Lists the jobs of a state in their order",
    complexity: "O(log n + COUNT), with BATCH O(log n + 10,000)",
    arity: -3,
    flags: "readonly",
    acl: "read slow",
    key: KeyUse::Read,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::one_of(
            "state",
            &[
                Arg::token("waiting", "waiting"),
                Arg::token("delayed", "delayed"),
                Arg::token("blocked", "blocked"),
                Arg::token("active", "active"),
                Arg::token("completed", "completed"),
                Arg::token("failed", "failed"),
            ],
        ),
        Arg::option("BATCH", "batch", ArgKind::String),
        Arg::option("COUNT", "count", ArgKind::Integer),
        Arg::option("CURSOR", "cursor", ArgKind::String),
        Arg::token("PAYLOAD", "payload").maybe(),
    ],
};

const STATES: [JobState; 6] = [
    JobState::Waiting,
    JobState::Delayed,
    JobState::Blocked,
    JobState::Active,
    JobState::Completed,
    JobState::Failed,
];

/// A page to list.
#[derive(Debug)]
pub struct List<'a> {
    state: JobState,
    batch: Option<&'a [u8]>,
    count: usize,
    from: Option<Position>,
    payload: bool,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let word = args.next("state")?;
    let state = STATES.into_iter().find(|state| state.name().as_bytes().eq_ignore_ascii_case(word));
    let allowed = "waiting, delayed, blocked, active, completed or failed";
    let state = state.ok_or_else(|| Error::range("state", allowed, word))?;
    let mut list = List { state, batch: None, count: 10, from: None, payload: false };
    while let Some(option) = args.option(&["BATCH", "COUNT", "CURSOR", "PAYLOAD"])? {
        match option {
            "BATCH" => list.batch = Some(add_options::batch_name(args.next(option)?)?),
            "COUNT" => list.count = usize::try_from(args.uint(option, 1..=madd::MOST)?).unwrap_or(usize::MAX),
            "CURSOR" => list.from = cursor(args.next(option)?)?,
            _ => list.payload = true,
        }
    }
    Ok(Request::Read(Read::List(list)))
}

fn cursor(word: &[u8]) -> Result<Option<Position>, Error> {
    if word == b"0" {
        return Ok(None);
    }
    let mut parts = word.splitn(2, |b| *b == b':');
    let major = parts.next().and_then(parse_int);
    let minor = parts.next().and_then(parse_uint);
    match major.zip(minor) {
        Some((major, minor)) => Ok(Some(Position { major, minor })),
        None => Err(Error::range("CURSOR", "0 or what JQ.LIST answered", word)),
    }
}

impl List<'_> {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let (jobs, next) = queue.list(self.state, self.batch, self.from, self.count);
        reply.array(2);
        match next {
            None => reply.bytes(b"0"),
            Some(Position { major, minor }) => reply.bytes(format!("{major}:{minor}").as_bytes()),
        }
        reply.array(jobs.len());
        for job in jobs {
            if self.payload {
                reply.array(2);
                reply.bytes(queue.id(job));
                reply.bytes(queue.payload(job));
            } else {
                reply.bytes(queue.id(job));
            }
        }
    }
}
