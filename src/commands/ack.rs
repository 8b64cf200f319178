//! `JQ.ACK queue token id [token id ...] [RESULT data]` -> per job 1 done, 0 was done under this token, -1 no such
//! job, -2 the lease is no longer yours, -3 it was cancelled
//!
//! RESULT needs exactly one job.

use super::add_options::payload;
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::tokens::{self, Claims};
use super::{Limits, Request, Write};
use crate::queue::{Acked, Session};

pub(super) const SPEC: Spec = Spec {
    name: "jq.ack",
    summary: "Says that claimed jobs are done",
    complexity: "O(log n) per job",
    arity: -4,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[Arg::word("queue", ArgKind::Key), tokens::ARG, Arg::option("RESULT", "result", ArgKind::String)],
};

/// Jobs that are done.
#[derive(Debug)]
pub struct Ack<'a> {
    claims: Claims<'a>,
    result: Option<&'a [u8]>,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let claims = tokens::claims(args, &["RESULT"])?;
    let mut result = None;
    while args.option(&["RESULT"])?.is_some() {
        result = Some(payload("RESULT", args.next("RESULT")?, limits.max_payload)?);
    }
    if result.is_some() && claims.len() > 1 {
        return Err(Error::syntax(format!("RESULT needs exactly one job, got {}", claims.len())));
    }
    Ok(Request::Write(Write::Ack(Ack { claims, result })))
}

impl Ack<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.array(self.claims.len());
        for claim in &self.claims {
            reply.int(match session.ack(claim.token, claim.id, self.result) {
                Acked::Done => 1,
                Acked::Already => 0,
                Acked::No(held) => tokens::code(held),
            });
        }
    }
}
