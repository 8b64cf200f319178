//! Serves clients that are blocked in JQ.CLAIM and JQ.CLAIMANY: how they come to be blocked, and how that ends for each.
//!
//! ```text
//!   CLAIM BLOCK finds nothing ──► block(): blocked on the names of its keys, and inserted as a waiter at each
//!   any change, tick or new key ──► can a waiter be served? its location is marked, a timer of 0 ms is set
//!   the timer, at the end of this iteration of the event loop, or the tick that marked it
//!     ──► jobs are granted in the order of the waiters, and exactly those clients are unblocked
//!   the deadline is over and the server does not notice ──► the client is unblocked all the same
//!   granted, timed out, CLIENT UNBLOCK ──► reply(): claim, replicate, reply
//!   always the last ──► left(): the waiter is removed; a grant without a reply goes to the next
//! ```
//!
//! Why so: serving at once would claim inside other people's transactions; the server's own signal wakes
//! every waiter of the key instead of those that can be served, and what its callback changes cannot be
//! replicated safely on Redis 7.0. A timer of 0 ms fires after the command that set it and before any client
//! gets a reply.
//!
//! A client that is unblocked by CLIENT UNBLOCK gets null, also when it would take what there is at the end of its time:
//! the server would replicate the command that had jobs claimed, and a replica unblock a client of its own. So the timer
//! of the module, which is not in a command, ends the time of such clients, and the server gets a later one.
//!
//! A claim is a write. While the server refuses those of clients, because it has too few replicas or its disk fails, it
//! does not serve the clients that are blocked either. What time does goes on, as keys go on expiring.
//!
//! On some servers `reply` runs inside `unblock`: nothing is locked or open around that call.

use super::write_refusal::refuses_writes;
use super::POSTPONED;
use crate::commands::BlockedClaim;
use crate::redis::blocking::{self, BlockedClient, BlocksClients};
use crate::redis::cluster::serves_slot_of;
use crate::redis::context::{avoid_replica_traffic, Context};
use crate::redis::key::{Key, Mode};
use crate::redis::name::{Name, OwnedName};
use crate::redis::reply::Writer;
use crate::redis::timer::OnTimer;
use crate::server::blocked::claims::{self, ClaimDeadlineTimer, ClaimWakeTimer};
use crate::server::blocked::{deadline, Demand, WaiterStage};
use crate::server::clock;
use crate::server::edit::{self, Access, Edited};
use crate::server::location::Location;
use crate::server::panics::{catch_panic, INTERNAL_ERROR};
use crate::server::value::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// So many clients are served before others have the server, about a millisecond.
const AT_ONCE: usize = 64;

/// How much later, in milliseconds, the server itself ends the time of a client that takes what there is then.
const SERVER_IS_LATER: u64 = 10_000;

/// Clients that were granted jobs and found none.
static SPURIOUS_WAKEUPS: AtomicU64 = AtomicU64::new(0);

pub(in crate::server) fn spurious_wakeups() -> u64 {
    SPURIOUS_WAKEUPS.load(Relaxed)
}

/// Blocks the client of this call at `names`, until one of the queues there can give it jobs.
pub(in crate::server) fn block(ctx: Context<'_>, names: &[Name<'_>], waiting: Box<BlockedClaim>) {
    let ticket = claims::next_ticket();
    let later = if waiting.min > 1 { SERVER_IS_LATER } else { 0 };
    let Some(client) = blocking::block::<BlockedClaims>(ctx, names, waiting.block + later, ticket) else {
        return ctx.reply().null();
    };
    let db = ctx.db();
    let locations = names.iter().map(|name| Location { db, name: name.bytes().into() }).collect();
    let demand = Demand { min: waiting.min.max(1), max: waiting.options.count };
    claims::insert(ticket, locations, demand, deadline(clock::uptime(), waiting.block), client, waiting);
}

/// The clients that are blocked here.
struct BlockedClaims;

impl BlocksClients for BlockedClaims {
    fn key_appeared(ticket: u64, name: &[u8]) {
        claims::key_appeared(ticket, name);
    }

    fn reply(ctx: Context<'_>, ticket: u64) {
        let mut reply = ctx.reply();
        if catch_panic("serving a blocked client", || serve(ctx, ticket, &mut reply)).is_none() {
            reply.error(INTERNAL_ERROR);
        }
    }

    fn left(ticket: u64) {
        claims::remove(ticket);
    }
}

impl OnTimer for ClaimWakeTimer {
    fn fired(ctx: Context<'_>) {
        claims::wake_timer_fired();
        grant(ctx);
    }
}

/// A tick of the other timer is over: serves at once the waiters that it has marked, because a timer that is
/// set by another one fires a millisecond later.
pub(super) fn serve_marked(ctx: Context<'_>) {
    if claims::take_over_wake_timer() {
        grant(ctx);
    }
}

fn grant(ctx: Context<'_>) {
    let is_refused = avoid_replica_traffic() || refuses_writes(marked_here);
    if is_refused || catch_panic("unblocking clients", || grant_marked(ctx)).is_none() {
        claims::postpone_wake(POSTPONED);
    }
}

/// A queue that may serve a waiter, in a slot of this node.
fn marked_here() -> Option<Arc<Location>> {
    claims::marked().into_iter().find(|location| serves_slot_of(OwnedName::new(&location.name).lend()))
}

fn grant_marked(ctx: Context<'_>) {
    let claimable: BTreeMap<_, _> = claims::take_marked()
        .into_iter()
        .map(|location| {
            let jobs = claimable_at(ctx, &location);
            (location, jobs)
        })
        .collect();
    // All is granted before the first client is unblocked: each may claim at once.
    claims::grant(&claimable, AT_ONCE).into_iter().for_each(BlockedClient::unblock);
}

/// How many jobs can be claimed at a location now; 0 if there is no queue, or another node serves its slot, to which
/// the server redirects the clients.
fn claimable_at(ctx: Context<'_>, location: &Location) -> usize {
    if !ctx.select(location.db) {
        return 0;
    }
    let name = OwnedName::new(&location.name);
    if !serves_slot_of(name.lend()) {
        return 0;
    }
    match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
        // A client that is unblocked for expired jobs would find nothing. The timer is about to remove them.
        Key::Occupied(value) if value.queue.is_next_expired(clock::of_timer()) => 0,
        Key::Occupied(value) => value.queue.claimable(),
        Key::Vacant(_) | Key::OtherType => 0,
    }
}

/// Unblocks clients whose deadline is over: those that take what there is then, and those that the server has forgotten,
/// as it does from Redis 7.2 on with clients whose command had to wait for the end of a CLIENT PAUSE.
impl OnTimer for ClaimDeadlineTimer {
    fn fired(_ctx: Context<'_>) {
        claims::deadline_timer_fired();
        catch_panic("unblocking clients at their deadline", || {
            claims::take_overdue().into_iter().for_each(BlockedClient::unblock);
        });
        claims::set_deadline_timer();
    }
}

fn serve(ctx: Context<'_>, ticket: u64, reply: &mut Writer<'_>) {
    let Some((stage, location, waiting)) = claims::take_request(ticket) else {
        return reply.null();
    };
    let may_claim = match stage {
        WaiterStage::Granted => true,
        // A client that wants many at once takes what there is when its time is over.
        WaiterStage::Overdue => waiting.min > 1 && !refuses_writes(|| Some(Arc::clone(&location))),
        WaiterStage::Waiting | WaiterStage::Replied => false,
    };
    let served = may_claim
        && !avoid_replica_traffic()
        && !ctx.flags().replica()
        && ctx.select(location.db)
        && claim(ctx, &location, &waiting, reply);
    if !served {
        if stage == WaiterStage::Granted {
            SPURIOUS_WAKEUPS.fetch_add(1, Relaxed);
        }
        reply.null();
    }
}

/// Claims for a client that was blocked. False: there was no queue, and nothing is written. What a claim
/// leaves, as it may when payloads are large, is for the next waiter, whom the edit wakes.
fn claim(ctx: Context<'_>, location: &Location, waiting: &BlockedClaim, reply: &mut Writer<'_>) -> bool {
    let name = OwnedName::new(&location.name);
    if !serves_slot_of(name.lend()) {
        return false;
    }
    let edited = edit::decide(ctx, name.lend(), Access::Existing, clock::of_timer(), |session| {
        waiting.serve(&location.name, session, reply);
    });
    match edited {
        Ok(Edited { outcome: Some(()), changed: _ }) => true,
        Ok(Edited { outcome: None, changed: _ }) => {
            reply.error(INTERNAL_ERROR);
            true
        }
        Err(_) => false,
    }
}
