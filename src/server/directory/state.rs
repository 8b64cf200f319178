//! What the directory holds, behind one lock, and how it sets its timer.

use super::due::DueIndex;
use super::expiry_rules::ExpirySubscriptions;
use super::search::KeySearch;
use super::unlocated::Unlocated;
use crate::queue::UnixMs;
use crate::server::clock::{self, Uptime};
use crate::server::earliest_timer::EarliestTimer;
use crate::server::key_handle::{self, KeyHandle};
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The timer is never set for later than this, in milliseconds, so that a clock that was set is noticed.
const LONGEST: u64 = 60_000;
/// In milliseconds: when to search after a key went away, and when to go on with a search.
const NEXT_SEARCH: u64 = 160;
const NEXT_SEARCH_STEP: u64 = 4;

/// The timer that is set here. What happens when it fires stands where keys are opened, in
/// [`crate::server::background`].
pub(in crate::server) struct DueTimer;

pub(super) struct Directory {
    pub(super) due: DueIndex,
    pub(super) expiry_rules: ExpirySubscriptions,
    pub(super) unlocated: Unlocated,
    /// The search that is under way.
    pub(super) search: Option<KeySearch>,
    pub(super) timer: EarliestTimer<DueTimer>,
    pub(super) is_asleep: bool,
    /// All queues of the due index are visited, from this handle on: the clock was set back.
    pub(super) visit_from: Option<u64>,
    /// Handles of values that are gone are dropped, from this one on.
    pub(super) drop_freed_from: Option<u64>,
    /// Since when this server could act: nothing is late that was due before.
    pub(super) acting_since: UnixMs,
    /// Both clocks when the timer fired last: where they part, the wall clock was set.
    pub(super) fired_at: (UnixMs, Uptime),
    pub(super) lag: Lag,
}

/// How late the timer was, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::server) struct Lag {
    pub(in crate::server) last: u64,
    pub(in crate::server) worst: u64,
}

lazy_static! {
    pub(super) static ref DIRECTORY: Mutex<Directory> = Mutex::new(Directory {
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
pub(super) static WITH_EXPIRY_RULES: AtomicUsize = AtomicUsize::new(0);

/// Works on the directory. `work` must not call anything of Redis that could call back; setting and stopping
/// timers is fine.
pub(super) fn with<R>(work: impl FnOnce(&mut Directory) -> R) -> R {
    let mut directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut directory);
    WITH_EXPIRY_RULES.store(directory.expiry_rules.len(), Relaxed);
    result
}

impl Directory {
    /// Whether the timer has something to do at `now`.
    pub(super) fn is_due(&self, now: UnixMs) -> bool {
        self.visit_from.is_some() || self.due.first().is_some_and(|due| due <= now)
    }

    /// Drops what is known of values that went without a word, as when a slot is dropped as a whole: some handles at a
    /// time, and only after such a value was freed.
    pub(super) fn drop_freed(&mut self) {
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
    pub(super) fn lose(&mut self, name: &[u8], handle: &Arc<KeyHandle>) {
        self.due.remove(handle);
        self.unlocated.insert(name, handle, clock::uptime());
        self.timer_set_in(NEXT_SEARCH);
    }

    /// Sets the timer for the instant `due`, unless it is set for an earlier one.
    pub(super) fn set_timer_for(&mut self, due: UnixMs) {
        if let Some(ms) = clock::ms_until(due) {
            self.timer_set_in(ms.min(LONGEST));
        }
    }

    pub(super) fn timer_set_in(&mut self, ms: u64) {
        if !self.is_asleep {
            self.timer.set_in(ms);
        }
    }

    /// Sets the timer for whatever is next.
    pub(super) fn set_timer(&mut self) {
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
