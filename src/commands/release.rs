//! `JQ.RELEASE queue token id [token id ...] [DELAY ms]` -> per job 1, -1 no such job, -2 the lease is no longer
//! yours, -3 it was cancelled; `JQ.RELEASE queue WORKER name` -> how many jobs the worker held
//!
//! Hands jobs back unharmed: no attempt is burned, and without a DELAY they get their old place.

use super::args::Args;
use super::claim::worker;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::tokens::{self, Claims};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.release",
    summary: "Hands claimed jobs back unharmed, or all that a worker holds",
    complexity: "O(log n) per job",
    arity: -4,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::one_of(
            "what",
            &[
                Arg::word("worker", ArgKind::String).after("WORKER"),
                Arg::block("jobs", &[tokens::ARG, Arg::option("DELAY", "delay-ms", ArgKind::Integer)]),
            ],
        ),
    ],
};

/// Jobs to hand back.
#[derive(Debug)]
pub enum Release<'a> {
    /// All of a worker's.
    Worker(&'a [u8]),
    /// These.
    Jobs {
        /// With their tokens.
        claims: ReleasedClaims<'a>,
        /// To wait so many ms.
        delay: Option<u64>,
    },
}

/// The pairs of one RELEASE.
#[derive(Debug)]
pub struct ReleasedClaims<'a>(Claims<'a>);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    if args.keyword("WORKER") {
        let name = worker(args.next("name")?)?;
        return Ok(Request::Write(Write::Release(Release::Worker(name))));
    }
    let claims = ReleasedClaims(tokens::claims(args, &["DELAY"])?);
    let mut delay = None;
    while let Some(option) = args.option(&["DELAY"])? {
        delay = Some(args.span(option, 0)?);
    }
    Ok(Request::Write(Write::Release(Release::Jobs { claims, delay })))
}

impl Release<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        match self {
            Release::Worker(name) => {
                let released = session.release_all(name);
                reply.int(i64::try_from(released).unwrap_or(i64::MAX));
            }
            Release::Jobs { claims: ReleasedClaims(claims), delay } => {
                reply.array(claims.len());
                for claim in claims {
                    reply.int(tokens::code(session.release(claim.token, claim.id, *delay)));
                }
            }
        }
    }
}
