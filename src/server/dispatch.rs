//! The way of a command: from its words to its reply.
//!
//! ```text
//!   words ──parse──► request ──► clock ──► open the key ──► read, edit or await the queue ──► reply
//! ```
//!
//! Everything is parsed before the key is opened. A command that changes nothing replicates nothing, touches
//! no WATCH and leaves no empty key behind.

use super::background::{reply_awaits, serve_claims};
use super::blocked::{awaits, claims, Ahead};
use super::edit::{self, Access, Edited};
use super::panics::{catch_panic, INTERNAL_ERROR};
use super::value::Value;
use super::{clock, config, permission};
use crate::commands::args::Args;
use crate::commands::error::Error;
use crate::commands::{
    change, parse, AwaitCommand, Command, Env, ReadCommand, ShowOrSetCommand, WriteCommand, WriteOutcome,
};
use crate::queue::{Now, Queue, Session};
use crate::redis::call::{Call, Words};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::Name;
use crate::redis::reply::Writer;

/// What core says of a key of another type.
const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// What core says on a replica.
const READ_ONLY: &str = "READONLY You can't write against a read only replica.";

/// A command that reads.
pub(super) fn read<C: ReadCommand>(call: &Call<'_>) {
    run::<C>(call, |ctx, name, request, reply| {
        read_queue(ctx, name, reply, &mut |queue, env, reply| C::run(&request, queue, env, reply));
        Ok(())
    });
}

/// A command that may change the queue.
pub(super) fn write<C: WriteCommand>(call: &Call<'_>) {
    run::<C>(call, |ctx, name, request, reply| run_write::<C>(ctx, name, &request, reply));
}

/// A command that shows when it has no argument but the key.
pub(super) fn show_or_set<C: ShowOrSetCommand>(call: &Call<'_>) {
    if call.words().len() == 2 {
        return reply_to(call, C::SPEC.name, |ctx, name, _, reply| {
            read_queue(ctx, name, reply, &mut |queue, _, reply| C::show(queue, reply));
            Ok(())
        });
    }
    run::<C>(call, |ctx, name, request, reply| {
        if ctx.flags().read_only() {
            reply.error(READ_ONLY);
            return Ok(());
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
                let mut env = env(ctx, name, &value.queue, now);
                env.may_block = !ctx.flags().deny_blocking();
                if let Some(blocked) = C::run(request, &value.queue, &env, reply) {
                    awaits::catch_up(&mut value);
                    value.queue.subscribe(blocked.awaited.clone());
                    drop(value);
                    reply_awaits::block(ctx, name, &blocked);
                }
            }
            Key::Vacant(_) => reply.null(),
            Key::OtherType => reply.error(WRONG_TYPE),
        }
        Ok(())
    });
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
    let Some(name) = call.key() else { return reply.error("ERR wrong number of arguments") };
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
) {
    let now = clock::of_command();
    match Key::<Value>::open(ctx, name, Mode::Read) {
        Key::Occupied(value) => work(&value.queue, &env(ctx, name, &value.queue, now), reply),
        Key::Vacant(_) => {
            let queue = Queue::new(config::defaults());
            work(&queue, &env(ctx, name, &queue, now), reply);
        }
        Key::OtherType => reply.error(WRONG_TYPE),
    }
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
        let mut env = env(ctx, name, session.queue(), now);
        // The flags have a price: only a command that can block its client pays it.
        env.may_block = C::MAY_BLOCK && may_block(ctx);
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
        reply.error(WRONG_TYPE);
        return Ok(());
    };
    match outcome {
        Some(Ok(WriteOutcome::Replied)) => {}
        Some(Ok(WriteOutcome::Blocks(claim))) => serve_claims::block(ctx, name, claim),
        Some(Err(error)) => return Err(error),
        None => reply.error(INTERNAL_ERROR),
    }
    Ok(())
}

fn env(ctx: Context<'_>, name: Name<'_>, queue: &Queue, now: Now) -> Env {
    let Ahead { waiters, promised } = claims::ahead(ctx, name.bytes(), queue.claimable());
    Env { now, promised, waiters, may_block: false }
}
