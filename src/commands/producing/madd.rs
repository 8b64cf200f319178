//! `JQ.MADD queue count id payload [id payload ...] [options]` -> one `[outcome, id, state]` per job
//!
//! The options are those of `JQ.ADD` and hold for every job. Refused as a whole or done as a whole.

use super::add::{enqueue, reply_added};
use super::add_options;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::names::NewId;
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::MAX_ITEMS;
use crate::queue::{AddRequest, Session};

pub struct AddManyJobs;

/// Jobs to enqueue.
#[derive(Debug)]
pub struct AddManyJobsRequest<'a> {
    /// id, payload, id, payload, ...
    words: &'a [&'a [u8]],
    /// What holds for each of them; its payload is empty.
    request: AddRequest<&'a [u8]>,
    fields: FieldArgs<'a>,
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
        let (request, fields) = AddRequest::parse_with_fields(args, AddRequest::new(&b""[..]), count)?;
        Ok(AddManyJobsRequest { words, request, fields })
    }
}

const ARGS: [Arg; 19] = {
    let [set] = FieldArgs::OPTIONS;
    let [start, max_wait, priority, front, attempts, backoff, dedup, ondup, px, keep, max_run, batch, after, group, name] =
        add_options::ARGS;
    [
        Arg::word("queue", ArgKind::Key),
        Arg::word("count", ArgKind::Integer),
        Arg::block("job", &[Arg::word("id", ArgKind::String), Arg::word("payload", ArgKind::String)]).many(),
        start,
        max_wait,
        priority,
        front,
        attempts,
        backoff,
        dedup,
        ondup,
        px,
        keep,
        max_run,
        batch,
        after,
        group,
        name,
        set.arg(),
    ]
};

fn pairs<'a>(words: &'a [&'a [u8]]) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
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
        let AddManyJobsRequest { words, request, fields } = call;
        let mut request = *request;
        request.job.fields = fields.packed();
        let jobs = pairs(words);
        let count = jobs.len();
        request.check_instants(session.now())?;
        let batch = request.batches.batch;
        session
            .room_for(count, pairs(words).map(|(id, _)| NewId::of(id).given()), batch)
            .map_err(|full| add_options::refusal(full, batch))?;
        session
            .check_new_fields(pairs(words).map(|(id, _)| NewId::of(id).given()), &request)
            .map_err(field_args::refusal)?;
        reply.array(count);
        for (id, payload) in jobs {
            let id = NewId::of(id);
            request.job.payload = payload;
            reply_added(&enqueue(session, id, &request), id, reply);
        }
        Ok(WriteOutcome::Replied)
    }
}
