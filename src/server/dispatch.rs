//! The way of a command: from its words to its reply.
//!
//! ```text
//!   words ──parse──► request ──► clock ──► open the key ──► read, edit or await the queue ──► reply
//! ```
//!
//! Everything is parsed before the key is opened. A command that changes nothing replicates nothing, touches
//! no WATCH and leaves no empty key behind.

use super::background::{reply_awaits, serve_claims};
use super::blocked::{awaits, claims};
use super::clock::{self, Stopwatch};
use super::edit::{self, Access, Denied, Edited};
use super::panics::{catch_panic, INTERNAL_ERROR};
use super::value::Value;
use super::{config, permission};
use crate::commands::args::Args;
use crate::commands::error::Error;
use crate::commands::{
    change, parse, parse_counted, parse_shown, visit, AwaitCommand, Command, Env, FirstQueueCommand,
    ReadCommand, ShowOrSetCommand, Visit, WaitingWorker, WaitingWorkers, WriteCommand, WriteOutcome,
};
use crate::queue::{Now, Queue, Session};
use crate::redis::call::{Call, Words};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::Name;
use crate::redis::reply::Writer;
use std::fmt;
use std::time::Duration;

/// How long a command visits queue after queue before it leaves what time has to do in them to the timer.
const VISITS: Duration = Duration::from_millis(2);

/// A command that reads.
pub(super) fn read<C: ReadCommand>(call: &Call<'_>) {
    run::<C>(call, |ctx, name, request, reply| {
        read_queue(ctx, name, reply, &mut |queue, env, reply| match C::refusal(&request, env) {
            Some(error) => reply.error(error.as_str()),
            None => C::run(&request, queue, env, reply),
        })
    });
}

/// A command that may change the queue.
pub(super) fn write<C: WriteCommand>(call: &Call<'_>) {
    run::<C>(call, |ctx, name, request, reply| run_write::<C>(ctx, name, &request, reply));
}

/// A command that shows when it has only the words that say what.
pub(super) fn show_or_set<C: ShowOrSetCommand>(call: &Call<'_>) {
    if C::only_shows(call.words().len()) {
        return reply_to(call, C::SPEC.name, |ctx, name, words, reply| {
            let args = Args::new(words.get(1..).unwrap_or_default(), config::limits());
            let shown = parse_shown::<C>(args)?;
            read_queue(ctx, name, reply, &mut |queue, _, reply| C::show(&shown, queue, reply))
        });
    }
    run::<C>(call, |ctx, name, request, reply| {
        if ctx.flags().read_only() {
            return Err(Error::read_only());
        }
        if let Some(prefix) = C::prefix_to_read(&request) {
            permission::check(ctx, name.bytes(), prefix)?;
        }
        run_write::<C>(ctx, name, &request, reply)
    });
}

/// A command that may block its client until an event. Unlike a claim this works on replicas too, where the same events
/// happen as on their primary.
pub(super) fn wait<C: AwaitCommand>(call: &Call<'_>) {
    run::<C>(call, |ctx, name, request, reply| {
        let now = clock::of_command();
        match Key::<Value>::open(ctx, name, Mode::Read) {
            Key::Occupied(mut value) => {
                let workers = WorkersAt { ctx, name };
                let env = Env { now, workers: &workers, may_block: !ctx.flags().deny_blocking() };
                if let Some(blocked) = C::run(request, &value.queue, &env, reply) {
                    awaits::catch_up(&mut value);
                    value.queue.subscribe(blocked.awaited.clone());
                    drop(value);
                    reply_awaits::block(ctx, name, blocked);
                }
            }
            Key::Vacant(_) => {
                let queue = Queue::new(config::defaults());
                let workers = WorkersAt { ctx, name };
                let env = Env { now, workers: &workers, may_block: !ctx.flags().deny_blocking() };
                if let Some(blocked) = C::run(request, &queue, &env, reply) {
                    reply_awaits::block(ctx, name, blocked);
                }
            }
            Key::OtherType => return Err(Error::wrong_type()),
        }
        Ok(())
    });
}

/// A command that takes the first of several queues that can serve it, and may block its client at all of them.
pub(super) fn first_queue<C: FirstQueueCommand>(call: &Call<'_>) {
    reply_to(call, C::SPEC.name, |ctx, _, words, reply| {
        let args = Args::new(words.get(1..).unwrap_or_default(), config::limits());
        let (queues, request) = parse_counted::<C>(args)?;
        let names = call.counted_keys(queues.len());
        if visit_in_order::<C>(ctx, &names, &request, reply)? == Visit::Passed {
            match C::blocked(&request).filter(|_| may_block(ctx)) {
                Some(claim) => serve_claims::block(ctx, &names, claim),
                None => reply.null(),
            }
        }
        Ok(())
    });
}

/// Changes the first of the queues that can serve the request, and replies.
fn visit_in_order<C: FirstQueueCommand>(
    ctx: Context<'_>,
    names: &[Name<'_>],
    request: &C::Request<'_>,
    reply: &mut Writer<'_>,
) -> Result<Visit, Error> {
    let (now, watch) = (clock::of_command(), Stopwatch::start());
    for &name in names {
        if watch.is_over(VISITS) && waits_for_time(ctx, name, now) {
            continue;
        }
        let visited = edit::decide(ctx, name, Access::Existing, now, |session| {
            let workers = WorkersAt { ctx, name };
            let env = Env { now, workers: &workers, may_block: false };
            visit::<C>(request, name.bytes(), session, &env, reply)
        });
        match visited {
            Ok(Edited { outcome: Some(visit), changed: _ }) => match visit? {
                Visit::Passed => {}
                Visit::Replied => return Ok(Visit::Replied),
            },
            Ok(Edited { outcome: None, changed: _ }) => {
                reply.error(INTERNAL_ERROR);
                return Ok(Visit::Replied);
            }
            Err(Denied::Missing) => C::check(request, &config::defaults())?,
            Err(Denied::OtherType | Denied::OtherQueue) => return Err(Error::wrong_type()),
        }
    }
    Ok(Visit::Passed)
}

/// Whether time has to do its part before a queue can give jobs. That is bounded for one queue, but not for many: behind
/// those that took long such a queue is left to the timer, which serves the clients that are blocked.
fn waits_for_time(ctx: Context<'_>, name: Name<'_>, now: Now) -> bool {
    match Key::<Value>::open(ctx, name, Mode::NoTouch) {
        Key::Occupied(value) => {
            let queue = &value.queue;
            let is_behind = queue.next_due().is_some_and(|due| due <= now.unix_ms());
            is_behind && (queue.claimable() == 0 || queue.is_next_expired(now))
        }
        Key::Vacant(_) | Key::OtherType => false,
    }
}

/// Parses the arguments of a call and does `work` with its request.
fn run<C: Command>(
    call: &Call<'_>,
    work: impl FnOnce(Context<'_>, Name<'_>, C::Request<'_>, &mut Writer<'_>) -> Result<(), Error>,
) {
    reply_to(call, C::SPEC.name, |ctx, name, words, reply| {
        let args = Args::new(words.get(1..).unwrap_or_default(), config::limits());
        work(ctx, name, parse::<C>(args)?, reply)
    });
}

/// Does `work`, and replies with its error if it has one.
fn reply_to(
    call: &Call<'_>,
    command: &str,
    work: impl FnOnce(Context<'_>, Name<'_>, &Words<'_>, &mut Writer<'_>) -> Result<(), Error>,
) {
    let mut reply = call.ctx.reply();
    let Some(name) = call.key() else { return reply.error(Error::arity().as_str()) };
    match catch_panic(command, || work(call.ctx, name, &call.words(), &mut reply)) {
        Some(Ok(())) => {}
        Some(Err(error)) => reply.error(error.as_str()),
        None => reply.error(INTERNAL_ERROR),
    }
}

/// Replies from the queue at `name`, or from a new one if there is none.
fn read_queue(
    ctx: Context<'_>,
    name: Name<'_>,
    reply: &mut Writer<'_>,
    work: &mut dyn FnMut(&Queue, &Env, &mut Writer<'_>),
) -> Result<(), Error> {
    let now = clock::of_command();
    let workers = WorkersAt { ctx, name };
    let env = Env { now, workers: &workers, may_block: false };
    match Key::<Value>::open(ctx, name, Mode::Read) {
        Key::Occupied(value) => work(&value.queue, &env, reply),
        Key::Vacant(_) => work(&Queue::new(config::defaults()), &env, reply),
        Key::OtherType => return Err(Error::wrong_type()),
    }
    Ok(())
}

/// Whether a client may be blocked until it can claim. Not on a replica: what was claimed there would be unknown to the
/// primary.
fn may_block(ctx: Context<'_>) -> bool {
    let flags = ctx.flags();
    !flags.deny_blocking() && !flags.replica()
}

fn run_write<C: WriteCommand>(
    ctx: Context<'_>,
    name: Name<'_>,
    request: &C::Request<'_>,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    change_queue(ctx, name, reply, &mut |session, now, reply| {
        let workers = WorkersAt { ctx, name };
        // The flags have a price: only a command that can block its client pays it.
        let env = Env { now, workers: &workers, may_block: C::MAY_BLOCK && may_block(ctx) };
        if let Some(refusal) = C::refusal_at_memory_limit(request, session.queue()) {
            if ctx.flags().memory_is_full() {
                return Err(refusal);
            }
        }
        change::<C>(request, session, &env, reply)
    })
}

/// Changes the queue at `name`, or a new one if there is none, and replies.
fn change_queue(
    ctx: Context<'_>,
    name: Name<'_>,
    reply: &mut Writer<'_>,
    work: &mut dyn FnMut(&mut Session<'_>, Now, &mut Writer<'_>) -> Result<WriteOutcome, Error>,
) -> Result<(), Error> {
    let now = clock::of_command();
    let edited =
        edit::decide(ctx, name, Access::OrNew(config::defaults), now, |session| work(session, now, reply));
    let Ok(Edited { outcome, changed: _ }) = edited else {
        return Err(Error::wrong_type());
    };
    match outcome {
        Some(Ok(WriteOutcome::Replied)) => {}
        Some(Ok(WriteOutcome::Blocks(claim))) => serve_claims::block(ctx, &[name], claim),
        Some(Err(error)) => return Err(error),
        None => reply.error(INTERNAL_ERROR),
    }
    Ok(())
}

/// The workers whose clients are blocked at a key of the selected database.
struct WorkersAt<'c> {
    ctx: Context<'c>,
    name: Name<'c>,
}

impl fmt::Debug for WorkersAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("workers at a key")
    }
}

impl WaitingWorkers for WorkersAt<'_> {
    fn from(&self, name: &[u8], count: usize) -> Vec<WaitingWorker> {
        claims::workers_from(self.ctx, self.name.bytes(), name, count)
    }

    fn clients(&self) -> usize {
        claims::waiting_at(self.ctx, self.name.bytes())
    }

    fn promised(&self, claimable: usize) -> usize {
        claims::promised(self.ctx, self.name.bytes(), claimable)
    }
}
