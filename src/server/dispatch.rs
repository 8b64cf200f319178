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
use crate::commands::{Await, Command, Env, Flow, Read, Request, Write, COMMANDS};
use crate::queue::{Now, Queue};
use crate::redis::call::{Call, Words};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::Name;
use crate::redis::reply::Writer;
use lazy_static::lazy_static;

/// What core says of a key of another type.
const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// What core says on a replica.
const READ_ONLY: &str = "READONLY You can't write against a read only replica.";

/// What of a command's flags matters here.
struct CommandFlags {
    /// It can block its client.
    blocks: bool,
    /// It may write although core takes it for a command that does not, and lets it run on a replica.
    may_write: bool,
}

lazy_static! {
    /// By number of the command.
    static ref FLAGS: Vec<CommandFlags> = COMMANDS
        .iter()
        .map(|command| {
            let has = |flag| command.spec.flags.split(' ').any(|known| known == flag);
            CommandFlags { blocks: has("blocking"), may_write: has("may-replicate") }
        })
        .collect();
}

/// Runs the command of this number, and replies to its client.
pub(super) fn command(number: usize, call: &Call<'_>) {
    let mut reply = call.ctx.reply();
    let (Some(command), Some(name)) = (COMMANDS.get(number), call.key()) else {
        return reply.error("ERR wrong number of arguments");
    };
    match catch_panic(command.spec.name, || run(number, command, call.ctx, name, &call.words(), &mut reply)) {
        Some(Ok(())) => {}
        Some(Err(error)) => reply.error(error.as_str()),
        None => reply.error(INTERNAL_ERROR),
    }
}

fn run(
    number: usize,
    command: &Command,
    ctx: Context<'_>,
    name: Name<'_>,
    words: &Words<'_>,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    let args = Args::new(words.get(1..).unwrap_or_default());
    match command.parse(args, &config::limits())? {
        Request::Read(read) => read_queue(ctx, name, &read, reply),
        Request::Write(write) => change_queue(number, ctx, name, &write, reply),
        Request::Await(request) => await_event(ctx, name, &request, reply),
    }
}

/// Unlike a claim this works on replicas too: their queues change as those of their primary do.
fn await_event(
    ctx: Context<'_>,
    name: Name<'_>,
    request: &Await,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    let now = clock::of_command();
    let mut value = match Key::<Value>::open(ctx, name, Mode::Read) {
        Key::Occupied(value) => value,
        Key::Vacant(_) => {
            reply.null();
            return Ok(());
        }
        Key::OtherType => {
            reply.error(WRONG_TYPE);
            return Ok(());
        }
    };
    let mut env = env(ctx, name, &value.queue, now);
    env.may_block = !ctx.flags().deny_blocking();
    if !request.is_answered(&value.queue, &env, reply) {
        awaits::catch_up(&mut value);
        value.queue.subscribe(request.awaited.clone());
        drop(value);
        reply_awaits::block(ctx, name, request);
    }
    Ok(())
}

fn read_queue(
    ctx: Context<'_>,
    name: Name<'_>,
    read: &Read<'_>,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    let now = clock::of_command();
    match Key::<Value>::open(ctx, name, Mode::Read) {
        Key::Occupied(value) => read.run(&value.queue, &env(ctx, name, &value.queue, now), reply),
        Key::Vacant(_) => {
            let queue = Queue::new(config::defaults());
            read.run(&queue, &env(ctx, name, &queue, now), reply)
        }
        Key::OtherType => {
            reply.error(WRONG_TYPE);
            Ok(())
        }
    }
}

/// Whether the client may be blocked in a claim. On a replica it could not be served: the primary would not
/// know what was claimed there.
fn may_block(ctx: Context<'_>) -> bool {
    let flags = ctx.flags();
    !flags.deny_blocking() && !flags.replica()
}

fn change_queue(
    number: usize,
    ctx: Context<'_>,
    name: Name<'_>,
    write: &Write<'_>,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    if FLAGS.get(number).is_some_and(|flags| flags.may_write) && ctx.flags().read_only() {
        reply.error(READ_ONLY);
        return Ok(());
    }
    if let Some(prefix) = write.listens_for() {
        permission::check(ctx, name.bytes(), prefix)?;
    }
    let now = clock::of_command();
    let edited = edit::decide(ctx, name, Access::OrNew(config::defaults), now, |session| {
        let mut env = env(ctx, name, session.queue(), now);
        // The flags have a price: they are asked for by those that need them.
        env.may_block = FLAGS.get(number).is_some_and(|flags| flags.blocks) && may_block(ctx);
        write.run(session, &env, reply)
    });
    let Ok(Edited { outcome, changed: _ }) = edited else {
        reply.error(WRONG_TYPE);
        return Ok(());
    };
    match outcome {
        Some(Ok(Flow::Done)) => {}
        Some(Ok(Flow::Wait(waiting))) => serve_claims::block(ctx, name, waiting),
        Some(Err(error)) => return Err(error),
        None => reply.error(INTERNAL_ERROR),
    }
    Ok(())
}

fn env(ctx: Context<'_>, name: Name<'_>, queue: &Queue, now: Now) -> Env {
    let Ahead { waiters, promised } = claims::ahead(ctx, name.bytes(), queue.claimable());
    Env { now, promised, waiters, may_block: false }
}
