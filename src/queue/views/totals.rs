//! How much there is: jobs by state, ids, memory. All O(1).

use crate::queue::jobs::JobState;
use crate::queue::value::Queue;

impl Queue {
    /// How many pieces of memory it is made of, roughly: what freeing it costs.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.known() + self.schedules.len() + self.event_log.as_ref().map_or(0, |log| log.pages())
    }

    /// Jobs that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.count(JobState::Waiting)
            + self.count(JobState::Delayed)
            + self.jobs.indexes.blocked.len()
            + self.jobs.indexes.active.len()
    }

    /// Ids that are known: live, kept and remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.jobs.known_ids()
    }

    /// Memory held, in bytes, as the allocator is asked for it. O(1).
    #[must_use]
    pub fn bytes(&self) -> usize {
        // Those with a branch come first: the compiler loads all terms of the sum before the last branch, and has no
        // registers for them.
        size_of::<Self>()
            + self.event_bytes()
            + self.stats.bytes()
            + self.jobs.bytes()
            + self.limits.lanes.bytes()
            + self.batches.bytes()
            + self.workers.bytes()
            + self.schedules.bytes()
            + self.expiry_rules.bytes()
    }

    /// How many events are kept.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.event_log.as_ref().map_or(0, |log| log.len())
    }

    /// Memory held for events, in bytes.
    #[must_use]
    pub fn event_bytes(&self) -> usize {
        self.event_log.as_ref().map_or(0, |log| log.bytes())
    }

    /// How many ids are remembered though their job is gone.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.jobs.table.remembered.len()
    }

    /// How many jobs are in `state`.
    #[must_use]
    pub fn count(&self, state: JobState) -> usize {
        match state {
            JobState::Waiting => self.jobs.indexes.waiting.len() + self.jobs.indexes.grouped.len(),
            JobState::Delayed => self.jobs.indexes.delayed.len() + self.jobs.indexes.retrying.len(),
            JobState::Blocked => self.jobs.indexes.blocked.len(),
            JobState::Active => self.jobs.indexes.active.len(),
            JobState::Completed => self.jobs.indexes.completed.len(),
            JobState::Failed => self.jobs.indexes.failed.len(),
            JobState::Expired | JobState::Cancelled => 0,
        }
    }
}
