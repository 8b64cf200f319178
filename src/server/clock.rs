//! The one clock. Everything else is told what time it is.
//!
//! A command gets the instant the server froze for it, so that all of a transaction or script happens at one
//! instant and agrees with TIME (Redis 7.0 has no such clock: there it is read). Timers read the running clock: the
//! frozen one may lie before the very instant they were set for.
#![allow(clippy::disallowed_methods)]

use crate::queue::Now;
use crate::redis::clock::cached_micros;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What JQ.DEBUG CLOCK stopped the clock at, in Unix milliseconds.
static STOPPED: AtomicU64 = AtomicU64::new(RUNNING);
const RUNNING: u64 = u64::MAX;

lazy_static! {
    static ref STARTED: Instant = Instant::now();
}

/// The instant a command takes place.
pub(super) fn of_command() -> Now {
    stopped().or_else(|| cached_micros().map(Now::from_micros)).unwrap_or_else(running)
}

/// The instant a timer or a late answer takes place.
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

/// Stops the clock at `ms` (Unix milliseconds), or lets it run again.
pub(super) fn stop(ms: Option<u64>) {
    STOPPED.store(ms.unwrap_or(RUNNING), Relaxed);
}

/// Milliseconds from now to `due` (Unix milliseconds); None if the clock is stopped before it.
pub(super) fn until(due: u64) -> Option<u64> {
    match stopped() {
        Some(now) if now.millis() < due => None,
        Some(_) => Some(0),
        None => Some(due.saturating_sub(running().millis())),
    }
}

/// Milliseconds since the module was loaded; runs on when the other clock is stopped or set.
pub(super) fn uptime() -> u64 {
    u64::try_from(STARTED.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Measures how long something takes.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    pub(super) fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Whether it has run for `limit`.
    pub(super) fn is_over(&self, limit: Duration) -> bool {
        self.0.elapsed() >= limit
    }
}
