//! `JQ.NACK queue token id [token id ...] [ERROR text] [DELAY ms] [FATAL]` -> per job 1 will be tried again,
//! 2 failed for good, -1 no such job, -2 the lease is no longer yours, -3 it was cancelled
//!
//! DELAY overrides the backoff, FATAL skips the attempts that are left. Error texts are cut at 1,024 bytes.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Failure, Nacked, Session};

pub struct Nack;

/// Jobs that have failed.
#[derive(Debug)]
pub struct NackRequest<'a> {
    leases: LeaseRefs<'a>,
    error: Option<&'a [u8]>,
    delay: Option<u64>,
    failure: Failure,
}

impl<'a> Options<'a, 3> for NackRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 3] = [
        CommandOption::text("ERROR", "error", |request, text| request.error = Some(text)),
        CommandOption::span("DELAY", "delay-ms", 0, |request, ms| request.delay = Some(ms)),
        CommandOption::flag("FATAL", "fatal", |request| request.failure = Failure::Fatal),
    ];
}

impl Command for Nack {
    const SPEC: Spec = Spec {
        name: "jq.nack",
        summary: "Says that claimed jobs have failed, to be tried again or not",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &{
            let [error, delay, fatal] = NackRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), leases::ARG, error.arg(), delay.arg(), fatal.arg()]
        },
    };

    type Request<'a> = NackRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<NackRequest<'a>, Error> {
        let leases = leases::leases(args, &NackRequest::OPTIONS)?;
        let mut request = NackRequest { leases, error: None, delay: None, failure: Failure::Retryable };
        args.options(&mut request)?;
        if request.failure == Failure::Fatal && request.delay.is_some() {
            return Err(Error::syntax("DELAY and FATAL contradict each other"));
        }
        Ok(request)
    }
}

impl WriteCommand for Nack {
    fn run(
        request: &NackRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let NackRequest { leases, error, delay, failure } = request;
        reply.array(leases.len());
        for lease in leases {
            reply.int(match session.nack(lease.token, lease.id, *error, *delay, *failure) {
                Nacked::Again => 1,
                Nacked::Failed => 2,
                Nacked::No(why) => leases::code(why),
            });
        }
        Ok(WriteOutcome::Replied)
    }
}
