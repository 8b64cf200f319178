//! What has happened in a queue since it was created.

/// One count. The order is part of the saved format: add at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names, see NAMES
pub enum Count {
    Added,
    Duplicates,
    Replaced,
    Reruns,
    Claims,
    Acks,
    Nacks,
    Retries,
    Losses,
    Releases,
    Failures,
    Expirations,
    Cancellations,
    Removals,
    StaleAcks,
}

/// The manual's names, in the order of [`Count`].
pub const NAMES: [&str; 15] = [
    "added",
    "duplicates",
    "replaced",
    "reruns",
    "claims",
    "acks",
    "nacks",
    "retries",
    "losses",
    "releases",
    "failures",
    "expirations",
    "cancellations",
    "removals",
    "stale-acks",
];

/// All counts of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters([u64; NAMES.len()]);

impl Counters {
    /// One more of `what`.
    pub(crate) fn add(&mut self, what: Count) {
        self.add_many(what, 1);
    }

    /// So many more of `what`.
    pub(crate) fn add_many(&mut self, what: Count, more: u64) {
        if let Some(count) = self.0.get_mut(what as usize) {
            *count = count.saturating_add(more);
        }
    }

    /// How many of `what` there were.
    #[must_use]
    pub fn get(&self, what: Count) -> u64 {
        self.0.get(what as usize).copied().unwrap_or_default()
    }

    /// Every count, in the order of [`NAMES`].
    #[must_use]
    pub fn each(&self) -> &[u64; NAMES.len()] {
        &self.0
    }

    /// Every name with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        NAMES.into_iter().zip(self.0)
    }

    /// Sets the `place`-th count when a queue is read back. False when there is no such count.
    #[must_use]
    pub(crate) fn restore(&mut self, place: usize, value: u64) -> bool {
        self.0.get_mut(place).map(|count| *count = value).is_some()
    }
}
