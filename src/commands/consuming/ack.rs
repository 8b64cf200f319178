//! `JQ.ACK queue token id [token id ...] [RESULT data [data ...]] [KEEP ms] [MAX n] [SET field value] [UNSET field]
//! [UNLESS field] [NEXT worker] [COUNT n] [LEASE ms] [MAXBYTES b] [FULL]` -> per job 1 done, 0 was done under this token,
//! -1 no such job, -2 the lease is no longer yours, -3 it was cancelled, -4 it has the field of UNLESS; with NEXT
//! `[answers, jobs]`, the jobs as JQ.CLAIM replies them
//!
//! RESULT takes as many values as there are jobs, in their order. KEEP is how long the records are kept, MAX how many
//! of that kind.

use super::leases::{self, LeaseRefs};
use super::next::{answer_and_claim, check_max, NextArgs, NextClaim};
use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::options::{args_of_options, is_one_of, joined, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::ROOM_AT_MEMORY_LIMIT;
use crate::queue::{AckOptions, Acked, EndState, Queue, Session};

pub(crate) struct Ack;

/// Jobs that are done.
#[derive(Debug)]
pub(crate) struct AckRequest<'a> {
    leases: LeaseRefs<'a>,
    /// None, or one for each job.
    results: &'a [&'a [u8]],
    keep: Option<u64>,
    max: Option<u64>,
    fields: FieldArgs<'a>,
    next: Option<NextClaim<'a>>,
}

impl<'a> Options<'a, 6> for AckRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 6] = [
        CommandOption::other("RESULT", Arg::word("result", ArgKind::String).many(), AckRequest::take_results),
        CommandOption::span_or_forever("KEEP", "keep-ms", 0, |request, ms| request.keep = Some(ms)),
        CommandOption::integer("MAX", "max", 1, MAX_INSTANT, |request, n| request.max = Some(n)),
        CommandOption::repeated("SET", field_args::SET, |request, args| request.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |request, args| request.fields.unset(args)),
        CommandOption::other("UNLESS", field_args::UNLESS, |request, args| request.fields.unless(args)),
    ];
}

impl<'a> AckRequest<'a> {
    fn take_results(&mut self, args: &mut Args<'a>) -> Result<(), Error> {
        let jobs = self.leases.len();
        self.results = args.take(jobs, "RESULT").map_err(|_| match jobs {
            1 => Error::syntax("RESULT needs a value"),
            jobs => Error::syntax(format!("RESULT needs {jobs} values, one for each job")),
        })?;
        self.results.iter().try_for_each(|result| args.check_payload("RESULT", result))
    }
}

impl Command for Ack {
    const SPEC: Spec = Spec {
        name: "jq.ack",
        summary: "Says that claimed jobs are done, and may claim the next ones",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &joined::<13>(&[
            &[Arg::word("queue", ArgKind::Key), leases::ARG],
            &args_of_options(&AckRequest::OPTIONS),
            &args_of_options(&NextArgs::OPTIONS),
        ]),
    };

    type Request<'a> = AckRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<AckRequest<'a>, Error> {
        let is_option =
            |word: &[u8]| is_one_of(&AckRequest::OPTIONS, word) || is_one_of(&NextArgs::OPTIONS, word);
        let leases = leases::leases_before(args, is_option)?;
        let fields = FieldArgs::default();
        let mut request = AckRequest { leases, results: &[], keep: None, max: None, fields, next: None };
        let mut next = NextArgs::default();
        args.options_of_two((&AckRequest::OPTIONS, &mut request), (&NextArgs::OPTIONS, &mut next))?;
        request.next = next.claim()?;
        check_max(request.keep, request.max)?;
        request.fields.finish(request.leases.len())?;
        Ok(request)
    }
}

impl WriteCommand for Ack {
    fn refusal_at_memory_limit(request: &AckRequest<'_>, _: &Queue) -> Option<Error> {
        let len = request.results.iter().map(|result| result.len()).sum();
        let result = (len > ROOM_AT_MEMORY_LIMIT).then(|| Error::memory_for("RESULT", len));
        result.or_else(|| request.fields.refusal_at_memory_limit())
    }

    fn run(
        request: &AckRequest<'_>,
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let AckRequest { leases, results, keep, max, fields, next } = request;
        let terms = fields.terms();
        leases::check_fields(session, leases, terms.changes)?;
        let (jobs, mut done) = (leases.iter().enumerate(), 0);
        answer_and_claim(jobs, next.as_ref(), session, env, reply, |session, (nth, lease)| {
            session.foresee(nth, leases::ids_from(leases, nth));
            let options = AckOptions { result: results.get(nth).copied(), keep: *keep, terms };
            match session.ack(lease.token, lease.id, &options) {
                Acked::Done => {
                    done += 1;
                    1
                }
                Acked::Already => 0,
                Acked::No(why) => leases::code(why),
            }
        })?;
        if let (Some(most), 1..) = (*max, done) {
            session.trim_records(EndState::Completed, most, done);
        }
        Ok(WriteOutcome::Replied)
    }
}
