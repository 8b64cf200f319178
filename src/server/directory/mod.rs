//! The directory: where each live queue is that has something due, or expiry rules, and the timer that is set
//! for the earliest of them.
//!
//! - [`due`]: the queues by the instant at which time changes them.
//! - [`expiry_rules`]: the queues by the prefixes of keys whose expiry they turn into jobs.
//! - [`unlocated`]: those whose key went away without their being freed. [`search`]: how they are found
//!   again.
//!
//! Redis names a key when a queue is loaded, copied, changed or unlinked; from that it is known where the
//! queue is. Locations are hints all the same: who opens the key compares the handle of the value found
//! there. Keys are opened by the floors above ([`super::background`]); this only says which, and sets the
//! timer.

mod due;
mod expiry_rules;
mod search;
mod unlocated;

pub(super) use due::Entry;
pub(super) use expiry_rules::Subscriber;
pub(super) use search::{KeySearch, SearchProgress};

use super::clock::{self, Uptime};
use super::earliest_timer::EarliestTimer;
use super::key_handle::{self, KeyHandle};
use super::value::Value;
use crate::queue::UnixMs;
use crate::redis::context::{is_replica, Context};
use crate::redis::event_loop::{self, OnCalled};
use crate::redis::keyspace::has_post_notification_jobs;
use due::DueIndex;
use expiry_rules::ExpirySubscriptions;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use unlocated::{MaybeMoved, Unlocated};

/// The timer is never set for later than this, in milliseconds, so that a clock that was set is noticed.
const LONGEST: u64 = 60_000;
/// In milliseconds: when to search after a key went away, and when to go on with a search.
const NEXT_SEARCH: u64 = 160;
const NEXT_SEARCH_STEP: u64 = 4;

/// The timer that is set here. What happens when it fires stands where keys are opened, in
/// [`super::background`].
pub(super) struct DueTimer;

struct Directory {
    due: DueIndex,
    expiry_rules: ExpirySubscriptions,
    unlocated: Unlocated,
    /// The search that is under way.
    search: Option<KeySearch>,
    timer: EarliestTimer<DueTimer>,
    is_asleep: bool,
    /// All queues of the due index are visited, from this handle on: the clock was set back.
    visit_from: Option<u64>,
    /// Handles of values that are gone are dropped, from this one on.
    drop_freed_from: Option<u64>,
    /// Since when this server could act: nothing is late that was due before.
    acting_since: UnixMs,
    /// Both clocks when the timer fired last: where they part, the wall clock was set.
    fired_at: (UnixMs, Uptime),
    lag: Lag,
}

/// How late the timer was, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lag {
    pub(super) last: u64,
    pub(super) worst: u64,
}

lazy_static! {
    static ref DIRECTORY: Mutex<Directory> = Mutex::new(Directory {
        due: DueIndex::default(),
        expiry_rules: ExpirySubscriptions::default(),
        unlocated: Unlocated::new(),
        search: None,
        timer: EarliestTimer::new(),
        is_asleep: false,
        visit_from: None,
        drop_freed_from: None,
        acting_since: clock::of_timer().unix_ms(),
        fired_at: (clock::of_timer().unix_ms(), clock::uptime()),
        lag: Lag::default(),
    });
}
/// Queues with expiry rules: while it is 0, an expired key costs one comparison.
static WITH_EXPIRY_RULES: AtomicUsize = AtomicUsize::new(0);

/// Works on the directory. `work` must not call anything of Redis that could call back; setting and stopping
/// timers is fine.
fn with<R>(work: impl FnOnce(&mut Directory) -> R) -> R {
    let mut directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut directory);
    WITH_EXPIRY_RULES.store(directory.expiry_rules.len(), Relaxed);
    result
}

/// The queue at `name` in the selected database has changed: ensures that the timer fires when something is
/// due. Costs two comparisons if the next due instant is not earlier than it was and the expiry rules are the
/// same.
pub(super) fn schedule(ctx: Context<'_>, name: &[u8], value: &Value) {
    if !value.handle.covers(value.due()) || !has_rules_of(value) {
        found(ctx.db(), name, value);
    }
}

/// A queue is at `name` in database `db`: loaded, copied, changed there, or found by a search.
pub(super) fn found(db: i32, name: &[u8], value: &Value) {
    let due = value.due();
    if !value.handle.covers(due) {
        set_due(db, name, &value.handle, due);
    }
    set_expiry_rules(db, name, value);
}

/// Whether the directory should know where this queue is and does not.
pub(super) fn is_unknown(value: &Value) -> bool {
    (!value.handle.is_indexed() && value.due().is_some()) || !has_rules_of(value)
}

/// A queue that has had its share of the timer goes behind all others that are due `now`.
pub(super) fn put_behind(entry: &Entry, now: UnixMs) {
    if entry.handle.due().is_some_and(|due| due < now) {
        set_due(entry.location.db, &entry.location.name, &entry.handle, Some(now));
    }
}

/// A queue that the timer has taken is visited again at `instant`, whatever is due in it.
pub(super) fn visit_at(entry: &Entry, instant: UnixMs) {
    set_due(entry.location.db, &entry.location.name, &entry.handle, Some(instant));
}

/// Puts queues back that the timer had no time for.
pub(super) fn put_back(entries: impl Iterator<Item = (UnixMs, Entry)>) {
    for (due, Entry { location, handle }) in entries {
        set_due(location.db, &location.name, &handle, Some(due));
    }
}

fn set_due(db: i32, name: &[u8], handle: &Arc<KeyHandle>, due: Option<UnixMs>) {
    with(|directory| {
        directory.due.set(db, name, handle, due);
        if let Some(due) = due {
            directory.set_timer_for(due);
        }
    });
}

/// Whether the directory has the expiry rules of this queue as they are.
fn has_rules_of(value: &Value) -> bool {
    value.handle.has_rules_version(value.queue.expiry_rules().version())
}

fn set_expiry_rules(db: i32, name: &[u8], value: &Value) {
    if has_rules_of(value) {
        return;
    }
    let (rules, handle) = (value.queue.expiry_rules(), &value.handle);
    with(|directory| {
        let prefixes = rules.iter().map(|(prefix, _)| prefix);
        directory.expiry_rules.set(db, name, handle, rules.version(), prefixes);
        // Asked only now, since setting rules forgets what was known of the TTL.
        let must_know_ttl = !has_post_notification_jobs() && !handle.has_no_ttl();
        if must_know_ttl || handle.has_postponed() {
            directory.expiry_rules.request_opening(handle);
        }
        if directory.expiry_rules.has_queues_to_open() {
            directory.timer_set_in(0);
        }
    });
}

/// The key of `value` goes away.
pub(super) fn unlinked(name: &[u8], value: &Value) {
    let handle = &value.handle;
    if WITH_EXPIRY_RULES.load(Relaxed) > 0 || handle.is_indexed() {
        with(|directory| {
            let had_rules = directory.expiry_rules.unlinked(handle);
            if had_rules || handle.is_indexed() {
                directory.lose(name, handle);
            }
        });
    }
}

/// A queue with expiry rules is not at `name`, where it was said to be.
pub(super) fn missing(name: &[u8], handle: &Arc<KeyHandle>) {
    with(|directory| {
        if directory.expiry_rules.unlinked(handle) {
            directory.lose(name, handle);
        }
    });
}

/// A database, or all of them (None), is emptied.
pub(super) fn flushed(db: Option<i32>) {
    with(|directory| {
        directory.due.flushed(db);
        directory.expiry_rules.flushed(db);
    });
}

/// Two databases change places. A search that is under way begins again.
pub(super) fn swapped(one: i32, other: i32) {
    with(|directory| {
        directory.due.swapped(one, other);
        directory.expiry_rules.swapped(one, other);
        directory.search = None;
    });
}

/// How many queues have expiry rules.
pub(super) fn with_expiry_rules() -> usize {
    WITH_EXPIRY_RULES.load(Relaxed)
}

/// The queues that are to get the expired key `name` of database `db`.
pub(super) fn subscribers(db: i32, name: &[u8]) -> Vec<Subscriber> {
    with(|directory| directory.expiry_rules.subscribers(db, name))
}

/// The timer is to open the queue of `handle` soon: keys are postponed for it.
pub(super) fn request_opening(handle: &KeyHandle) {
    with(|directory| {
        directory.expiry_rules.request_opening(handle);
        directory.timer_set_in(0);
    });
}

/// The TTL of the key at `name` was set or taken away. If it is a queue with expiry rules, the timer finds
/// out whether it has a TTL.
pub(super) fn ttl_changed(db: i32, name: &[u8]) {
    with(|directory| {
        if let Some(handle) = directory.expiry_rules.at(db, name).map(Arc::clone) {
            handle.forget_ttl();
            directory.expiry_rules.request_opening(&handle);
            directory.timer_set_in(0);
        }
    });
}

/// Takes the queues that are to be opened because of their expiry rules.
pub(super) fn take_queues_to_open() -> Vec<Entry> {
    with(|directory| directory.expiry_rules.take_queues_to_open())
}

/// Takes the queues that are due at `now`, or to be visited because the clock was set back, at most `most`, each with
/// its due instant.
pub(super) fn take_due(now: UnixMs, most: usize) -> Vec<(UnixMs, Entry)> {
    with(|directory| {
        let mut taken = directory.due.take_due(now, most);
        if let Some(from) = directory.visit_from {
            let (visited, rest) = directory.due.take_from(from, most.saturating_sub(taken.len()));
            directory.visit_from = rest;
            taken.extend(visited.into_iter().map(|entry| (now, entry)));
        }
        taken
    })
}

/// The timer has fired, and must not be stopped any more.
pub(super) fn timer_fired() {
    with(|directory| directory.timer.fired());
}

/// Sets the timer for whatever is next.
pub(super) fn set_timer() {
    with(Directory::set_timer);
}

/// Sets the timer for `ms` from now, unless it is set for an earlier instant.
pub(super) fn set_timer_in(ms: u64) {
    with(|directory| directory.timer_set_in(ms));
}

/// The timer is not set again until [`resume`] is called.
pub(super) fn sleep() {
    with(|directory| directory.is_asleep = true);
}

/// This server is now the primary, has read its files, or its clock was set.
pub(super) fn resume() {
    with(|directory| {
        directory.is_asleep = false;
        directory.acting_since = clock::of_timer().unix_ms();
        directory.timer.stop();
        directory.set_timer();
    });
    watch_clock();
}

/// The server does its housekeeping. The timer alone would not do: the server's timers are set by the very clock that
/// may have been set back.
pub(super) fn keep_house() {
    watch_clock();
    with(Directory::drop_freed);
}

/// Where the clock was set back all queues that time changes are visited, and find that out for themselves. A replica
/// does so when it is promoted.
fn watch_clock() {
    if !is_replica() && clock::was_set_back() {
        with(|directory| {
            directory.visit_from = Some(0);
            directory.timer.stop();
            directory.timer_set_in(0);
        });
    }
}

/// Whether queues are still to be visited because the clock was set back.
pub(super) fn is_visiting() -> bool {
    with(|directory| directory.visit_from.is_some())
}

/// More is due than the timer has had time for: it goes on when all clients that want something were served once.
pub(super) fn go_on() {
    let is_due = with(|directory| directory.is_due(clock::of_timer().unix_ms()));
    if is_due {
        event_loop::call_soon::<DueTimer>();
    }
}

impl OnCalled for DueTimer {
    fn called() {
        with(|directory| {
            // It is set for the next millisecond, since timers set by timers are.
            directory.timer.stop();
            directory.timer_set_in(0);
        });
    }
}

/// The timer has work, at `now`. If the wall clock has jumped since it fired last, nothing was late before.
pub(super) fn note_clocks(now: UnixMs) {
    /// Clocks that are slewed part by less, in milliseconds.
    const JUMP: u64 = 1000;
    let uptime = clock::uptime();
    with(|directory| {
        let (wall, up) = std::mem::replace(&mut directory.fired_at, (now, uptime));
        let expected = wall.0.saturating_add(uptime.ms_from(up));
        if now.0.abs_diff(expected) > JUMP {
            directory.acting_since = now;
        }
    });
}

/// At `now` this server may not act yet.
pub(super) fn note_idle(now: UnixMs) {
    with(|directory| directory.acting_since = now);
}

/// The timer came at `now` to a queue that was `due`.
pub(super) fn note_lag(due: UnixMs, now: UnixMs) {
    with(|directory| {
        let late = now.0.saturating_sub(due.max(directory.acting_since).0);
        directory.lag.last = late;
        directory.lag.worst = directory.lag.worst.max(late);
    });
}

/// How many queues have something due, and how late the timer was. None if the answer would have to be waited
/// for.
pub(super) fn report() -> Option<(usize, Lag)> {
    let of = |directory: &Directory| (directory.due.len(), directory.lag);
    match DIRECTORY.try_lock() {
        Ok(directory) => Some(of(&directory)),
        Err(TryLockError::Poisoned(directory)) => Some(of(&directory.into_inner())),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A step of the search for unlocated queues, if one is due: what may just have been moved to another
/// database, and the search as far as it has come. None: there is nothing to search for.
pub(super) fn take_search(now: Uptime, most: usize) -> Option<(Vec<MaybeMoved>, KeySearch)> {
    with(|directory| {
        if !directory.unlocated.search_is_due(now) {
            directory.expiry_rules.prune();
            directory.search = None;
            return None;
        }
        let maybe_moved = directory.unlocated.take_maybe_moved(now, most);
        Some((maybe_moved, directory.search.take().unwrap_or_default()))
    })
}

/// A step of the search has been done.
pub(super) fn searched(search: KeySearch, progress: SearchProgress, now: Uptime) {
    with(|directory| match progress {
        SearchProgress::Ongoing => directory.search = Some(search),
        SearchProgress::Done => directory.unlocated.searched(now),
    });
}

impl Directory {
    /// Whether the timer has something to do at `now`.
    fn is_due(&self, now: UnixMs) -> bool {
        self.visit_from.is_some() || self.due.first().is_some_and(|due| due <= now)
    }

    /// Drops what is known of values that went without a word, as when a slot is dropped as a whole: some handles at a
    /// time, and only after such a value was freed.
    fn drop_freed(&mut self) {
        const AT_ONCE: usize = 1000;
        if self.drop_freed_from.is_none() && key_handle::take_left_behind() {
            self.drop_freed_from = Some(0);
        }
        let Some(from) = self.drop_freed_from else { return };
        let (known, rest) = self.due.handles_from(from, AT_ONCE);
        let (with_rules, rest_with_rules) = self.expiry_rules.handles_from(from, AT_ONCE);
        self.drop_freed_from = [rest, rest_with_rules].into_iter().flatten().min();
        for handle in known.iter().chain(&with_rules).filter(|handle| handle.is_freed()) {
            self.due.remove(handle);
            self.expiry_rules.remove(handle);
        }
    }

    /// The queue of `handle` has gone away from `name`.
    fn lose(&mut self, name: &[u8], handle: &Arc<KeyHandle>) {
        self.due.remove(handle);
        self.unlocated.insert(name, handle, clock::uptime());
        self.timer_set_in(NEXT_SEARCH);
    }

    /// Sets the timer for the instant `due`, unless it is set for an earlier one.
    fn set_timer_for(&mut self, due: UnixMs) {
        if let Some(ms) = clock::ms_until(due) {
            self.timer_set_in(ms.min(LONGEST));
        }
    }

    fn timer_set_in(&mut self, ms: u64) {
        if !self.is_asleep {
            self.timer.set_in(ms);
        }
    }

    /// Sets the timer for whatever is next.
    fn set_timer(&mut self) {
        if let Some(due) = self.due.first() {
            self.set_timer_for(due);
        }
        if self.visit_from.is_some() {
            self.timer_set_in(0);
        }
        if !self.unlocated.is_empty() {
            self.timer_set_in(if self.search.is_some() { NEXT_SEARCH_STEP } else { NEXT_SEARCH });
        }
        if self.expiry_rules.has_queues_to_open() {
            self.timer_set_in(0);
        }
    }
}
