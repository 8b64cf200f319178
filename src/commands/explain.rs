//! `JQ.EXPLAIN queue id` -> map of state, why, until (only where time alone changes it), or null
//!
//! Explanation this job is not running, and what will change that.

use super::args::Args;
use super::error::Error;
use super::fields::{count, Field, Fields};
use super::ids::id;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::Queue;

pub(super) const SPEC: Spec = Spec {
    name: "jq.explain",
    summary: "Tells why a job is not running and what will change that",
    complexity: "O(log n)",
    arity: 3,
    flags: "readonly fast",
    acl: "read fast",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String)],
};

/// A job to explain.
#[derive(Debug)]
pub struct Explain<'a>(&'a [u8]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Read(Read::Explain(Explain(id(args.next("id")?)?))))
}

impl Explain<'_> {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let Some(why) = queue.explain(self.0) else { return reply.null() };
        let mut fields = Fields::default();
        fields.push("state", Field::Bytes(why.state.name().as_bytes()));
        fields.push("why", Field::Text(why.why));
        fields.push_some("until", why.until.map(count));
        fields.answer(reply);
    }
}
