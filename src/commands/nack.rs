//! `JQ.NACK queue token id [token id ...] [ERROR text] [DELAY ms] [FATAL]` -> per job 1 will be tried again, 2 failed
//! for good, -1 no such job, -2 the lease is no longer yours, -3 it was cancelled
//!
//! DELAY overrides the backoff, FATAL skips the attempts that are left. Error texts are cut at 1,024 bytes.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::tokens::{self, Claims};
use super::{Limits, Request, Write};
use crate::queue::{Failure, Nacked, Session};

pub(super) const SPEC: Spec = Spec {
    name: "jq.nack",
    summary: "Says that claimed jobs have failed, to be tried again or not",
    complexity: "O(log n) per job",
    arity: -4,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        tokens::ARG,
        Arg::option("ERROR", "error", ArgKind::String),
        Arg::option("DELAY", "delay-ms", ArgKind::Integer),
        Arg::token("FATAL", "fatal").maybe(),
    ],
};

const OPTIONS: &[&str] = &["ERROR", "DELAY", "FATAL"];

/// Jobs that have failed.
#[derive(Debug)]
pub struct Nack<'a> {
    claims: Claims<'a>,
    error: Option<&'a [u8]>,
    delay: Option<u64>,
    failure: Failure,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let mut nack = Nack {
        claims: tokens::claims(args, OPTIONS)?,
        error: None,
        delay: None,
        failure: Failure::Retryable,
    };
    while let Some(option) = args.option(OPTIONS)? {
        match option {
            "ERROR" => nack.error = Some(args.next(option)?),
            "DELAY" => nack.delay = Some(args.span(option, 0)?),
            _ => nack.failure = Failure::Fatal,
        }
    }
    if nack.failure == Failure::Fatal && nack.delay.is_some() {
        return Err(Error::syntax("DELAY and FATAL contradict each other"));
    }
    Ok(Request::Write(Write::Nack(nack)))
}

impl Nack<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.array(self.claims.len());
        for claim in &self.claims {
            reply.int(match session.nack(claim.token, claim.id, self.error, self.delay, self.failure) {
                Nacked::Again => 1,
                Nacked::Failed => 2,
                Nacked::No(held) => tokens::code(held),
            });
        }
    }
}
