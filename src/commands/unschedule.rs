//! `JQ.UNSCHEDULE queue name` -> 1, or 0 when there is no such schedule
//!
//! Jobs that it has enqueued stay.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::schedule;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.unschedule",
    summary: "Drops a schedule",
    complexity: "O(log n)",
    arity: 3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("name", ArgKind::String)],
};

/// The name.
#[derive(Debug)]
pub struct Unschedule<'a>(&'a [u8]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Unschedule(Unschedule(schedule::name(args.next("name")?)?))))
}

impl Unschedule<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.int(session.unschedule(self.0).into());
    }
}
