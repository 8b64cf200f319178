//! What a command has to have, by its kind: it reads, it writes, it shows or sets, it awaits, or it takes the
//! first of several queues.
//!
//! A command is a type without a value. Its request is what one call of it asks for; requests borrow from the
//! client's arguments.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{KeyUse, Spec};
use super::MAX_QUEUES;
use crate::queue::{Awaited, ClaimOptions, EventId, Now, Queue, Session, Settings};
use std::fmt::Debug;
use std::sync::Arc;

/// What a command needs to know of where it runs, beside the queue.
#[derive(Debug, Clone, Copy)]
pub struct Env<'e> {
    /// The instant it runs at.
    pub now: Now,
    /// Who is blocked in JQ.CLAIM on this queue.
    pub workers: &'e dyn WaitingWorkers,
    /// Whether the client may be blocked: not inside MULTI, scripts and functions.
    pub may_block: bool,
}

/// The workers whose clients are blocked in JQ.CLAIM on the queue. Each question looks for them anew, so only a command that
/// needs the answer pays for it.
pub trait WaitingWorkers: Debug {
    /// How many clients are blocked.
    fn clients(&self) -> usize;

    /// At most `count` of them by name, from a name on. O(log n) each.
    fn from(&self, name: &[u8], count: usize) -> Vec<WaitingWorker>;

    /// How many of so many claimable jobs belong to them, since they came first.
    fn promised(&self, claimable: usize) -> usize;
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingWorker {
    /// Its name.
    pub name: Arc<[u8]>,
    /// How many clients of that name are blocked.
    pub clients: usize,
    /// Since when the first of them is, Unix ms.
    pub since: u64,
}

/// Where no client can be blocked.
#[derive(Debug)]
pub struct NoWorkers;

impl WaitingWorkers for NoWorkers {
    fn clients(&self) -> usize {
        0
    }

    fn from(&self, _: &[u8], _: usize) -> Vec<WaitingWorker> {
        Vec::new()
    }

    fn promised(&self, _: usize) -> usize {
        0
    }
}

/// A command for clients; its key is the first argument, or its keys are, after their number.
pub trait Command: 'static {
    /// What Redis knows of it.
    const SPEC: Spec;

    /// What one call of it asks for.
    type Request<'a>;

    /// Parses the arguments that follow the keys. What it leaves over is an error.
    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error>;
}

/// A command that changes nothing, and is served by replicas too.
pub trait ReadCommand: Command {
    /// Why this request is refused at this instant; None: it is not.
    #[must_use]
    fn refusal(_: &Self::Request<'_>, _: &Env) -> Option<Error> {
        None
    }

    /// Replies from `queue` as it is.
    fn run(request: &Self::Request<'_>, queue: &Queue, env: &Env, reply: &mut dyn Reply);
}

/// A command that may change the queue.
pub trait WriteCommand: Command {
    /// Whether it can block its client. Only for such a command the server finds out [`Env::may_block`].
    const MAY_BLOCK: bool = false;

    /// Why this request is refused while the server is at its memory limit; None: it is not. For commands that take
    /// memory only sometimes; those that always do have the flag `deny-oom`. Asked before [`WriteCommand::run`].
    #[must_use]
    fn refusal_at_memory_limit(_: &Self::Request<'_>, _: &Queue) -> Option<Error> {
        None
    }

    /// Changes the queue and replies. An error means that no reply is written and, but for what time did
    /// anyway, nothing has changed.
    fn run(
        request: &Self::Request<'_>,
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error>;
}

/// A command that shows when it has only the words that say what, and sets otherwise. Redis does not take it for a
/// write, so that replicas can show; the server refuses to set on a replica.
pub trait ShowOrSetCommand: WriteCommand {
    /// What a call that shows asks for.
    type Shown<'a>;

    /// Whether a call of so many words, the command's name among them, only shows.
    #[must_use]
    fn only_shows(words: usize) -> bool {
        matches!(Self::SPEC.key, KeyUse::ReadOrCreate(most) if words <= most)
    }

    /// Parses the arguments of a call that shows, which follow the key.
    fn parse_shown<'a>(args: &mut Args<'a>) -> Result<Self::Shown<'a>, Error>;

    /// Replies to a call that shows.
    fn show(shown: &Self::Shown<'_>, queue: &Queue, reply: &mut dyn Reply);

    /// The prefix of the keys whose names the queue learns by this request: the client needs permission to
    /// read those keys.
    #[must_use]
    fn prefix_to_read<'r>(_: &'r Self::Request<'_>) -> Option<&'r [u8]> {
        None
    }
}

/// A command that changes nothing, and may block its client until an event of the queue.
pub trait AwaitCommand: Command {
    /// Replies from `queue` as it is; or, when nothing is replied, what the client is blocked for.
    fn run(
        request: Self::Request<'_>,
        queue: &Queue,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Option<AwaitRequest>;
}

/// A command that names several queues, and changes the first of them, in their order, that can serve it.
pub trait FirstQueueCommand: Command {
    /// Refuses a request that a queue of these settings cannot serve, also one that does not exist yet.
    fn check(request: &Self::Request<'_>, settings: &Settings) -> Result<(), Error>;

    /// Changes the queue, whose name is given, and replies; or replies nothing when it is the next one's turn. An
    /// error ends the command; no reply is written and, but for what time did anyway, nothing has changed.
    fn run(
        request: &Self::Request<'_>,
        name: &[u8],
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<Visit, Error>;

    /// What its client is blocked for when no queue could serve it; None: it is not blocked, and gets null.
    fn blocked(request: &Self::Request<'_>) -> Option<Box<BlockedClaim>>;
}

/// What came of one queue of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// The reply is written.
    Replied,
    /// It is the next one's turn.
    Passed,
}

/// What has become of a write.
#[derive(Debug)]
pub enum WriteOutcome {
    /// The reply is written.
    Replied,
    /// Nothing is written; the client is to be blocked until it can be served.
    Blocks(Box<BlockedClaim>),
}

/// A client that waits for jobs: its command returned [`WriteOutcome::Blocks`], or no queue could serve it.
#[derive(Debug, Clone)]
pub struct BlockedClaim {
    /// What it takes when it is served.
    pub options: ClaimOptions<Box<[u8]>>,
    /// It waits until so many jobs are claimable.
    pub min: usize,
    /// For so many milliseconds, 0 for ever.
    pub block: u64,
    /// What is replied of each job.
    pub detail: Detail,
    /// How it gets them.
    pub form: ClaimForm,
}

/// How much a claim replies of each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// `[token, id, attempt, payload]`.
    Short,
    /// The map of JQ.GET.
    Full,
}

/// How a claim replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimForm {
    /// The jobs.
    Jobs,
    /// The name of their queue, and the jobs.
    QueueAndJobs,
}

/// An event to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitRequest {
    /// The batch or the job whose end it is, or events of the log.
    pub awaited: Awaited,
    /// Which of the events of the log the reply has.
    pub page: PageRequest,
    /// For so many milliseconds, 0 for ever.
    pub block: u64,
}

/// Runs a command on one of its queues, which exists.
pub fn visit<C: FirstQueueCommand>(
    request: &C::Request<'_>,
    name: &[u8],
    session: &mut Session<'_>,
    env: &Env,
    reply: &mut dyn Reply,
) -> Result<Visit, Error> {
    if session.queue().is_exhausted() {
        return Err(Error::exhausted());
    }
    C::check(request, session.queue().settings())?;
    C::run(request, name, session, env, reply)
}

/// So many events of the log after this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The reader has come up to it.
    pub after: EventId,
    /// At most.
    pub count: usize,
}

/// Runs a command that may change the queue.
pub fn change<C: WriteCommand>(
    request: &C::Request<'_>,
    session: &mut Session<'_>,
    env: &Env,
    reply: &mut dyn Reply,
) -> Result<WriteOutcome, Error> {
    if session.queue().is_exhausted() {
        return Err(Error::exhausted());
    }
    C::run(request, session, env, reply)
}

/// Parses all arguments of a command that only shows, the key among them.
pub fn parse_shown<C: ShowOrSetCommand>(mut args: Args<'_>) -> Result<C::Shown<'_>, Error> {
    args.next("queue")?;
    let shown = C::parse_shown(&mut args)?;
    args.finish()?;
    Ok(shown)
}

/// Parses all arguments of a command, the key among them.
pub fn parse<C: Command>(mut args: Args<'_>) -> Result<C::Request<'_>, Error> {
    args.next("queue")?;
    parse_rest::<C>(args)
}

/// Parses all arguments of a command that counts its queues: their names, and what it asks for.
pub fn parse_counted<C: FirstQueueCommand>(mut args: Args<'_>) -> Result<(&[&[u8]], C::Request<'_>), Error> {
    let count = args.uint("numkeys", 1..=MAX_QUEUES)?;
    let queues = args.take(usize::try_from(count).unwrap_or(usize::MAX), "queue")?;
    Ok((queues, parse_rest::<C>(args)?))
}

fn parse_rest<C: Command>(mut args: Args<'_>) -> Result<C::Request<'_>, Error> {
    let request = C::parse(&mut args);
    if request.is_ok() {
        args.finish()?;
    }
    // Handed on as it is: some requests are so large that to unpack and pack them again costs more than to parse them.
    request
}
