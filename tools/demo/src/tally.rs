//! What all pods and workers have done so far, counted on the clients' side.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters shared by all threads. Each only grows and none depends on another, so relaxed order is enough.
#[derive(Default)]
pub(crate) struct Tally {
    /// Expiries heard, by all pods together.
    pub(crate) heard: Counter,
    /// `JQ.ADD` calls answered `added`.
    pub(crate) added: Counter,
    /// `JQ.ADD` calls answered `duplicate`.
    pub(crate) duplicates: Counter,
    /// Claims that brought jobs: each would be one bulk write to a database.
    pub(crate) claims: Counter,
    /// Jobs whose acknowledgement was accepted.
    pub(crate) acknowledged: Counter,
    closed: AtomicBool,
}

impl Tally {
    /// Says that no pod will add anything any more: workers may stop when the queue is empty.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether [`Tally::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// `JQ.ADD` calls answered, whatever the answer.
    pub(crate) fn answered(&self) -> u64 {
        self.added.get() + self.duplicates.get()
    }
}

/// A number that threads count up together.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
