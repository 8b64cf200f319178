//! What is counted: totals since the queue was created, durations, minutes, kinds of transitions, refused
//! duplicates.

pub mod counters;
mod events;
pub mod histogram;
mod minute;
mod packed_minutes;
mod pending_duplicates;
mod series;

pub(super) use counters::{Count, Counters};
pub use events::{Event, Events};
pub(super) use histogram::Histogram;
pub use minute::Minute;
pub(crate) use pending_duplicates::{plausible_duplicates, PendingDuplicates};
pub use series::MOST_MINUTES;
pub(crate) use series::{Series, SeriesCount};

use crate::queue::store::Seldom;

/// What a queue has counted since it was created.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stats {
    pub(crate) counters: Counters,
    /// Kinds of transitions since a server last took them. Not saved.
    pub(crate) events: Events,
    /// Milliseconds from claimable to claimed.
    pub(crate) waits: Seldom<Histogram>,
    /// Milliseconds from claimed to acknowledged.
    pub(crate) runs: Seldom<Histogram>,
    pub(crate) series: Series,
}

impl Stats {
    /// Something has happened: it is counted, and marked for those who want to be notified.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.insert(event);
        if let Some(count) = event.count() {
            self.counters.add(count);
        }
    }

    /// Heap bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.waits.bytes() + self.runs.bytes() + self.series.bytes()
    }
}
