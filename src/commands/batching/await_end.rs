//! `JQ.AWAIT queue BATCH batch ms` -> its numbers as in JQ.BATCH, when it has finished and nothing of it is
//! pending or ms are over, or null; `JQ.AWAIT queue JOB id ms` -> `[state, result]` when it has ended or ms are over, or null; `JQ.AWAIT queue IDLE ms` -> how many jobs are active: 0, or more when ms are over
//!
//! ms 0 waits for ever. The reply is given at once if the batch has finished or the job has ended already; it
//! is null at once if they are unknown. It is null too if the queue goes away while the client waits. Inside
//! MULTI, scripts and functions no client waits: the reply is the present state.

use super::batch::numbers;
use crate::commands::args::Args;
use crate::commands::command::{AwaitCommand, AwaitRequest, Command, Env, PageRequest};
use crate::commands::error::Error;
use crate::commands::events::reply_page;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{AwaitEvent, Awaited, BatchView, EventStart, JobState, Queue};

pub(crate) struct AwaitEnd;

impl Command for AwaitEnd {
    const SPEC: Spec = Spec {
        name: "jq.await",
        summary: "Waits until a batch has finished, a job has ended, or no job is active",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -4,
        flags: "readonly fast blocking",
        acl: "read fast blocking",
        key: KeyUse::Read,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::one_of(
                "what",
                &[
                    Arg::word("batch", ArgKind::String).after("BATCH"),
                    Arg::word("id", ArgKind::String).after("JOB"),
                    Arg::token("IDLE", "idle"),
                ],
            ),
            Arg::word("ms", ArgKind::Integer),
        ],
    };

    type Request<'a> = AwaitRequest;

    fn parse(args: &mut Args<'_>) -> Result<AwaitRequest, Error> {
        let kind = args.next("what")?;
        let awaited = match () {
            () if kind.eq_ignore_ascii_case(b"BATCH") => {
                Awaited::Batch(names::batch(args.next("batch")?)?.into())
            }
            () if kind.eq_ignore_ascii_case(b"JOB") => Awaited::Job(names::id(args.next("id")?)?.into()),
            () if kind.eq_ignore_ascii_case(b"IDLE") => Awaited::Idle,
            () => return Err(Error::range("the word after the queue", "BATCH, JOB or IDLE", kind)),
        };
        Ok(AwaitRequest { awaited, page: PageRequest::default(), block: args.span("ms", 0)? })
    }
}

impl AwaitCommand for AwaitEnd {
    fn run(request: AwaitRequest, queue: &Queue, env: &Env, reply: &mut dyn Reply) -> Option<AwaitRequest> {
        let is_over = match &request.awaited {
            Awaited::Batch(name) => queue.batch(name).is_none_or(|batch| is_settled(&batch)),
            Awaited::Job(id) => queue.view(id).is_none_or(|job| has_ended(job.state)),
            // Not asked for by this command.
            Awaited::Logged(_) => true,
            Awaited::Idle => queue.count(JobState::Active) == 0,
        };
        if env.may_block && !is_over {
            return Some(request);
        }
        reply_now(&request, queue, reply);
        None
    }
}

/// A retried member of a finished batch is pending again.
fn is_settled(batch: &BatchView) -> bool {
    batch.finished_at.is_some() && batch.members.pending == 0
}

fn has_ended(state: JobState) -> bool {
    matches!(state, JobState::Completed | JobState::Failed | JobState::Expired | JobState::Cancelled)
}

/// Replies with the present state of what a client waits for.
pub fn reply_now(request: &AwaitRequest, queue: &Queue, reply: &mut dyn Reply) {
    match &request.awaited {
        Awaited::Batch(name) => match queue.batch(name) {
            Some(batch) => numbers(&batch).reply(reply),
            None => reply.null(),
        },
        Awaited::Job(id) => match queue.view(id) {
            Some(job) => reply_state(job.state, job.result, reply),
            None => reply.null(),
        },
        Awaited::Logged(filter) => {
            let PageRequest { after, count } = request.page;
            reply_page(&queue.events(EventStart::After(after), filter, count), reply);
        }
        Awaited::Idle => reply.size(queue.count(JobState::Active)),
    }
}

/// Replies with the event that a client has waited for.
pub fn reply_event(event: &AwaitEvent, reply: &mut dyn Reply) {
    match event {
        AwaitEvent::Finished(batch) => numbers(batch).reply(reply),
        AwaitEvent::Ended(state, result) => reply_state(*state, result.as_deref(), reply),
        AwaitEvent::Idle => reply.int(0),
        // Of events in the log a reader gets a page: `reply_now`.
        AwaitEvent::Gone | AwaitEvent::QueueGone | AwaitEvent::Logged => reply.null(),
    }
}

fn reply_state(state: JobState, result: Option<&[u8]>, reply: &mut dyn Reply) {
    reply.array(2);
    reply.bytes(state.name().as_bytes());
    match result {
        Some(result) => reply.bytes(result),
        None => reply.null_string(),
    }
}
