//! `JQ.SERIES queue [minutes]` -> `[[minute, added, completed, failed], ...]`, newest first
//!
//! A minute is named by its beginning, Unix ms. 60 of them unless asked for 1 to 1440; none before the queue was created.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Env, Limits, Read, Request};
use crate::queue::{Queue, MOST_MINUTES};

pub(super) const SPEC: Spec = Spec {
    name: "jq.series",
    summary: "Tells what happened in each of the last minutes",
    complexity: "O(minutes)",
    arity: -2,
    flags: "readonly fast",
    acl: "read fast",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("minutes", ArgKind::Integer).maybe()],
};

/// The last minutes are asked for.
#[derive(Debug)]
pub struct Series {
    minutes: u64,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let minutes = if args.is_empty() { 60 } else { args.uint("minutes", 1..=MOST_MINUTES)? };
    Ok(Request::Read(Read::Series(Series { minutes })))
}

impl Series {
    pub(super) fn run(&self, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let minutes = queue.series(self.minutes, env.now);
        reply.array(minutes.len());
        for minute in minutes {
            reply.array(4);
            for n in [minute.at, minute.added, minute.completed, minute.failed] {
                reply.int(i64::try_from(n).unwrap_or(i64::MAX));
            }
        }
    }
}
