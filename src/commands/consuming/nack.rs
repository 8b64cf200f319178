//! `JQ.NACK queue token id [token id ...] [ERROR text] [DELAY ms] [FRONT] [FATAL]` -> per job 1 will be tried
//! again, 2 failed for good, -1 no such job, -2 the lease is no longer yours, -3 it was cancelled
//!
//! DELAY overrides the backoff, FRONT makes the next attempt come before all others, FATAL skips the attempts that are
//! left. Error texts are cut at 1,024 bytes.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Failure, NackOptions, Nacked, Place, Session};

pub struct Nack;

/// Jobs that have failed.
#[derive(Debug)]
pub struct NackRequest<'a> {
    leases: LeaseRefs<'a>,
    options: NackOptions<'a>,
}

impl<'a> Options<'a, 4> for NackOptions<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 4] = [
        CommandOption::text("ERROR", "error", |options, text| options.error = Some(text)),
        CommandOption::span("DELAY", "delay-ms", 0, |options, ms| options.delay = Some(ms)),
        CommandOption::flag("FRONT", "front", |options| options.place = Place::Front),
        CommandOption::flag("FATAL", "fatal", |options| options.failure = Failure::Fatal),
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
            let [error, delay, front, fatal] = NackOptions::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                leases::ARG,
                error.arg(),
                delay.arg(),
                front.arg(),
                fatal.arg(),
            ]
        },
    };

    type Request<'a> = NackRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<NackRequest<'a>, Error> {
        let leases = leases::leases(args, &NackOptions::OPTIONS)?;
        let mut options = NackOptions::default();
        args.options(&mut options)?;
        match options {
            NackOptions { failure: Failure::Fatal, delay: Some(_), .. } => {
                Err(Error::syntax("DELAY and FATAL contradict each other"))
            }
            NackOptions { failure: Failure::Fatal, place: Place::Front, .. } => {
                Err(Error::syntax("FRONT and FATAL contradict each other"))
            }
            _ => Ok(NackRequest { leases, options }),
        }
    }
}

impl WriteCommand for Nack {
    fn run(
        request: &NackRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let NackRequest { leases, options } = request;
        reply.array(leases.len());
        for lease in leases {
            reply.int(match session.nack(lease.token, lease.id, options) {
                Nacked::Again => 1,
                Nacked::Failed => 2,
                Nacked::No(why) => leases::code(why),
            });
        }
        Ok(WriteOutcome::Replied)
    }
}
