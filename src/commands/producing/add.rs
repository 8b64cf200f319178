//! `JQ.ADD queue id payload [DELAY ms | AT instant | HOLD] [MAXWAIT ms] [PRIORITY n] [FRONT] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms]
//! [DEDUP ms|KEPT] [ONDUP IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [MAXRUN ms] [GROUP name] [BATCH name]
//! [AFTER name | AFTEROK name] [NAME name] [SET field value] [SHARDS n]` -> `[outcome, id, state]`

use super::add_options;
use super::call_options::{self, CallOptions};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args;
use crate::commands::names::NewId;
use crate::commands::options::joined;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{AddRequest, Added, JobSpec, Session};

pub(crate) struct AddJob;

/// A job to enqueue.
#[derive(Debug)]
pub(crate) struct AddJobRequest<'a> {
    id: NewId<'a>,
    request: AddRequest<&'a [u8]>,
    options: CallOptions<'a>,
}

impl Command for AddJob {
    const SPEC: Spec = Spec {
        name: "jq.add",
        summary: "Enqueues a job unless its id is known",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -4,
        flags: "write deny-oom fast",
        acl: "write fast",
        key: KeyUse::Create,
        args: &ARGS,
    };

    type Request<'a> = AddJobRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<AddJobRequest<'a>, Error> {
        let id = NewId::parse(args.next("id")?)?;
        let payload = args.payload("payload")?;
        let (request, options) = AddRequest::parse_with_call(args, AddRequest::new(payload))?;
        Ok(AddJobRequest { id, request, options })
    }
}

const ARGS: [Arg; 20] = joined(&[
    &[
        Arg::word("queue", ArgKind::Key),
        Arg::word("id", ArgKind::String),
        Arg::word("payload", ArgKind::String),
    ],
    &add_options::ARGS,
    &call_options::ARGS,
]);

impl WriteCommand for AddJob {
    fn run(
        call: &AddJobRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let AddJobRequest { id, request, options } = call;
        request.check_instants(session.now())?;
        let batch = request.batches.batch;
        // Whether the id belongs here comes first: another shard may have room.
        session
            .check_shards(options.shards, [id.given()].into_iter())
            .and_then(|()| session.room_for(1, [id.given()].into_iter(), batch))
            .map_err(|refusal| Error::refused(refusal, batch))?;
        let added = match options.fields.packed() {
            None => enqueue(session, *id, request),
            Some(packed) => {
                let set = [(id.given(), request.on_dup, Some(packed))];
                session.check_new_fields(set.into_iter()).map_err(field_args::refusal)?;
                let job = JobSpec { fields: Some(packed), ..request.job };
                enqueue(session, *id, &AddRequest { job, ..*request })
            }
        };
        reply_added(&added, *id, reply);
        Ok(WriteOutcome::Replied)
    }
}

/// Adds one job. An id that the queue makes is remembered only if DEDUP was given: no client can send it again.
pub(super) fn enqueue(session: &mut Session<'_>, id: NewId<'_>, request: &AddRequest<&[u8]>) -> Added {
    match id {
        NewId::Given(id) => session.enqueue(Some(id), request),
        NewId::Unique => session.enqueue(None, &request.with_made_id()),
        NewId::Number => session.enqueue_numbered(&request.with_made_id()),
    }
}

/// `[outcome, id, state]`.
pub(super) fn reply_added(added: &Added, id: NewId<'_>, reply: &mut dyn Reply) {
    reply.array(3);
    reply.bytes(added.outcome.name().as_bytes());
    reply.bytes(added.made_id.as_deref().or(id.given()).unwrap_or_default());
    reply.bytes(added.state.name().as_bytes());
}
