//! `JQ.BATCHES queue [COUNT n] [CURSOR c]` -> `[next cursor, [[batch, map of its numbers], ...]]`
//!
//! Oldest first. The cursor 0 begins and ends a listing.

use super::args::{Args, MAX_INSTANT};
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{batch, madd, Limits, Read, Request};
use crate::queue::Queue;

pub(super) const SPEC: Spec = Spec {
    name: "jq.batches",
    summary: "Lists batches and their numbers",
    complexity: "O(log n + COUNT)",
    arity: -2,
    flags: "readonly",
    acl: "read slow",
    key: KeyUse::Read,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::option("COUNT", "count", ArgKind::Integer),
        Arg::option("CURSOR", "cursor", ArgKind::Integer),
    ],
};

/// A page to list.
#[derive(Debug)]
pub struct Batches {
    from: u64,
    count: usize,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let mut batches = Batches { from: 0, count: 10 };
    while let Some(option) = args.option(&["COUNT", "CURSOR"])? {
        match option {
            "COUNT" => {
                batches.count = usize::try_from(args.uint(option, 1..=madd::MOST)?).unwrap_or(usize::MAX);
            }
            _ => batches.from = args.uint(option, 0..=MAX_INSTANT)?,
        }
    }
    Ok(Request::Read(Read::Batches(batches)))
}

impl Batches {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let (page, next) = queue.list_batches(self.from, self.count);
        reply.array(2);
        reply.bytes(next.unwrap_or(0).to_string().as_bytes());
        reply.array(page.len());
        for view in page {
            reply.array(2);
            reply.bytes(&view.name);
            batch::numbers(&view).answer(reply);
        }
    }
}
