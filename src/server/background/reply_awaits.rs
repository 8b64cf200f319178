//! Replies to clients that are blocked in JQ.AWAIT until a batch has finished or a job has ended, and in JQ.EVENTS
//! until something is logged.
//!
//! ```text
//!   AWAIT finds it is not over yet, EVENTS nothing to read ──► block(): subscribed to the queue, blocked on the key's name
//!   any change: the queue has events ──► clients that await them are ready, a timer of 0 ms is set
//!   the timer, at the end of this iteration of the event loop ──► a few of them at a time are unblocked
//!   unblocked, timed out, CLIENT UNBLOCK ──► reply(): the event, or what is known now
//!   always the last ──► left(): the client is removed
//! ```
//!
//! Nothing is replicated here, so all of this works on replicas too, and while clients are paused. A client
//! costs something only when what it awaits happens.

use crate::commands::error::Error;
use crate::commands::{reply_event, reply_now, AwaitRequest};
use crate::queue::{AwaitEvent, Awaited, Queue};
use crate::redis::blocking::{self, BlockedClient, BlocksClients};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::{Name, OwnedName};
use crate::redis::reply::Writer;
use crate::redis::timer::OnTimer;
use crate::server::blocked::awaits::{self, AwaitDeadlineTimer, AwaitReadyTimer};
use crate::server::blocked::{deadline, Answer};
use crate::server::clock;
use crate::server::location::Location;
use crate::server::panics::{catch_panic, INTERNAL_ERROR};
use crate::server::value::Value;

/// So many clients are unblocked before others have the server, about a millisecond.
const AT_ONCE: usize = 64;

/// Blocks the client of this call at `name`, where the queue is subscribed to for it.
pub(in crate::server) fn block(ctx: Context<'_>, name: Name<'_>, request: AwaitRequest) {
    let ticket = awaits::next_ticket();
    let Some(client) = blocking::block::<BlockedAwaits>(ctx, &[name], request.block, ticket) else {
        return ctx.reply().null();
    };
    let location = Location { db: ctx.db(), name: name.bytes().into() };
    let deadline = deadline(clock::uptime(), request.block);
    awaits::insert(ticket, location, request, deadline, client);
}

/// The clients that are blocked here.
struct BlockedAwaits;

impl BlocksClients for BlockedAwaits {
    /// A new queue of that name is not the one whose batch or job was awaited, but may have events for a reader.
    fn key_appeared(ticket: u64, _name: &[u8]) {
        awaits::key_appeared(ticket);
    }

    fn reply(ctx: Context<'_>, ticket: u64) {
        let mut reply = ctx.reply();
        if catch_panic("the reply of an await", || reply_to(ctx, ticket, &mut reply)).is_none() {
            reply.error(INTERNAL_ERROR);
        }
    }

    fn left(ticket: u64) {
        awaits::remove(ticket);
    }
}

/// Unblocks clients that are ready, and has queues forget what no client awaits any more.
impl OnTimer for AwaitReadyTimer {
    fn fired(ctx: Context<'_>) {
        let clients = awaits::take_ready(AT_ONCE);
        catch_panic("unblocking clients of JQ.AWAIT", || {
            clients.into_iter().for_each(BlockedClient::unblock);
            for (location, awaited) in awaits::take_stale() {
                unsubscribe(ctx, &location, &awaited);
            }
        });
        // Clients for which there was no room are unblocked when the timer fires next.
        awaits::set_timers();
    }
}

/// No client awaits `awaited` at `location` any more.
fn unsubscribe(ctx: Context<'_>, location: &Location, awaited: &Awaited) {
    if ctx.select(location.db) {
        let name = OwnedName::new(&location.name);
        if let Key::Occupied(mut value) = Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
            value.queue.unsubscribe(awaited);
        }
    }
}

/// Unblocks clients whose deadline is over and that the server has forgotten, as it does from Redis 7.2 on
/// with clients whose command had to wait for the end of a CLIENT PAUSE.
impl OnTimer for AwaitDeadlineTimer {
    fn fired(_ctx: Context<'_>) {
        let clients = awaits::take_overdue();
        catch_panic("unblocking clients of JQ.AWAIT at their deadline", || {
            clients.into_iter().for_each(BlockedClient::unblock);
        });
        awaits::set_timers();
    }
}

fn reply_to(ctx: Context<'_>, ticket: u64, reply: &mut Writer<'_>) {
    match awaits::take_answer(ticket) {
        Some(Answer::Event(event)) if *event == AwaitEvent::QueueGone => reply_gone(ctx, reply),
        Some(Answer::Event(event)) => reply_event(&event, reply),
        Some(Answer::Present(location, request)) if ctx.select(location.db) => {
            let name = OwnedName::new(&location.name);
            match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
                Key::Occupied(value) => reply_now(&request, &value.queue, reply),
                // A reader of the log may wait for a queue that is not there yet.
                Key::Vacant(_) if matches!(request.awaited, Awaited::Logged(_)) => {
                    reply_now(&request, &Queue::default(), reply);
                }
                Key::Vacant(_) | Key::OtherType => reply_gone(ctx, reply),
            }
        }
        Some(Answer::Present(..)) | None => reply.null(),
    }
}

/// The queue is deleted. In a cluster it may as well have gone to another node, where what is awaited is known: null
/// would say that it is not.
fn reply_gone(ctx: Context<'_>, reply: &mut Writer<'_>) {
    if ctx.flags().cluster() {
        reply.error(Error::gone().as_str());
    } else {
        reply.null();
    }
}
