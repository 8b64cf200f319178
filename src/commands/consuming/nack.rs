//! `JQ.NACK queue token id [token id ...] [ERROR text] [DELAY ms] [FRONT] [FATAL] [KEEP ms] [MAX n] [SET field value]
//! [UNSET field] [UNLESS field] [NEXT worker] [COUNT n] [LEASE ms] [MAXBYTES b] [FULL]` -> per job 1 will be tried again, 2
//! failed for good, 0 this token has said so before, -1 no such job, -2 the lease is no longer yours, -3 it was cancelled,
//! -4 it has the field of UNLESS; with NEXT `[answers, jobs]`, the jobs as JQ.CLAIM replies them
//!
//! DELAY overrides the backoff, FRONT makes the next attempt come before all others, FATAL skips the attempts that are
//! left. Error texts are cut at 1,024 bytes. KEEP is how long the records of those that failed for good are kept, MAX how
//! many of that kind.

use super::leases::{self, LeaseRefs};
use super::next::{answer_and_claim, check_max, NextArgs, NextClaim};
use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::options::{args_of_options, is_one_of, joined, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{EndState, Failure, NackOptions, Nacked, Place, Queue, Session};

pub(crate) struct Nack;

/// Jobs that have failed.
#[derive(Debug)]
pub(crate) struct NackRequest<'a> {
    leases: LeaseRefs<'a>,
    options: NackOptions<'a>,
    max: Option<u64>,
    fields: FieldArgs<'a>,
    next: Option<NextClaim<'a>>,
}

impl<'a> Options<'a, 9> for NackRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 9] = [
        CommandOption::text("ERROR", "error", |request, text| request.options.error = Some(text)),
        CommandOption::span("DELAY", "delay-ms", 0, |request, ms| request.options.delay = Some(ms)),
        CommandOption::flag("FRONT", "front", |request| request.options.place = Place::Front),
        CommandOption::flag("FATAL", "fatal", |request| request.options.failure = Failure::Fatal),
        CommandOption::span_or_forever("KEEP", "keep-ms", 0, |request, ms| request.options.keep = Some(ms)),
        CommandOption::integer("MAX", "max", 1, MAX_INSTANT, |request, n| request.max = Some(n)),
        CommandOption::repeated("SET", field_args::SET, |request, args| request.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |request, args| request.fields.unset(args)),
        CommandOption::other("UNLESS", field_args::UNLESS, |request, args| request.fields.unless(args)),
    ];
}

impl Command for Nack {
    const SPEC: Spec = Spec {
        name: "jq.nack",
        summary: "Says that claimed jobs have failed, to be tried again or not, and may claim the next ones",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &joined::<16>(&[
            &[Arg::word("queue", ArgKind::Key), leases::ARG],
            &args_of_options(&NackRequest::OPTIONS),
            &args_of_options(&NextArgs::OPTIONS),
        ]),
    };

    type Request<'a> = NackRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<NackRequest<'a>, Error> {
        let is_option =
            |word: &[u8]| is_one_of(&NackRequest::OPTIONS, word) || is_one_of(&NextArgs::OPTIONS, word);
        let leases = leases::leases_before(args, is_option)?;
        let (options, fields) = (NackOptions::default(), FieldArgs::default());
        let mut request = NackRequest { leases, options, max: None, fields, next: None };
        let mut next = NextArgs::default();
        args.options_of_two((&NackRequest::OPTIONS, &mut request), (&NextArgs::OPTIONS, &mut next))?;
        request.next = next.claim()?;
        check_max(request.options.keep, request.max)?;
        request.fields.finish(request.leases.len())?;
        match request.options {
            NackOptions { failure: Failure::Fatal, delay: Some(_), .. } => {
                Err(Error::syntax("DELAY and FATAL contradict each other"))
            }
            NackOptions { failure: Failure::Fatal, place: Place::Front, .. } => {
                Err(Error::syntax("FRONT and FATAL contradict each other"))
            }
            _ => Ok(request),
        }
    }
}

impl WriteCommand for Nack {
    fn refusal_at_memory_limit(request: &NackRequest<'_>, _: &Queue) -> Option<Error> {
        request.fields.refusal_at_memory_limit()
    }

    fn run(
        request: &NackRequest<'_>,
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let NackRequest { leases, options, max, fields, next } = request;
        let options = NackOptions { terms: fields.terms(), ..*options };
        leases::check_fields(session, leases, options.terms.changes)?;
        let mut failed = 0;
        answer_and_claim(leases.iter(), next.as_ref(), session, env, reply, |session, lease| match session
            .nack(lease.token, lease.id, &options)
        {
            Nacked::Again => 1,
            Nacked::Failed => {
                failed += 1;
                2
            }
            Nacked::No(why) => leases::code(why),
        })?;
        if let (Some(most), 1..) = (*max, failed) {
            session.trim_records(EndState::Failed, most, failed);
        }
        Ok(WriteOutcome::Replied)
    }
}
