//! Clients that wait for jobs: how they begin to wait, and how each wait ends.
//!
//! ```text
//!   CLAIM BLOCK finds nothing ──► blocked on the key's name, and in line here
//!   any change, tick or new key ──► look(): can somebody be served? mark the place, set a timer of 0 ms
//!   the timer, at the end of this turn of the event loop, or the tick that marked them ──► wake(): call exactly those who
//!     can be served
//!   its time is over and the server does not notice ──► dismiss(): end the wait all the same
//!   called, timed out, CLIENT UNBLOCK ──► answer(): claim, replicate, reply
//!   always the last ──► left(): out of the books; a turn that was not used goes to the next in line
//! ```
//!
//! Why so: serving at once would claim inside other people's transactions; the server's own signal calls every
//! waiter of the key instead of those who can be served, and what its callback changes cannot be replicated
//! safely on Redis 7.0. A timer of 0 ms runs after the command that set it and before anybody gets a reply.
//!
//! On some servers `answer` runs inside `unblock`: nothing is locked or open around that call.

use super::alarm::OneTimer;
use super::clock;
use super::edit::{self, Access, Edited};
use super::ends::end_of;
use super::guarded;
use super::home::Value;
use super::line::{Ahead, Place, Wish};
use super::lines::{Lines, Stage};
use crate::commands::Waiting;
use crate::redis::blocking::{self, BlockedClient, BlocksClients};
use crate::redis::context::{avoid_replica_traffic, Context};
use crate::redis::key::{Key, Mode};
use crate::redis::name::{Name, OwnedName};
use crate::redis::reply::Writer;
use crate::redis::timer::OnTimer;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// So many clients are served before others get their turn with the server, about a millisecond.
const AT_ONCE: usize = 64;
/// How long to wait, in milliseconds, when nothing may be replicated, or after an internal error.
const POSTPONED: u64 = 50;

struct State {
    lines: Lines<BlockedClient, Box<Waiting>, ahash::RandomState>,
    /// Set when somebody may be served.
    wake: OneTimer<WakeClaims>,
    /// Set for the end of the next wait.
    dismiss: OneTimer<DismissClaims>,
}

lazy_static! {
    static ref STATE: Mutex<State> = Mutex::new(State {
        lines: Lines::new(ahash::RandomState::new()),
        wake: OneTimer::new(),
        dismiss: OneTimer::new(),
    });
}

/// The timer of [`wake`].
struct WakeClaims;

impl OnTimer for WakeClaims {
    fn fired(ctx: Context<'_>) {
        wake(ctx);
    }
}

/// The timer of [`dismiss`].
struct DismissClaims;

impl OnTimer for DismissClaims {
    fn fired(_ctx: Context<'_>) {
        dismiss();
    }
}

/// The clients that wait here.
struct BlockedClaims;

impl BlocksClients for BlockedClaims {
    fn key_appeared(ticket: u64) {
        key_appeared(ticket);
    }

    fn reply(ctx: Context<'_>, ticket: u64) {
        answer(ctx, ticket);
    }

    fn left(ticket: u64) {
        left(ticket);
    }
}

/// Clients that wait or have not been let go of: while it is 0, commands need not ask for anything here.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);
/// Clients that were called and found nothing.
static IN_VAIN: AtomicU64 = AtomicU64::new(0);

/// Works on the state. `work` must not call anything of the server that could call back; setting timers is fine.
fn with<R>(work: impl FnOnce(&mut State) -> R) -> R {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut state);
    CLIENTS.store(state.lines.len(), Relaxed);
    result
}

impl State {
    /// Sets the timer if a place was `marked`.
    fn wake_if(&mut self, marked: bool) {
        if marked {
            self.wake.set_in(0);
        }
    }

    fn dismiss_next(&mut self) {
        if let Some(end) = self.lines.first_end() {
            self.dismiss.set_in(end.saturating_sub(clock::uptime()));
        }
    }
}

/// Clients that wait, and how many were called in vain since the start.
pub(super) fn report() -> (usize, u64) {
    (CLIENTS.load(Relaxed), IN_VAIN.load(Relaxed))
}

/// Who is in line at `name` in the selected database, before a client that finds `claimable` jobs.
pub(super) fn ahead(ctx: Context<'_>, name: &[u8], claimable: usize) -> Ahead {
    if CLIENTS.load(Relaxed) == 0 {
        return Ahead::default();
    }
    with(|state| state.lines.ahead(ctx.db(), name, claimable))
}

/// The queue at `name` in the selected database has `claimable` jobs now: makes sure that those in line get them.
pub(super) fn look(ctx: Context<'_>, name: &[u8], claimable: usize) {
    if CLIENTS.load(Relaxed) > 0 {
        with(|state| {
            let marked = state.lines.mark_if_servable(ctx.db(), name, claimable);
            state.wake_if(marked);
        });
    }
}

/// A key appeared under the name this client waits for.
fn key_appeared(ticket: u64) {
    with(|state| {
        let marked = state.lines.mark_place_of(ticket);
        state.wake_if(marked);
    });
}

/// Lets the client of this call wait at `name`.
pub(super) fn wait(ctx: Context<'_>, name: Name<'_>, waiting: Box<Waiting>) {
    let ticket = with(|state| state.lines.next_ticket());
    let Some(client) = blocking::block::<BlockedClaims>(ctx, name, waiting.block, ticket) else {
        return ctx.reply().null();
    };
    let place = Place { db: ctx.db(), name: name.bytes().into() };
    let wish = Wish { least: waiting.least.max(1), most: waiting.count };
    let ends = end_of(clock::uptime(), waiting.block);
    with(|state| {
        state.lines.join(ticket, place, wish, ends, client, waiting);
        state.dismiss_next();
    });
}

/// The timer: calls those who can be served.
fn wake(ctx: Context<'_>) {
    with(|state| state.wake.fired());
    call(ctx);
}

/// A tick is over, which is a timer's doing already: calls at once those whom it has marked. A timer that is set by another
/// one fires a millisecond later.
pub(super) fn wake_marked(ctx: Context<'_>) {
    if CLIENTS.load(Relaxed) > 0 && with(|state| state.wake.is_due()) {
        with(|state| state.wake.stop());
        call(ctx);
    }
}

fn call(ctx: Context<'_>) {
    if avoid_replica_traffic() || guarded("calling those who wait", || call_all(ctx)).is_none() {
        with(|state| state.wake.set_in(POSTPONED));
    }
}

/// The other timer: dismisses those whose time is over and whom the server has forgotten. From Redis 7.2 on it
/// does forget the clients whose command had to wait for the end of a CLIENT PAUSE: it would let them wait for ever.
fn dismiss() {
    with(|state| state.dismiss.fired());
    guarded("dismissing those who wait", || {
        let clients = with(|state| state.lines.take_ended(clock::uptime()));
        clients.into_iter().for_each(BlockedClient::unblock);
    });
    with(State::dismiss_next);
}

fn call_all(ctx: Context<'_>) {
    let mut room = AT_ONCE;
    for place in with(|state| state.lines.take_marked()) {
        // How many is settled before the first of them is called: each call may claim at once.
        let claimable = claimable_at(ctx, &place);
        let clients = with(|state| state.lines.call(&place, claimable, room));
        room = room.saturating_sub(clients.len());
        clients.into_iter().for_each(BlockedClient::unblock);
        // Whoever had no room is called by the next timer.
        with(|state| {
            let marked = state.lines.mark_if_servable(place.db, &place.name, claimable);
            state.wake_if(marked);
        });
    }
}

/// What can be claimed at a place now; 0 if there is no queue.
fn claimable_at(ctx: Context<'_>, place: &Place) -> usize {
    if !ctx.select(place.db) {
        return 0;
    }
    let name = OwnedName::new(&place.name);
    match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
        Key::Occupied(value) => value.queue.claimable(),
        Key::Vacant(_) | Key::OtherType => 0,
    }
}

/// The wait of a client ends: it was called, or its time is over, or somebody told the server to end it.
fn answer(ctx: Context<'_>, ticket: u64) {
    let mut reply = ctx.reply();
    if guarded("serving a client that waited", || serve(ctx, ticket, &mut reply)).is_none() {
        reply.error(super::INTERNAL_ERROR);
    }
}

fn serve(ctx: Context<'_>, ticket: u64, reply: &mut Writer<'_>) {
    let Some((stage, place, waiting)) = with(|state| state.lines.answer(ticket)) else {
        return reply.null();
    };
    // Whoever wanted many at once takes what there is when its time is over.
    let may_claim = stage == Stage::Called || waiting.least > 1;
    let served = may_claim
        && !avoid_replica_traffic()
        && !ctx.flags().replica()
        && ctx.select(place.db)
        && claim(ctx, &place, &waiting, reply);
    if !served {
        if stage == Stage::Called {
            IN_VAIN.fetch_add(1, Relaxed);
        }
        reply.null();
    }
}

/// Claims for a client that waited. False: there was no queue, and nothing is written. What a claim leaves, as it may
/// when payloads are large, is for the next in line, whom the edit wakes.
fn claim(ctx: Context<'_>, place: &Place, waiting: &Waiting, reply: &mut Writer<'_>) -> bool {
    let name = OwnedName::new(&place.name);
    let edited = edit::decide(ctx, name.lend(), Access::Existing, clock::of_timer(), |session| {
        waiting.serve(session, reply);
    });
    match edited {
        Ok(Edited { outcome: Some(()), changed: _ }) => true,
        Ok(Edited { outcome: None, changed: _ }) => {
            reply.error(super::INTERNAL_ERROR);
            true
        }
        Err(_) => false,
    }
}

/// The server has let go of a client.
fn left(ticket: u64) {
    with(|state| {
        let marked = state.lines.left(ticket);
        state.wake_if(marked);
    });
}
