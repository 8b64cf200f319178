//! `JQ.SEAL queue batch` -> 1 sealed now, 0 it was
//!
//! From now on the batch takes no members, and it finishes when none is pending. One nobody has mentioned is created:
//! sealed, empty, finished.

use super::add_options::batch_name;
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.seal",
    summary: "Closes a batch for new members, so that it can finish",
    complexity: "O(log n), and as much for each of up to 1,000 jobs that waited for it",
    arity: 3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Create,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
};

/// A batch to close.
#[derive(Debug)]
pub struct Seal<'a>(&'a [u8]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Seal(Seal(batch_name(args.next("batch")?)?))))
}

impl Seal<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.int(session.seal(self.0).into());
    }
}
