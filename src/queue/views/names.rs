//! The names of jobs as clients see them.

use crate::queue::jobs::JobState;
use crate::queue::value::Queue;

/// How many jobs and records there are of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameView<'a> {
    /// The name.
    pub name: &'a [u8],
    counts: [u32; 6],
}

impl NameView<'_> {
    /// How many are in a state.
    #[must_use]
    pub fn count(&self, state: JobState) -> u32 {
        self.counts.get(usize::from(state.code())).copied().unwrap_or(0)
    }
}

impl Queue {
    /// Every name of a job or record, in order, from one on. O(log names) each.
    pub fn names_from(&self, name: &[u8]) -> impl Iterator<Item = NameView<'_>> {
        self.jobs.table.names.from(name).map(|(name, counts)| NameView { name, counts })
    }
}
