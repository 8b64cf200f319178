//! `JQ.MADD queue count id payload [id payload ...] [options] [JOB n options ...]` -> one `[outcome, id, state]` per job
//!
//! The options are those of `JQ.ADD` and hold for every job; those after JOB hold for the n-th
//! alone, over those of all. SHARDS is about the call and stands before them. Refused as a whole or done as a whole.

use super::add::{enqueue, reply_added};
use super::add_options;
use super::call_options::{self, CallOptions};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::names::NewId;
use crate::commands::options::{args_of_options, joined, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::MAX_ITEMS;
use crate::queue::{AddRequest, JobSpec, Refusal, Session};

pub(crate) struct AddManyJobs;

/// Jobs to enqueue.
#[derive(Debug)]
pub(crate) struct AddManyJobsRequest<'a> {
    /// id, payload, id, payload, ...
    words: &'a [&'a [u8]],
    /// What holds for each of them.
    common: JobTerms<'a>,
    /// What holds for the job of that place, in the order of the places.
    own: Vec<(usize, JobTerms<'a>)>,
    /// How many shards the producer counts on, if it does.
    shards: Option<u32>,
}

/// What holds for a job, but for its id and payload, and its fields.
type JobTerms<'a> = (AddRequest<&'a [u8]>, FieldArgs<'a>);

impl<'a> AddManyJobsRequest<'a> {
    /// Each job: its id, its payload, and what holds for it.
    fn jobs(&self) -> impl Iterator<Item = (NewId<'a>, &'a [u8], &JobTerms<'a>)> + Clone {
        let mut own = self.own.iter().peekable();
        pairs(self.words).enumerate().map(move |(nth, (id, payload))| {
            let its = own.next_if(|(place, _)| *place == nth);
            (NewId::of(id), payload, its.map_or(&self.common, |(_, terms)| terms))
        })
    }

    /// What holds for any of them.
    fn terms(&self) -> impl Iterator<Item = &JobTerms<'a>> {
        std::iter::once(&self.common).chain(self.own.iter().map(|(_, terms)| terms))
    }
}

impl Command for AddManyJobs {
    const SPEC: Spec = Spec {
        name: "jq.madd",
        summary: "Enqueues many jobs at once, each unless its id is known",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -5,
        flags: "write deny-oom",
        acl: "write slow",
        key: KeyUse::Create,
        args: &ARGS,
    };

    type Request<'a> = AddManyJobsRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<AddManyJobsRequest<'a>, Error> {
        let count = usize::try_from(args.uint("count", 1..=MAX_ITEMS)?).unwrap_or_default();
        let words = args.take(count.saturating_mul(2), "id or payload")?;
        for (id, payload) in pairs(words) {
            NewId::parse(id)?;
            args.check_payload("payload", payload)?;
        }
        let (common, CallOptions { mut fields, shards }) = AddRequest::parse_before("JOB", args)?;
        let mut own: Vec<(usize, JobTerms<'a>)> = Vec::new();
        while args.keyword("JOB") {
            let nth = usize::try_from(args.uint("JOB", 1..=count as u64)?).unwrap_or(count);
            if let Some((place, _)) = own.last().filter(|(place, _)| nth <= place + 1) {
                let text = format!("JOB n goes up from job to job, got {nth} after {}", place + 1);
                return Err(Error::syntax(text));
            }
            own.push((nth - 1, AddRequest::parse_over((&common, &fields), "JOB", args)?));
        }
        fields.finish(count)?;
        Ok(AddManyJobsRequest { words, common: (common, fields), own, shards })
    }
}

const ARGS: [Arg; 21] = joined(&[
    &[
        Arg::word("queue", ArgKind::Key),
        Arg::word("count", ArgKind::Integer),
        Arg::block("job", &[Arg::word("id", ArgKind::String), Arg::word("payload", ArgKind::String)]).many(),
    ],
    &add_options::ARGS,
    &call_options::ARGS,
    &[Arg::block("own", &OWN).after("JOB").maybe().many()],
]);

/// What may stand after JOB.
const OWN: [Arg; 17] = joined(&[
    &[Arg::word("nth", ArgKind::Integer)],
    &add_options::ARGS,
    &args_of_options(&FieldArgs::OPTIONS),
]);

fn pairs<'a>(words: &'a [&'a [u8]]) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone {
    words.chunks_exact(2).map(|pair| match pair {
        [id, payload] => (*id, *payload),
        _ => (&[][..], &[][..]),
    })
}

impl WriteCommand for AddManyJobs {
    fn run(
        call: &AddManyJobsRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let now = session.now();
        call.terms().try_for_each(|(request, _)| request.check_instants(now))?;
        let count = pairs(call.words).len();
        let batches = call.jobs().map(|(id, _, (request, _))| (id.given(), request.batches.batch));
        session
            .check_shards(call.shards, batches.clone().map(|(id, _)| id))
            .map_err(|refusal| Error::refused(refusal, None))?;
        session.room_for_each(count, batches.clone()).map_err(|full| {
            let sealed = if let Refusal::Sealed(nth) = full { batches.clone().nth(nth) } else { None };
            Error::refused(full, sealed.and_then(|(_, batch)| batch))
        })?;
        if call.terms().any(|(_, fields)| fields.packed().is_some()) {
            let fields =
                call.jobs().map(|(id, _, (request, fields))| (id.given(), request.on_dup, fields.packed()));
            session.check_new_fields(fields).map_err(field_args::refusal)?;
        }
        reply.array(count);
        for (nth, (id, payload, (request, fields))) in call.jobs().enumerate() {
            session.foresee(nth, pairs(call.words).skip(nth).map(|(id, _)| id));
            let job = JobSpec { payload, fields: fields.packed(), ..request.job };
            reply_added(&enqueue(session, id, &AddRequest { job, ..*request }), id, reply);
        }
        Ok(WriteOutcome::Replied)
    }
}
