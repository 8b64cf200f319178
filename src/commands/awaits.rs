//! `JQ.AWAIT queue BATCH batch ms` -> its numbers as JQ.BATCH tells them, when it has finished or ms are over, or null
//! `JQ.AWAIT queue JOB id ms` -> `[state, result]` when it has ended or ms are over, or null
//!
//! ms 0 waits for ever. What has finished or ended already is answered at once, what is not known with null; so is a
//! queue that goes away meanwhile. Inside MULTI, scripts and functions nobody waits: the present state is answered.

use super::add_options::batch_name;
use super::args::Args;
use super::batch::numbers;
use super::error::Error;
use super::ids::id;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Env, Limits, Request};
use crate::queue::{AwaitEvent, Awaited, JobState, Queue};

pub(super) const SPEC: Spec = Spec {
    name: "jq.await",
    summary: "Waits until a batch has finished or a job has ended",
    complexity: "O(log n)",
    arity: 5,
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
            ],
        ),
        Arg::word("ms", ArgKind::Integer),
    ],
};

/// Something to wait for.
#[derive(Debug, Clone)]
pub struct Await {
    /// What.
    pub awaited: Awaited,
    /// So many ms, 0 = for ever.
    pub block: u64,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let kind = args.next("what")?;
    let awaited = match () {
        () if kind.eq_ignore_ascii_case(b"BATCH") => Awaited::Batch(batch_name(args.next("batch")?)?.into()),
        () if kind.eq_ignore_ascii_case(b"JOB") => Awaited::Job(id(args.next("id")?)?.into()),
        () => return Err(Error::range("what", "BATCH or JOB", kind)),
    };
    let block = args.span("ms", 0)?;
    Ok(Request::Await(Await { awaited, block }))
}

impl Await {
    /// Answers if there is nothing to wait for. False: nothing is written, the client waits.
    #[must_use]
    pub fn is_answered(&self, queue: &Queue, env: &Env, reply: &mut dyn Reply) -> bool {
        let is_over = match &self.awaited {
            Awaited::Batch(name) => queue.batch(name).is_none_or(|batch| batch.finished_at.is_some()),
            Awaited::Job(id) => queue.view(id).is_none_or(|job| has_ended(job.state)),
        };
        let is_answered = is_over || !env.may_block;
        if is_answered {
            present(&self.awaited, queue, reply);
        }
        is_answered
    }
}

fn has_ended(state: JobState) -> bool {
    matches!(state, JobState::Completed | JobState::Failed | JobState::Expired | JobState::Cancelled)
}

/// Answers what is known now.
pub fn present(awaited: &Awaited, queue: &Queue, reply: &mut dyn Reply) {
    match awaited {
        Awaited::Batch(name) => match queue.batch(name) {
            Some(batch) => numbers(&batch).answer(reply),
            None => reply.null(),
        },
        Awaited::Job(id) => match queue.view(id) {
            Some(job) => reply_state(job.state, job.result, reply),
            None => reply.null(),
        },
    }
}

/// Answers what has become of what was awaited.
pub fn tell(news: &AwaitEvent, reply: &mut dyn Reply) {
    match news {
        AwaitEvent::Finished(batch) => numbers(batch).answer(reply),
        AwaitEvent::Ended(state, result) => reply_state(*state, result.as_deref(), reply),
        AwaitEvent::Gone => reply.null(),
    }
}

fn reply_state(state: JobState, result: Option<&[u8]>, reply: &mut dyn Reply) {
    reply.array(2);
    reply.bytes(state.name().as_bytes());
    match result {
        Some(result) => reply.bytes(result),
        None => reply.null(),
    }
}
