//! `JQ.EXTEND queue ms token id [token id ...]` -> per job 1, -1 no such job, -2 the lease is no longer yours, -3 stop
//! working: it is to be cancelled
//!
//! The leases end no earlier than ms from now.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::tokens::{self, Claims};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.extend",
    summary: "Extends the leases of claimed jobs",
    complexity: "O(log n) per job",
    arity: -5,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("ms", ArgKind::Integer), tokens::ARG],
};

/// Leases to extend.
#[derive(Debug)]
pub struct Extend<'a> {
    ms: u64,
    claims: Claims<'a>,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let ms = args.span("ms", 1)?;
    Ok(Request::Write(Write::Extend(Extend { ms, claims: tokens::claims(args, &[])? })))
}

impl Extend<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.array(self.claims.len());
        for claim in &self.claims {
            reply.int(tokens::code(session.extend(claim.token, claim.id, self.ms)));
        }
    }
}
