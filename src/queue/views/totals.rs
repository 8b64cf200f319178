//! How much there is: jobs by state, ids, memory. All O(1).

use crate::queue::jobs::JobState;
use crate::queue::store::Order;
use crate::queue::value::Queue;

impl Queue {
    /// How many pieces of memory it is made of, roughly: what freeing it costs.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.known() + self.schedules.len()
    }

    /// Jobs that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.count(JobState::Waiting) + self.delayed.len() + self.blocked.len() + self.active.len()
    }

    /// Ids that are known: live, kept and remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.jobs.len() + self.remembered.len()
    }

    /// Memory held, in bytes, as the allocator is asked for it. O(1).
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.job_bytes
            + self.jobs.bytes()
            + self.remembered.bytes()
            + self.ids.bytes()
            + self.waiting.bytes()
            + self.grouped.bytes()
            + self.lanes.bytes()
            // Each batch lists its own once more.
            + 2 * self.blocked.bytes()
            + self.batches.bytes()
            + [&self.delayed, &self.active, &self.completed, &self.failed, &self.expiring, &self.forgetting]
                .into_iter()
                .map(Order::bytes)
                .sum::<usize>()
            + self.recipes.bytes()
            + self.workers.bytes()
            + self.schedules.bytes()
            + self.waits.bytes()
            + self.runs.bytes()
            + self.series.bytes()
            + self.expiries.bytes()
    }

    /// How many ids are remembered though their job is gone.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.remembered.len()
    }

    /// How many jobs are in `phase`.
    #[must_use]
    pub fn count(&self, phase: JobState) -> usize {
        match phase {
            JobState::Waiting => self.waiting.len() + self.grouped.len(),
            JobState::Delayed => self.delayed.len(),
            JobState::Blocked => self.blocked.len(),
            JobState::Active => self.active.len(),
            JobState::Completed => self.completed.len(),
            JobState::Failed => self.failed.len(),
            JobState::Expired | JobState::Cancelled => 0,
        }
    }
}
