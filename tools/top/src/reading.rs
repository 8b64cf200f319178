//! What was read from a server at one moment: plain data, which the frame is made of.

use std::collections::BTreeMap;

/// Fields that are numbers, by their names in the manual.
pub(crate) type Numbers = BTreeMap<String, i64>;

/// A part of a reading, or what the server said instead of it.
pub(crate) type Part<T> = Result<T, String>;

/// All queues at one moment.
#[derive(Default, Clone)]
pub(crate) struct Reading {
    /// `redis 7.0.15`; empty if the server does not say.
    pub(crate) version: String,
    /// The server's clock, Unix ms.
    pub(crate) at: i64,
    /// In the order in which they were named.
    pub(crate) queues: Vec<Queue>,
}

/// One queue. A user may have the right to some parts only.
#[derive(Clone)]
pub(crate) struct Queue {
    /// Any bytes.
    pub(crate) name: Vec<u8>,
    /// JQ.STATS.
    pub(crate) stats: Part<Numbers>,
    /// JQ.CONFIG.
    pub(crate) settings: Part<BTreeMap<String, String>>,
    /// JQ.WORKERS.
    pub(crate) workers: Part<Vec<Worker>>,
    /// JQ.GROUPS, the first of them by name, those with the most waiting jobs first.
    pub(crate) groups: Part<Vec<Group>>,
    /// JQ.BATCHES, a page of it.
    pub(crate) batches: Part<Vec<Batch>>,
}

/// Who works.
#[derive(Clone, Default)]
pub(crate) struct Worker {
    /// Any bytes.
    pub(crate) name: Vec<u8>,
    /// Jobs it holds.
    pub(crate) active: i64,
    /// End of the lease it has longest, Unix ms.
    pub(crate) lease_until: Option<i64>,
    /// Unix ms; none if it has only waited so far.
    pub(crate) last_seen: Option<i64>,
    /// Since when it waits for a job, Unix ms.
    pub(crate) waiting_since: Option<i64>,
}

/// A lane, and what keeps it back.
#[derive(Clone, Default)]
pub(crate) struct Group {
    /// Any bytes.
    pub(crate) name: Vec<u8>,
    pub(crate) waiting: i64,
    pub(crate) active: i64,
    /// How many one claim could take.
    pub(crate) claimable: i64,
    /// How many may be active, 0: any number.
    pub(crate) concurrency: i64,
    /// `max/ms` or `max/ms/window`; `0`: no limit.
    pub(crate) rate: String,
    /// Unix ms while it is paused; -1: until it is resumed.
    pub(crate) paused_until: Option<i64>,
    /// What keeps its jobs back.
    pub(crate) why: Option<String>,
}

/// A batch and its numbers.
#[derive(Clone, Default)]
pub(crate) struct Batch {
    /// Any bytes.
    pub(crate) name: Vec<u8>,
    /// As JQ.BATCH answers them.
    pub(crate) numbers: Numbers,
}

impl Batch {
    /// A number; one the server does not know is 0.
    pub(crate) fn number(&self, field: &str) -> i64 {
        self.numbers.get(field).copied().unwrap_or_default()
    }
}

/// How fast the counts of a queue grow.
#[derive(Clone, Default)]
pub(crate) struct Rates {
    per_second: BTreeMap<String, f64>,
}

impl Rates {
    /// From one reading of a queue to a later one, `ms` apart. A count that became smaller belongs to another
    /// queue of that name: no rate.
    pub(crate) fn between(old: &Numbers, new: &Numbers, ms: i64) -> Self {
        let mut rates = Self::default();
        for (field, now) in new {
            if let Some(more) = old.get(field).map(|then| now - then).filter(|more| *more >= 0 && ms > 0) {
                #[allow(clippy::cast_precision_loss, reason = "an error of 2^-53 does not show")]
                rates.per_second.insert(field.clone(), more as f64 * 1000.0 / ms as f64);
            }
        }
        rates
    }

    /// Per second; none before there are two readings.
    pub(crate) fn of(&self, count: &str) -> Option<f64> {
        self.per_second.get(count).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(pairs: &[(&str, i64)]) -> Numbers {
        pairs.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
    }

    #[test]
    fn rates_are_differences_over_the_servers_own_time() {
        let rates = Rates::between(&numbers(&[("added", 10)]), &numbers(&[("added", 15)]), 2000);
        assert_eq!(rates.of("added"), Some(2.5));
        assert_eq!(rates.of("acks"), None);
    }

    #[test]
    fn another_queue_of_that_name_or_a_clock_that_stands_gives_no_rate() {
        assert_eq!(
            Rates::between(&numbers(&[("added", 10)]), &numbers(&[("added", 5)]), 2000).of("added"),
            None
        );
        assert_eq!(
            Rates::between(&numbers(&[("added", 10)]), &numbers(&[("added", 15)]), 0).of("added"),
            None
        );
    }
}
