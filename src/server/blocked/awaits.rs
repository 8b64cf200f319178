//! The clients that are blocked in JQ.AWAIT and JQ.EVENTS, as far as no key has to be opened for them: what every change of
//! a queue has to deliver.

use super::await_index::{Answer, AwaitIndex};
use crate::commands::AwaitRequest;
use crate::queue::Awaited;
use crate::redis::blocking::BlockedClient;
use crate::redis::context::Context;
use crate::server::clock::{self, Uptime};
use crate::server::earliest_timer::EarliestTimer;
use crate::server::location::Location;
use crate::server::value::Value;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The timer that is set when clients are to be unblocked. What happens when it fires stands in the floor
/// above, as for [`AwaitDeadlineTimer`].
pub(in crate::server) struct AwaitReadyTimer;

/// The timer that is set for the first deadline.
pub(in crate::server) struct AwaitDeadlineTimer;

struct AwaitState {
    index: AwaitIndex<BlockedClient, ahash::RandomState>,
    ready: EarliestTimer<AwaitReadyTimer>,
    overdue: EarliestTimer<AwaitDeadlineTimer>,
}

lazy_static! {
    static ref AWAITS: Mutex<AwaitState> = Mutex::new(AwaitState {
        index: AwaitIndex::new(ahash::RandomState::new()),
        ready: EarliestTimer::new(),
        overdue: EarliestTimer::new(),
    });
}
/// Clients that the server has not let go of.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);

/// Works on the state, then sets the timers that are needed. `work` must not call anything of Redis that
/// could call back.
fn with<R>(work: impl FnOnce(&mut AwaitState) -> R) -> R {
    let mut awaits = AWAITS.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut awaits);
    CLIENTS.store(awaits.index.len(), Relaxed);
    if awaits.index.has_work() {
        awaits.ready.set_in(0);
    }
    if let Some(deadline) = awaits.index.first_deadline() {
        awaits.overdue.set_in(deadline.ms_from(clock::uptime()));
    }
    result
}

/// How many clients are blocked.
pub(in crate::server) fn clients() -> usize {
    CLIENTS.load(Relaxed)
}

/// The ticket for the next client.
pub(in crate::server) fn next_ticket() -> u64 {
    with(|awaits| awaits.index.next_ticket())
}

/// A client is blocked at `location`.
pub(in crate::server) fn insert(
    ticket: u64,
    location: Location,
    request: AwaitRequest,
    deadline: Option<Uptime>,
    client: BlockedClient,
) {
    with(|awaits| awaits.index.insert(ticket, location, request, deadline, client));
}

/// A key has appeared under the name on which a client is blocked.
pub(in crate::server) fn key_appeared(ticket: u64) {
    with(|awaits| awaits.index.key_appeared(ticket));
}

/// The queue at `name` in the selected database has changed: clients that await what has happened are to be
/// unblocked. Costs one comparison if no client awaits anything of it.
pub(in crate::server) fn deliver(ctx: Context<'_>, name: &[u8], value: &mut Value) {
    if !value.queue.has_subscribers() {
        return;
    }
    let events = value.queue.take_await_events();
    if !events.is_empty() {
        let db = ctx.db();
        with(|awaits| {
            for (awaited, event) in events {
                awaits.index.deliver(db, name, &awaited, event);
            }
        });
    }
}

/// The key of a queue goes away. The queue may live on under another name, where no client waits.
pub(in crate::server) fn unlinked(db: i32, name: &[u8], value: &Value) {
    if value.queue.has_subscribers() {
        value.handle.leave_awaits_behind();
        with(|awaits| awaits.index.unlinked(db, name));
    }
}

/// Has a queue that left its clients behind forget them. To be called before what a queue knows of its
/// clients matters.
pub(in crate::server) fn catch_up(value: &mut Value) {
    if value.queue.has_subscribers() && value.handle.take_left_awaits_behind() {
        value.queue.unsubscribe_all();
    }
}

/// A database, or all of them (None), is emptied.
pub(in crate::server) fn flushed(db: Option<i32>) {
    with(|awaits| awaits.index.flushed(db));
}

/// Two databases change places.
pub(in crate::server) fn swapped(one: i32, other: i32) {
    with(|awaits| awaits.index.swapped(one, other));
}

/// The timer has fired: takes at most `most` of the clients that are to be unblocked.
pub(in crate::server) fn take_ready(most: usize) -> Vec<BlockedClient> {
    // Not by `with`, which would set the timer for the rest before these are unblocked.
    let mut awaits = AWAITS.lock().unwrap_or_else(PoisonError::into_inner);
    awaits.ready.fired();
    awaits.index.take_ready(most)
}

/// The other timer has fired: takes the clients whose deadline is over.
pub(in crate::server) fn take_overdue() -> Vec<BlockedClient> {
    let mut awaits = AWAITS.lock().unwrap_or_else(PoisonError::into_inner);
    awaits.overdue.fired();
    awaits.index.take_overdue(clock::uptime())
}

/// The server does its housekeeping.
pub(in crate::server) fn keep_house() {
    with(|awaits| {
        awaits.ready.set_if_late();
        awaits.overdue.set_if_late();
    });
}

/// Sets the timers for what is left.
pub(in crate::server) fn set_timers() {
    with(|_| ());
}

/// What is awaited no more at locations where queues may think it is.
pub(in crate::server) fn take_stale() -> Vec<(Location, Awaited)> {
    with(|awaits| awaits.index.take_stale())
}

/// The client gets its reply now. None if it had one.
pub(in crate::server) fn take_answer(ticket: u64) -> Option<Answer> {
    with(|awaits| awaits.index.take_answer(ticket))
}

/// The server has let go of a client.
pub(in crate::server) fn remove(ticket: u64) {
    with(|awaits| awaits.index.remove(ticket));
}
