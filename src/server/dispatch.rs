//! The one way every command takes.
//!
//! ```text
//!   words ──parse──► request ──open key──► clock ──► run ──► replicate ──► who waits? what is due? ──► done
//! ```
//!
//! Everything is parsed before the key is opened. A command that changes nothing replicates nothing, touches no
//! WATCH and leaves no empty key behind.

use super::ffi::call::{Call, Words};
use super::ffi::context::Context;
use super::ffi::key::{Found, Key, Mode};
use super::ffi::name::Name;
use super::ffi::reply::Writer;
use super::home::Value;
use super::line::Ahead;
use super::{clock, config, guarded, publish, timekeeper, wakeups, INTERNAL_ERROR};
use crate::codec::effects::Log;
use crate::commands::args::Args;
use crate::commands::error::Error;
use crate::commands::{Command, Env, Flow, Read, Request, Write, COMMANDS};
use crate::queue::{Now, Queue, Turn};
use lazy_static::lazy_static;

/// What core says of a key of another type.
const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

lazy_static! {
    /// Which commands can make their client wait, by number.
    static ref BLOCKING: Vec<bool> =
        COMMANDS.iter().map(|command| command.spec.flags.split(' ').any(|flag| flag == "blocking")).collect();
}

/// Runs the command of this number, and answers its client.
pub(super) fn command(number: usize, call: &Call<'_>) {
    let mut reply = call.ctx.reply();
    let (Some(command), Some(name)) = (COMMANDS.get(number), call.key()) else {
        return reply.error_line("ERR wrong number of arguments");
    };
    match guarded(command.spec.name, || run(number, command, call.ctx, name, &call.words(), &mut reply)) {
        Some(Ok(())) => {}
        Some(Err(error)) => reply.error(&error),
        None => reply.error_line(INTERNAL_ERROR),
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
        Request::Read(read) => look(ctx, name, &read, reply),
        Request::Write(write) => change(number, ctx, name, &write, reply),
    }
}

fn look(ctx: Context<'_>, name: Name<'_>, read: &Read<'_>, reply: &mut Writer<'_>) -> Result<(), Error> {
    let now = clock::of_command();
    let mut key = Key::open(ctx, name, Mode::Read);
    match key.found() {
        Found::Queue(value) => read.run(&value.queue, &env(ctx, name, &value.queue, now), reply),
        Found::Missing => {
            let queue = Queue::default();
            read.run(&queue, &env(ctx, name, &queue, now), reply)
        }
        Found::Other => {
            reply.error_line(WRONG_TYPE);
            Ok(())
        }
    }
}

fn change(
    number: usize,
    ctx: Context<'_>,
    name: Name<'_>,
    write: &Write<'_>,
    reply: &mut Writer<'_>,
) -> Result<(), Error> {
    let now = clock::of_command();
    let mut key = Key::open(ctx, name, Mode::Write);
    let mut fresh = None;
    let value = match key.found() {
        Found::Queue(value) => value,
        Found::Missing => &mut **fresh.insert(Value::new(Queue::default())),
        Found::Other => {
            reply.error_line(WRONG_TYPE);
            return Ok(());
        }
    };
    let mut log = Log::new(now);
    let outcome = guarded("a command", || {
        let mut turn = Turn::begin(&mut value.queue, now, &mut log);
        let mut env = env(ctx, name, turn.queue(), now);
        env.may_block = may_block(number) && !ctx.flags().deny_blocking();
        write.run(&mut turn, &env, reply)
    });
    let changed = !log.is_empty();
    if changed {
        publish(ctx, name, log);
        timekeeper::note(ctx, name.bytes(), value);
        wakeups::look(ctx, name.bytes(), value.queue.claimable());
    }
    // What happened before a panic has happened, here and on the replicas.
    if let (true, Some(value)) = (changed, fresh) {
        key.store(value);
    }
    drop(key);
    match outcome {
        Some(Ok(Flow::Done)) => {}
        Some(Ok(Flow::Wait(waiting))) => wakeups::wait(ctx, name, waiting),
        Some(Err(error)) => return Err(error),
        None => reply.error_line(INTERNAL_ERROR),
    }
    Ok(())
}

/// Whether the command of this number is one that can make its client wait. Asked first, because the server's
/// flags have a price.
fn may_block(number: usize) -> bool {
    BLOCKING.get(number).is_some_and(|blocking| *blocking)
}

fn env(ctx: Context<'_>, name: Name<'_>, queue: &Queue, now: Now) -> Env {
    let Ahead { waiters, promised } = wakeups::ahead(ctx, name.bytes(), queue.claimable());
    Env { now, promised, waiters, may_block: false }
}
