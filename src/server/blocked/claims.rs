//! The clients that are blocked in JQ.CLAIM and JQ.CLAIMANY, as far as no key has to be opened for them: what every change of
//! a queue, and every claim, has to ask.

use super::claim_queue::Demand;
use super::claim_waiters::{ClaimWaiters, WaiterStage};
use super::waiting_workers::WorkerIndex;
use crate::commands::{BlockedClaim, WaitingWorker};
use crate::redis::blocking::BlockedClient;
use crate::redis::context::Context;
use crate::server::clock::{self, Uptime};
use crate::server::earliest_timer::EarliestTimer;
use crate::server::location::Location;
use lazy_static::lazy_static;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The timer that is set when waiters may be served. What happens when it fires stands in the floor above, as
/// for [`ClaimDeadlineTimer`].
pub(in crate::server) struct ClaimWakeTimer;

/// The timer that is set for the first deadline.
pub(in crate::server) struct ClaimDeadlineTimer;

struct ClaimState {
    waiters: ClaimWaiters<BlockedClient, Box<BlockedClaim>, ahash::RandomState>,
    workers: WorkerIndex<ahash::RandomState>,
    wake: EarliestTimer<ClaimWakeTimer>,
    overdue: EarliestTimer<ClaimDeadlineTimer>,
}

lazy_static! {
    static ref CLAIMS: Mutex<ClaimState> = Mutex::new(ClaimState {
        waiters: ClaimWaiters::new(ahash::RandomState::new()),
        workers: WorkerIndex::new(ahash::RandomState::new()),
        wake: EarliestTimer::new(),
        overdue: EarliestTimer::new(),
    });
}
/// Clients that the server has not let go of: while it is 0, commands need not ask for anything here.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);

/// Works on the state. `work` must not call anything of Redis that could call back; setting timers is fine.
fn with<R>(work: impl FnOnce(&mut ClaimState) -> R) -> R {
    let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut claims);
    CLIENTS.store(claims.waiters.len(), Relaxed);
    result
}

impl ClaimState {
    fn set_deadline_timer(&mut self) {
        if let Some(deadline) = self.waiters.first_deadline() {
            self.overdue.set_in(deadline.ms_from(clock::uptime()));
        }
    }
}

/// How many clients are blocked.
pub(in crate::server) fn clients() -> usize {
    CLIENTS.load(Relaxed)
}

/// How many clients wait at `name` in the selected database.
pub(in crate::server) fn waiting_at(ctx: Context<'_>, name: &[u8]) -> usize {
    if clients() == 0 {
        return 0;
    }
    with(|claims| claims.waiters.waiting_at(ctx.db(), name))
}

/// How many of `claimable` jobs belong to clients that wait at `name` in the selected database.
pub(in crate::server) fn promised(ctx: Context<'_>, name: &[u8], claimable: usize) -> usize {
    if clients() == 0 {
        return 0;
    }
    with(|claims| claims.waiters.promised(ctx.db(), name, claimable))
}

/// At most `count` workers whose clients wait at `key` in the selected database, by name, from `name` on.
pub(in crate::server) fn workers_from(
    ctx: Context<'_>,
    key: &[u8],
    name: &[u8],
    count: usize,
) -> Vec<WaitingWorker> {
    if clients() == 0 {
        return Vec::new();
    }
    with(|claims| claims.workers.from(ctx.db(), key, name, count))
}

/// The queue at `name` in the selected database has `claimable` jobs now: ensures that waiters get them.
pub(in crate::server) fn wake(ctx: Context<'_>, name: &[u8], claimable: usize) {
    if clients() > 0 {
        wake_at(ctx.db(), name, claimable);
    }
}

/// The same in database `db`.
pub(in crate::server) fn wake_at(db: i32, name: &[u8], claimable: usize) {
    with(|claims| {
        if claims.waiters.mark_if_servable(db, name, claimable) {
            claims.wake.set_in(0);
        }
    });
}

/// A key appeared under `name`, on which this client is blocked.
pub(in crate::server) fn key_appeared(ticket: u64, name: &[u8]) {
    with(|claims| {
        if claims.waiters.mark_for(ticket, name) {
            claims.wake.set_in(0);
        }
    });
}

/// The ticket for the next client.
pub(in crate::server) fn next_ticket() -> u64 {
    with(|claims| claims.waiters.next_ticket())
}

/// A client is blocked at `locations`, and gets jobs of the first that can give any.
pub(in crate::server) fn insert(
    ticket: u64,
    locations: Vec<Location>,
    demand: Demand,
    deadline: Option<Uptime>,
    client: BlockedClient,
    request: Box<BlockedClaim>,
) {
    let since = clock::of_command().millis();
    with(|claims| {
        for location in &locations {
            claims.workers.insert(ticket, location, &request.options.worker, since);
        }
        claims.waiters.insert(ticket, locations, demand, deadline, client, request);
        claims.set_deadline_timer();
    });
}

/// The timer has fired, and must not be stopped any more.
pub(in crate::server) fn wake_timer_fired() {
    with(|claims| claims.wake.fired());
}

/// Whether the timer would fire now: then it is stopped, and its work is the caller's.
pub(in crate::server) fn take_over_wake_timer() -> bool {
    clients() > 0
        && with(|claims| {
            let is_due = claims.wake.is_due();
            if is_due {
                claims.wake.stop();
            }
            is_due
        })
}

/// Waiters are to be served in `ms`.
pub(in crate::server) fn postpone_wake(ms: u64) {
    with(|claims| claims.wake.set_in(ms));
}

/// The locations where waiters may be served, which stay marked.
pub(in crate::server) fn marked() -> Vec<Arc<Location>> {
    with(|claims| claims.waiters.marked().to_vec())
}

/// The locations where waiters may be served.
pub(in crate::server) fn take_marked() -> Vec<Arc<Location>> {
    with(|claims| claims.waiters.take_marked())
}

/// Grants the jobs that are `claimable` at each location to waiters, in their order, at most to `most` of them.
/// Returns the clients to be unblocked. For the others the timer fires once more.
pub(in crate::server) fn grant(
    claimable: &BTreeMap<Arc<Location>, usize>,
    most: usize,
) -> Vec<BlockedClient> {
    with(|claims| {
        let clients = claims.waiters.grant(claimable, most);
        if claims.waiters.has_marked() {
            claims.wake.set_in(0);
        }
        clients
    })
}

/// The other timer has fired.
pub(in crate::server) fn deadline_timer_fired() {
    with(|claims| claims.overdue.fired());
}

/// The clients whose deadline is over.
pub(in crate::server) fn take_overdue() -> Vec<BlockedClient> {
    with(|claims| claims.waiters.take_overdue(clock::uptime()))
}

/// Sets the timer for the next deadline.
pub(in crate::server) fn set_deadline_timer() {
    with(ClaimState::set_deadline_timer);
}

/// The server does its housekeeping.
pub(in crate::server) fn keep_house() {
    with(|claims| {
        claims.wake.set_if_late();
        claims.overdue.set_if_late();
    });
}

/// The client gets its reply now: how far it had come, where it was granted jobs, or else the first place where
/// it waited, and what it asked for. None if it had one.
pub(in crate::server) fn take_request(
    ticket: u64,
) -> Option<(WaiterStage, Arc<Location>, Box<BlockedClaim>)> {
    with(|claims| {
        claims.workers.remove(ticket);
        claims.waiters.take_request(ticket)
    })
}

/// The server has let go of a client.
pub(in crate::server) fn remove(ticket: u64) {
    with(|claims| {
        claims.workers.remove(ticket);
        if claims.waiters.remove(ticket) {
            claims.wake.set_in(0);
        }
    });
}
