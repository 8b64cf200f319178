//! Totals over all queues of this process, for INFO: how much there is, and what has happened since it
//! started.
//!
//! ```text
//!   a queue changes ──► its share is compared with what it was ──► the sums move by the difference
//!   a value is freed ──► its share leaves the sums of what is there; what has happened has happened
//! ```
//!
//! So INFO costs the same with one queue or a hundred thousand, a crash report can have it, and totals never
//! fall. Sums are written on the main thread alone, without locked instructions; what is freed, maybe on
//! another thread, has sums of its own.

use crate::queue::counters::NAMES;
use crate::queue::{JobState, Queue};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The names under which INFO shows what is there.
#[rustfmt::skip] // a list, not a column
pub(super) const PRESENT: [&str; 9] =
    ["queues", "waiting", "delayed", "blocked", "active", "completed", "failed", "remembered", "memory_bytes"];

type Sums<const N: usize> = [AtomicU64; N];

static ENTERED: Sums<{ PRESENT.len() }> = [const { AtomicU64::new(0) }; PRESENT.len()];
static FREED: Sums<{ PRESENT.len() }> = [const { AtomicU64::new(0) }; PRESENT.len()];
static HAPPENED: Sums<{ NAMES.len() }> = [const { AtomicU64::new(0) }; NAMES.len()];

/// When that has occurred which a queue has counted since it was counted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurred {
    /// Now: it belongs in the totals.
    Now,
    /// Before: the queue was read from a file or is a copy.
    Before,
}

/// What the sums hold of one queue. It leaves them when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Share {
    present: [u64; PRESENT.len()],
    happened: [u64; NAMES.len()],
}

impl Share {
    /// Brings the sums up to what `queue` is now. On the main thread only.
    pub(super) fn update(&mut self, queue: &Queue, bytes: usize, occurred: Occurred) {
        let mut present = [0; PRESENT.len()];
        let counts =
            JobState::OF_JOBS.into_iter().map(|state| queue.count(state)).chain([queue.remembered(), bytes]);
        for (slot, count) in present.iter_mut().zip(std::iter::once(1).chain(counts)) {
            *slot = count as u64;
        }
        for ((sum, part), now) in ENTERED.iter().zip(&mut self.present).zip(present) {
            shift(sum, part, now);
        }
        for ((sum, part), now) in HAPPENED.iter().zip(&mut self.happened).zip(queue.happened()) {
            match occurred {
                Occurred::Now => shift(sum, part, now),
                Occurred::Before => *part = now,
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        for (sum, part) in FREED.iter().zip(self.present) {
            sum.fetch_add(part, Relaxed);
        }
    }
}

/// Sets one part of a sum to what it is now. Most stay as they are.
fn shift(sum: &AtomicU64, part: &mut u64, now: u64) {
    if *part != now {
        sum.store(sum.load(Relaxed).wrapping_add(now).wrapping_sub(*part), Relaxed);
        *part = now;
    }
}

/// What is in all queues, in the order of [`PRESENT`].
pub(super) fn present() -> impl Iterator<Item = (&'static str, u64)> {
    let sums = ENTERED.iter().zip(&FREED);
    PRESENT
        .into_iter()
        .zip(sums.map(|(entered, freed)| entered.load(Relaxed).wrapping_sub(freed.load(Relaxed))))
}

/// What has happened in all queues since the process started, by the names of JQ.STATS.
pub(super) fn happened() -> impl Iterator<Item = (&'static str, u64)> {
    NAMES.into_iter().zip(HAPPENED.iter().map(|sum| sum.load(Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_under_a_state_is_what_is_counted_of_it() {
        assert_eq!(PRESENT.get(1..7), Some(&JobState::OF_JOBS.map(JobState::name)[..]));
    }
}
