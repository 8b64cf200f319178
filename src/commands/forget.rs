//! `JQ.FORGET queue batch` -> 1 dropped, 0 there is none, or somebody waits for it
//!
//! Members that are pending go on without a batch. Nobody waits for it: no job that was added AFTER it, and no client
//! in JQ.AWAIT.

use super::add_options::batch_name;
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.forget",
    summary: "Drops a batch nobody waits for",
    complexity: "O(log n)",
    arity: 3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
};

/// A batch to drop.
#[derive(Debug)]
pub struct Forget<'a>(&'a [u8]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Forget(Forget(batch_name(args.next("batch")?)?))))
}

impl Forget<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.int(session.forget_batch(self.0).into());
    }
}
