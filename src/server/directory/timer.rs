//! What the timer asks and says: what is due, whether it may act, how late it was, and what is to be searched for.

use super::due::Entry;
use super::search::{KeySearch, SearchProgress};
use super::state::{with, Directory, DueTimer, Lag, DIRECTORY};
use super::unlocated::MaybeMoved;
use crate::queue::UnixMs;
use crate::redis::context::is_replica;
use crate::redis::event_loop::{self, OnCalled};
use crate::server::clock::{self, Uptime};
use std::sync::TryLockError;

/// Takes the queues that are due at `now`, or to be visited because the clock was set back, at most `most`, each with
/// its due instant.
pub(in crate::server) fn take_due(now: UnixMs, most: usize) -> Vec<(UnixMs, Entry)> {
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
pub(in crate::server) fn timer_fired() {
    with(|directory| directory.timer.fired());
}

/// Sets the timer for whatever is next.
pub(in crate::server) fn set_timer() {
    with(Directory::set_timer);
}

/// Sets the timer for `ms` from now, unless it is set for an earlier instant.
pub(in crate::server) fn set_timer_in(ms: u64) {
    with(|directory| directory.timer_set_in(ms));
}

/// The timer is not set again until [`resume`] is called.
pub(in crate::server) fn sleep() {
    with(|directory| directory.is_asleep = true);
}

/// This server is now the primary, has read its files, or its clock was set.
pub(in crate::server) fn resume() {
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
pub(in crate::server) fn keep_house() {
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
pub(in crate::server) fn is_visiting() -> bool {
    with(|directory| directory.visit_from.is_some())
}

/// More is due than the timer has had time for: it goes on when all clients that want something were served once.
pub(in crate::server) fn go_on() {
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
pub(in crate::server) fn note_clocks(now: UnixMs) {
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
pub(in crate::server) fn note_idle(now: UnixMs) {
    with(|directory| directory.acting_since = now);
}

/// The timer came at `now` to a queue that was `due`.
pub(in crate::server) fn note_lag(due: UnixMs, now: UnixMs) {
    with(|directory| {
        let late = now.0.saturating_sub(due.max(directory.acting_since).0);
        directory.lag.last = late;
        directory.lag.worst = directory.lag.worst.max(late);
    });
}

/// How many queues have something due, and how late the timer was. None if the answer would have to be waited
/// for.
pub(in crate::server) fn report() -> Option<(usize, Lag)> {
    let of = |directory: &Directory| (directory.due.len(), directory.lag);
    match DIRECTORY.try_lock() {
        Ok(directory) => Some(of(&directory)),
        Err(TryLockError::Poisoned(directory)) => Some(of(&directory.into_inner())),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A step of the search for unlocated queues, if one is due: what may just have been moved to another
/// database, and the search as far as it has come. None: there is nothing to search for.
pub(in crate::server) fn take_search(now: Uptime, most: usize) -> Option<(Vec<MaybeMoved>, KeySearch)> {
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
pub(in crate::server) fn searched(search: KeySearch, progress: SearchProgress, now: Uptime) {
    with(|directory| match progress {
        SearchProgress::Ongoing => directory.search = Some(search),
        SearchProgress::Done => directory.unlocated.searched(now),
    });
}
