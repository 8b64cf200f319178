//! One timer for all queues: it is set for the earliest instant at which time changes anything, and not set when
//! there is none.
//!
//! Only a primary acts: what time does is replicated like everything else. While the server must not replicate
//! (clients are paused, a failover is under way) the timer waits; on a replica and while loading it sleeps until the
//! server says that this is over.
//!
//! A tick is bounded by time, not by what is due; what is left is done a millisecond later, after whoever else
//! wants the server. Queues take turns.
//!
//! Queues that listen for expired keys are looked for, too, and told what was kept for them.

use super::alarm::OneTimer;
use super::clock::{self, Stopwatch};
use super::edit::{self, Access};
use super::home::{Home, Value};
use super::registry::{Entry, Registry};
use super::sweep::Sweep;
use super::{guarded, hearing, wakeups};
use crate::queue::Now;
use crate::redis::context::{avoid_replica_traffic, Context};
use crate::redis::name::OwnedName;
use crate::redis::timer::OnTimer;
use lazy_static::lazy_static;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

/// A tick begins no new queue after this. One queue's turn is bounded by itself, to about the same.
const TICK: Duration = Duration::from_micros(500);
/// Queues taken up by one tick.
const BATCH: usize = 64;
/// The timer is never set for later than this, in milliseconds, so that a clock that was set is noticed.
const LONGEST: u64 = 60_000;
/// How long to wait, in milliseconds, when nothing may be replicated, or after an internal error.
const POSTPONED: u64 = 50;
/// Between two looks for homeless values, in milliseconds; and while a search goes on.
const NEXT_LOOK: u64 = 160;
const NEXT_STEP: u64 = 4;

struct State {
    registry: Registry,
    timer: OneTimer<Tick>,
    asleep: bool,
    sweep: Option<Sweep>,
    lag: Lag,
}

/// How late the timer was, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lag {
    pub(super) last: u64,
    pub(super) worst: u64,
}

lazy_static! {
    static ref STATE: Mutex<State> = Mutex::new(State {
        registry: Registry::new(),
        timer: OneTimer::new(),
        asleep: false,
        sweep: None,
        lag: Lag::default(),
    });
}

/// Works on the state. `work` must not call anything of the server that could call back; setting and stopping
/// timers is fine.
fn with<R>(work: impl FnOnce(&mut State) -> R) -> R {
    work(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The queue at `name` in the selected database has changed: makes sure that somebody comes round in time. Costs one
/// comparison if the next due instant is not earlier than it was.
pub(super) fn note(ctx: Context<'_>, name: &[u8], value: &Value) {
    if !value.home.covers(value.due()) || !hearing::knows(value) {
        note_in(ctx.db(), name, value);
    }
}

/// The same for a queue in database `db`.
pub(super) fn note_in(db: i32, name: &[u8], value: &Value) {
    let due = value.due();
    if !value.home.covers(due) {
        list(db, name, &value.home, due);
    }
    if !hearing::knows(value) {
        hearing::list(db, name, value);
        if hearing::has_visits() {
            come_soon();
        }
    }
}

/// Makes the timer fire at the end of this turn of the server's event loop.
pub(super) fn come_soon() {
    with(|state| state.set_in(0));
}

pub(super) fn list(db: i32, name: &[u8], home: &Arc<Home>, due: u64) {
    with(|state| {
        state.registry.list(db, name, home, due);
        state.set_for(due);
    });
}

/// The key of `value` goes away.
pub(super) fn unlinked(db: i32, name: &[u8], value: &Value) {
    if hearing::unlinked(&value.home) || value.home.is_listed() {
        look_for(db, name, &value.home);
    }
}

/// The queue of `home` is not at `name`, where it was listed.
pub(super) fn lost(db: i32, name: &[u8], home: &Arc<Home>) {
    if hearing::unlinked(home) {
        look_for(db, name, home);
    }
}

fn look_for(db: i32, name: &[u8], home: &Arc<Home>) {
    with(|state| {
        if state.registry.unlinked(db, name, home, clock::uptime()) {
            state.set_in(NEXT_LOOK);
        }
    });
}

/// A database, or all of them, is emptied.
pub(super) fn flushed(db: Option<i32>) {
    hearing::flushed(db);
    with(|state| state.registry.flushed(db));
}

/// Two databases change places. A search that is under way begins again.
pub(super) fn swapped(one: i32, other: i32) {
    hearing::swapped(one, other);
    with(|state| {
        state.registry.swapped(one, other);
        state.sweep = None;
    });
}

/// This server is now the primary, has read its files, or its clock was set.
pub(super) fn wake_up() {
    with(|state| {
        state.asleep = false;
        state.timer.stop();
        state.set_again();
    });
}

/// Queues with something due, and how late the timer was. None if the answer would have to be waited for.
pub(super) fn report() -> Option<(usize, Lag)> {
    match STATE.try_lock() {
        Ok(state) => Some((state.registry.len(), state.lag)),
        Err(TryLockError::Poisoned(state)) => {
            let state = state.into_inner();
            Some((state.registry.len(), state.lag))
        }
        Err(TryLockError::WouldBlock) => None,
    }
}

impl State {
    /// Sets the timer for the instant `due`, unless it is set for an earlier one.
    fn set_for(&mut self, due: u64) {
        if let Some(ms) = clock::until(due) {
            self.set_in(ms.min(LONGEST));
        }
    }

    fn set_in(&mut self, ms: u64) {
        if !self.asleep {
            self.timer.set_in(ms);
        }
    }

    /// Sets the timer for whatever is next.
    fn set_again(&mut self) {
        if let Some(due) = self.registry.first_due() {
            self.set_for(due);
        }
        if self.registry.has_homeless() {
            self.set_in(if self.sweep.is_some() { NEXT_STEP } else { NEXT_LOOK });
        }
        if hearing::has_visits() {
            self.set_in(0);
        }
    }
}

/// The timer of [`tick`].
struct Tick;

impl OnTimer for Tick {
    fn fired(ctx: Context<'_>) {
        tick(ctx);
    }
}

/// The timer fires.
fn tick(ctx: Context<'_>) {
    // It has fired: it must not be stopped any more.
    with(|state| state.timer.fired());
    if guarded("the timer", || work(ctx)).is_none() {
        with(|state| state.set_in(POSTPONED));
    }
    wakeups::wake_marked(ctx);
}

fn work(ctx: Context<'_>) {
    let flags = ctx.flags();
    if flags.replica() || flags.loading() {
        with(|state| state.asleep = true);
        return;
    }
    if avoid_replica_traffic() {
        with(|state| state.set_in(POSTPONED));
        return;
    }
    let watch = Stopwatch::start();
    let now = clock::of_timer();
    let mut due = with(|state| state.registry.take_due(now.millis(), BATCH)).into_iter();
    for (due, entry) in due.by_ref() {
        // One at a time: whatever goes wrong with one queue, the others have their time.
        guarded("the timer, for one queue", || look_after(ctx, &entry, due, now));
        if watch.is_over(TICK) {
            break;
        }
    }
    with(|state| due.for_each(|(due, e)| state.registry.list(e.db, &e.name, &e.home, due)));
    hearing::visit_all(ctx);
    search(ctx);
    with(State::set_again);
}

/// Lets time do its part on one queue.
fn look_after(ctx: Context<'_>, entry: &Entry, listed_for: u64, now: Now) {
    let name = OwnedName::new(&entry.name);
    if !ctx.select(entry.db) {
        return;
    }
    // Gone, replaced or of another type by now: the entry was a hint, and a wrong one.
    let edited = edit::decide(ctx, name.lend(), Access::Only(&entry.home), now, |_| ());
    if edited.is_ok_and(|edited| edited.changed) {
        with(|state| state.lag.add(now.millis().saturating_sub(listed_for)));
    }
    // More to do: behind the others who are due.
    if entry.home.due() < now.millis() {
        list(entry.db, &entry.name, &entry.home, now.millis());
    }
}

/// Looks for queues that were renamed or moved while nobody used them.
fn search(ctx: Context<'_>) {
    let now = clock::uptime();
    if !with(|state| state.registry.search_is_due(now)) {
        hearing::prune();
        with(|state| state.sweep = None);
        return;
    }
    for entry in with(|state| state.registry.not_asked_for(now, BATCH)) {
        super::sweep::ask_other_databases(ctx, &entry);
    }
    let mut sweep = with(|state| state.sweep.take()).unwrap_or_default();
    let ended = sweep.step(ctx);
    with(|state| {
        if ended {
            state.registry.searched(now);
        } else {
            state.sweep = Some(sweep);
        }
    });
}

impl Lag {
    fn add(&mut self, ms: u64) {
        self.last = ms;
        self.worst = self.worst.max(ms);
    }
}
