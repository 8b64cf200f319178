//! What operators do to jobs and queues.

use super::access::Session;
use crate::queue::effect::{Effect, JobEffect};
use crate::queue::jobs::{Job, JobState, StateData};
use crate::queue::settings::Settings;
use crate::queue::store::{Handle, IdEntry};

impl Session<'_> {
    /// Drops a job that is not active, a record or a remembered id, with its window. False: nothing to drop.
    pub fn remove(&mut self, id: &[u8]) -> bool {
        let Some(entry) = self.find(id) else { return false };
        if let IdEntry::Job(handle) = entry {
            if self.queue.job(handle).is_some_and(|job| job.state_name() == JobState::Active) {
                return false;
            }
        }
        self.change(&Effect::Removed { entry });
        true
    }

    /// Cancels a job that has not started, or marks an active one, whose worker learns of it with its next
    /// command. False: neither.
    pub fn cancel(&mut self, id: &[u8]) -> bool {
        let Some(IdEntry::Job(handle)) = self.find(id) else { return false };
        let Some(known) = self.queue.job(handle) else { return false };
        match known.state {
            StateData::Waiting { .. } | StateData::Delayed { .. } | StateData::Blocked { .. } => {
                self.change_job(handle, JobEffect::Cancelled);
            }
            StateData::Active { .. } if !known.cancel_asked() => {
                self.change_job(handle, JobEffect::CancelRequested);
            }
            _ => return false,
        }
        true
    }

    /// Drops at most `count` kept records of a state, or cancels jobs of it that have not ended, of those
    /// that finished or were added longer than `older` (ms) ago; how many. O(log n) each.
    pub fn purge(&mut self, state: JobState, older: Option<u64>, count: usize) -> usize {
        let before = older.map_or(u64::MAX, |ms| self.at().saturating_sub(ms));
        let jobs = self.queue.jobs_before(state, before, count);
        let is_record = matches!(state, JobState::Completed | JobState::Failed);
        let mut purged = 0;
        for handle in jobs {
            // What goes on because a batch has finished may have taken it.
            if self.state_of(handle) == Some(state) {
                if is_record {
                    self.change(&Effect::Purged { record: handle });
                } else {
                    self.change_job(handle, JobEffect::Cancelled);
                }
                purged += 1;
            }
        }
        purged
    }

    /// Makes a delayed job waiting now. False: it is not delayed.
    pub fn promote(&mut self, id: &[u8]) -> bool {
        match self.find(id) {
            Some(IdEntry::Job(handle)) if self.state_of(handle) == Some(JobState::Delayed) => {
                self.change_job(handle, JobEffect::Promoted);
                true
            }
            _ => false,
        }
    }

    /// Gives a failed job fresh attempts. False: it has not failed, or its record is gone.
    pub fn revive(&mut self, id: &[u8]) -> bool {
        match self.find(id) {
            Some(IdEntry::Job(handle)) if self.state_of(handle) == Some(JobState::Failed) => {
                self.change_job(handle, JobEffect::Revived);
                true
            }
            _ => false,
        }
    }

    /// Gives at most `count` failed jobs fresh attempts, those first that failed first; how many.
    pub fn revive_some(&mut self, count: usize) -> usize {
        let mut revived = 0;
        while revived < count {
            let Some(handle) = self.queue.jobs.indexes.failed.first() else { break };
            self.change_job(handle, JobEffect::Revived);
            revived += 1;
        }
        revived
    }

    /// Stops claims. False: they were stopped.
    pub fn pause(&mut self) -> bool {
        let changes = !self.queue.paused;
        if changes {
            self.change(&Effect::Paused);
        }
        changes
    }

    /// Lets claims go on. False: they were going on.
    pub fn resume(&mut self) -> bool {
        let changes = self.queue.paused;
        if changes {
            self.change(&Effect::Resumed);
        }
        changes
    }

    /// Puts new settings in force.
    pub fn configure(&mut self, settings: Settings) {
        self.change(&Effect::Configured(settings));
    }

    fn state_of(&self, handle: Handle) -> Option<JobState> {
        self.queue.job(handle).map(Job::state_name)
    }
}
