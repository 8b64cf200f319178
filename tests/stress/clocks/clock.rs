//! A clock that stands still until it is set, somewhere else each time.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;

use testkit::rng::Rng;
use testkit::Client;

const SECOND: usize = 1000;
const HOUR: usize = 3600 * SECOND;
/// The clock stays within so many milliseconds from where it began, but for the end.
const RANGE: u64 = 72 * HOUR as u64;

/// The clock of the primary.
pub(super) struct Clock {
    began: u64,
    now: u64,
    reading: Reading,
}

/// How far the clock has gone ahead in all, in milliseconds, for whoever wants to know how long something lasted at most:
/// what is measured by what is left goes on where the clock is set back, and only steps ahead use it up.
#[derive(Clone, Default)]
pub(super) struct Reading {
    /// With the step that is being made.
    begun: Arc<AtomicU64>,
    /// Without it.
    made: Arc<AtomicU64>,
}

impl Reading {
    /// The least that it can be.
    pub(super) fn least(&self) -> u64 {
        self.made.load(SeqCst)
    }

    /// The most.
    pub(super) fn most(&self) -> u64 {
        self.begun.load(SeqCst)
    }
}

impl Clock {
    /// Stops the clock of a server where it is.
    pub(super) fn begin(client: &mut Client) -> Self {
        let (seconds, _): (u64, u64) = client.ask("TIME");
        let clock = Self { began: seconds * 1000, now: seconds * 1000, reading: Reading::default() };
        clock.set(client);
        clock
    }

    /// Unix milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    pub(super) fn reading(&self) -> Reading {
        self.reading.clone()
    }

    /// Mostly a little ahead; now and then far ahead, or back, by less or by more than a clock is corrected by.
    pub(super) fn step(&mut self, rng: &mut Rng, client: &mut Client) {
        let (ahead, most) = match rng.below(100) {
            0..70 => (true, 40),
            70..78 => (true, 5 * SECOND),
            78..83 => (true, 10 * HOUR),
            83..91 => (false, SECOND),
            91..95 => (false, 10 * SECOND),
            _ => (false, 10 * HOUR),
        };
        let by = 1 + rng.below(most) as u64;
        if ahead {
            self.ahead(by.min((self.began + RANGE).saturating_sub(self.now)), client);
        } else {
            self.now = self.now.saturating_sub(by).max(self.began);
            self.set(client);
        }
    }

    /// Ahead of all that was ever said of an instant.
    pub(super) fn leap(&mut self, client: &mut Client) {
        self.ahead(2 * RANGE, client);
    }

    /// A little ahead.
    pub(super) fn go_on(&mut self, client: &mut Client) {
        self.ahead(50, client);
    }

    fn ahead(&mut self, by: u64, client: &mut Client) {
        self.now += by;
        self.reading.begun.fetch_add(by, SeqCst);
        self.set(client);
        self.reading.made.fetch_add(by, SeqCst);
    }

    fn set(&self, client: &mut Client) {
        client.ask::<()>(&format!("JQ.DEBUG CLOCK {}", self.now));
    }
}
