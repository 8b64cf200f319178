//! Clients that wait to hear that a batch has finished or a job has ended.
//!
//! ```text
//!   AWAIT finds it is not over yet ──► the queue is asked to tell; the client is blocked on the key's name
//!   any change: the queue has news ──► deliver(): those who wait for them are called, a timer of 0 ms is set
//!   the timer, at the end of this turn of the event loop ──► call(): a few of them at a time are let go
//!   let go, timed out, CLIENT UNBLOCK ──► answer(): the news, or what is known now
//!   always the last ──► left(): out of the books
//! ```
//!
//! Nothing is replicated here, so all of this works on replicas too, and while clients are paused. A listener costs
//! something only when what it waits for happens.

use super::alarm::OneTimer;
use super::audience::{Answer, Audience};
use super::ends::end_of;
use super::home::Value;
use super::line::Place;
use super::{clock, guarded};
use crate::commands::awaits::{present, tell};
use crate::commands::reply::Reply;
use crate::commands::Await;
use crate::queue::Awaited;
use crate::redis::blocking::{self, BlockedClient, BlocksClients};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::{Name, OwnedName};
use crate::redis::timer::OnTimer;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// So many clients are answered before others get their turn with the server, about a millisecond.
const AT_ONCE: usize = 64;

struct State {
    audience: Audience<BlockedClient, ahash::RandomState>,
    /// Set when somebody is to be let go.
    call: OneTimer<CallAwaits>,
    /// Set for the end of the next wait.
    dismiss: OneTimer<DismissAwaits>,
}

lazy_static! {
    static ref STATE: Mutex<State> = Mutex::new(State {
        audience: Audience::new(ahash::RandomState::new()),
        call: OneTimer::new(),
        dismiss: OneTimer::new(),
    });
}

/// The timer of [`call`].
struct CallAwaits;

impl OnTimer for CallAwaits {
    fn fired(ctx: Context<'_>) {
        call(ctx);
    }
}

/// The timer of [`dismiss`].
struct DismissAwaits;

impl OnTimer for DismissAwaits {
    fn fired(_ctx: Context<'_>) {
        dismiss();
    }
}

/// The clients that wait here.
struct BlockedAwaits;

impl BlocksClients for BlockedAwaits {
    /// A new queue of that name is not the one that was waited for.
    fn key_appeared(_ticket: u64) {}

    fn reply(ctx: Context<'_>, ticket: u64) {
        answer(ctx, ticket);
    }

    fn left(ticket: u64) {
        left(ticket);
    }
}

/// Clients that wait or have not been let go of.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);

/// Works on the state, then sets the timers that are needed. `work` must not call anything of the server that could
/// call back.
fn with<R>(work: impl FnOnce(&mut State) -> R) -> R {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut state);
    CLIENTS.store(state.audience.len(), Relaxed);
    if state.audience.has_work() {
        state.call.set_in(0);
    }
    if let Some(end) = state.audience.first_end() {
        state.dismiss.set_in(end.saturating_sub(clock::uptime()));
    }
    result
}

/// Clients that wait.
pub(super) fn report() -> usize {
    CLIENTS.load(Relaxed)
}

/// Lets the client of this call wait at `name`, where the queue is `value`.
pub(super) fn wait(ctx: Context<'_>, name: Name<'_>, request: &Await) {
    let ticket = with(|state| state.audience.next_ticket());
    let Some(client) = blocking::block::<BlockedAwaits>(ctx, name, request.block, ticket) else {
        return ctx.reply().null();
    };
    let place = Place { db: ctx.db(), name: name.bytes().into() };
    let ends = end_of(clock::uptime(), request.block);
    with(|state| state.audience.join(ticket, place, request.awaited.clone(), ends, client));
}

/// The queue at `name` in the selected database has changed: tells those whom it concerns. Costs one comparison if
/// nobody waits for anything of it.
pub(super) fn deliver(ctx: Context<'_>, name: &[u8], value: &mut Value) {
    if !value.queue.has_subscribers() {
        return;
    }
    let news = value.queue.take_news();
    if !news.is_empty() {
        let db = ctx.db();
        with(|state| {
            for (awaited, news) in news {
                state.audience.tell(db, name, &awaited, news);
            }
        });
    }
}

/// The key of a queue goes away; the queue may live on under another name, with nobody who waits.
pub(super) fn unlinked(db: i32, name: &[u8], value: &Value) {
    if value.queue.has_subscribers() {
        value.home.left_its_audience();
        with(|state| state.audience.vanished(db, name));
    }
}

/// To be called before what a queue knows of its audience is relied upon.
pub(super) fn catch_up(value: &mut Value) {
    if value.queue.has_subscribers() && value.home.has_left_its_audience() {
        value.queue.unsubscribe_all();
    }
}

/// A database, or all of them, is emptied.
pub(super) fn flushed(db: Option<i32>) {
    with(|state| state.audience.emptied(db));
}

/// Two databases change places.
pub(super) fn swapped(one: i32, other: i32) {
    with(|state| state.audience.swapped(one, other));
}

/// The timer: lets those go who were called, and queues know what nobody waits for any more.
fn call(ctx: Context<'_>) {
    let clients = {
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        state.call.fired();
        state.audience.take_called(AT_ONCE)
    };
    guarded("calling those who wait for news", || {
        clients.into_iter().for_each(BlockedClient::unblock);
        for (place, awaited) in with(|state| state.audience.take_stale()) {
            forget(ctx, &place, &awaited);
        }
    });
    // Whoever had no room is called by the next timer.
    with(|_| ());
}

/// Nobody waits for `awaited` at `place` any more.
fn forget(ctx: Context<'_>, place: &Place, awaited: &Awaited) {
    if ctx.select(place.db) {
        let name = OwnedName::new(&place.name);
        if let Key::Occupied(mut value) = Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
            value.queue.unsubscribe(awaited);
        }
    }
}

/// The other timer: dismisses those whose time is over and whom the server has forgotten, as it does from Redis 7.2
/// on with clients whose command had to wait for the end of a CLIENT PAUSE.
fn dismiss() {
    let clients = {
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        state.dismiss.fired();
        state.audience.take_ended(clock::uptime())
    };
    guarded("dismissing those who wait for news", || clients.into_iter().for_each(BlockedClient::unblock));
    with(|_| ());
}

/// The wait of a client ends: it was called, or its time is over, or somebody told the server to end it.
fn answer(ctx: Context<'_>, ticket: u64) {
    let mut reply = ctx.reply();
    if guarded("answering a client that waited for news", || reply_to(ctx, ticket, &mut reply)).is_none() {
        reply.error(super::INTERNAL_ERROR);
    }
}

fn reply_to(ctx: Context<'_>, ticket: u64, reply: &mut dyn Reply) {
    match with(|state| state.audience.answer(ticket)) {
        Some(Answer::AwaitEvent(news)) => tell(&news, reply),
        Some(Answer::Present(place, awaited)) if ctx.select(place.db) => {
            let name = OwnedName::new(&place.name);
            match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
                Key::Occupied(value) => present(&awaited, &value.queue, reply),
                Key::Vacant(_) | Key::OtherType => reply.null(),
            }
        }
        _ => reply.null(),
    }
}

/// The server has let go of a client.
fn left(ticket: u64) {
    with(|state| state.audience.left(ticket));
}
