//! `JQ.CHECK queue` -> what a recount of everything finds wrong; empty when the queue is sound
//!
//! O(n log n): for operators and tests.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::Queue;

pub(super) const SPEC: Spec = Spec {
    name: "jq.check",
    summary: "Recounts everything in a queue and tells what does not add up",
    complexity: "O(n log n)",
    arity: 2,
    flags: "readonly",
    acl: "read slow",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key)],
};

/// No words.
#[derive(Debug)]
pub struct Check;

pub(super) fn parse<'a>(_: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Read(Read::Check(Check)))
}

impl Check {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let wrong = queue.check();
        reply.array(wrong.len());
        for line in wrong {
            reply.bytes(line.as_bytes());
        }
    }
}
