//! The clocks. Everything else gets the instant it works at as an argument.
//!
//! There are two, and two types so that they cannot be mixed up: [`UnixMs`] (and [`Now`]) is the wall clock,
//! which can be set and which JQ.DEBUG CLOCK stops; [`Uptime`] only grows.
//!
//! A command gets the instant that Redis froze for it, so that all of a transaction or script happens at one
//! instant and agrees with TIME (Redis 7.0 has no such clock: there it is read). Timers read the running
//! clock: the frozen one may lie before the very instant they were set for.
#![allow(clippy::disallowed_methods)]

use crate::queue::{set_back, Now, UnixMs};
use crate::redis::clock::cached_micros;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the module was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uptime(pub(super) u64);

impl Uptime {
    /// `ms` later.
    pub(super) fn after(self, ms: u64) -> Self {
        Uptime(self.0.saturating_add(ms))
    }

    /// Milliseconds from now to this instant; 0 if it is past.
    pub(super) fn ms_from(self, now: Uptime) -> u64 {
        self.0.saturating_sub(now.0)
    }
}

/// What JQ.DEBUG CLOCK stopped the clock at, in Unix milliseconds.
static STOPPED: AtomicU64 = AtomicU64::new(RUNNING);
const RUNNING: u64 = u64::MAX;

lazy_static! {
    static ref STARTED: Instant = Instant::now();
}

/// The instant at which a command takes place.
pub(super) fn of_command() -> Now {
    stopped().or_else(|| cached_micros().map(Now::from_micros)).unwrap_or_else(running)
}

/// The instant at which a timer or a late reply takes place.
pub(super) fn of_timer() -> Now {
    stopped().unwrap_or_else(running)
}

fn stopped() -> Option<Now> {
    let ms = STOPPED.load(Relaxed);
    (ms != RUNNING).then(|| Now::from_micros(ms.saturating_mul(1000)))
}

fn running() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Now::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// The latest instant that this process has seen, on its clock or in a queue that it got, Unix ms.
static LATEST: AtomicU64 = AtomicU64::new(0);

/// A queue has come here, from a file or by an effect, in which something happened at this instant.
pub(super) fn note_instant(unix_ms: u64) {
    LATEST.fetch_max(unix_ms, Relaxed);
}

/// Whether the wall clock is behind an instant that was seen before, by more than it is corrected by. Only true once.
pub(super) fn was_set_back() -> bool {
    let now = of_timer().unix_ms().0;
    let is_back = set_back(LATEST.load(Relaxed), now).is_some();
    if is_back {
        LATEST.store(now, Relaxed);
    } else {
        note_instant(now);
    }
    is_back
}

/// Stops the wall clock. None lets it run again.
pub(super) fn stop(at: Option<UnixMs>) {
    STOPPED.store(at.map_or(RUNNING, |at| at.0), Relaxed);
}

/// Milliseconds from now to `due`; None if the clock is stopped before it.
pub(super) fn ms_until(due: UnixMs) -> Option<u64> {
    match stopped() {
        Some(now) if now.unix_ms() < due => None,
        Some(_) => Some(0),
        None => Some(due.0.saturating_sub(running().millis())),
    }
}

/// The other clock, which runs on when the wall clock is stopped or set.
pub(super) fn uptime() -> Uptime {
    Uptime(u64::try_from(STARTED.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Measures how long something takes.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Whether it has run for `limit`.
    pub(super) fn is_over(&self, limit: Duration) -> bool {
        self.0.elapsed() >= limit
    }
}
