//! `JQ.PROGRESS queue token id data` -> `[1]`, or -1 no such job, -2 the lease is no longer yours, -3 stop working: it
//! is to be cancelled
//!
//! The last value is kept with the job and survives retries: a checkpoint for the next attempt.

use super::add_options::payload;
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::tokens;
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.progress",
    summary: "Keeps how far a claimed job has come",
    complexity: "O(log n)",
    arity: 5,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::word("token", ArgKind::Integer),
        Arg::word("id", ArgKind::String),
        Arg::word("data", ArgKind::String),
    ],
};

/// What a worker reports.
#[derive(Debug)]
pub struct Progress<'a> {
    token: u64,
    id: &'a [u8],
    data: &'a [u8],
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let tokens::Claim { token, id } = tokens::claim(args)?;
    let data = payload("data", args.next("data")?, limits.max_payload)?;
    Ok(Request::Write(Write::Progress(Progress { token, id, data })))
}

impl Progress<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.array(1);
        reply.int(tokens::code(session.progress(self.token, self.id, self.data)));
    }
}
