//! What operators do to jobs and queues.

use super::access::Session;
use super::room::Refusal;
use crate::queue::effect::{Effect, JobEffect};
use crate::queue::jobs::{FieldChanges, Job, JobState, Place, Start, StateData};
use crate::queue::settings::Settings;
use crate::queue::store::{Handle, IdEntry};
use std::collections::BTreeSet;

/// The answer to a change of one job that an operator asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// The job is not in a state that allows it, or only its id is remembered.
    NotAllowed,
    /// No such job.
    Unknown,
}

/// What a RETRY says beside the jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReviveOptions<'a> {
    /// Where each joins its priority.
    pub place: Place,
    /// What becomes of the fields of each job that is retried.
    pub changes: Option<FieldChanges<'a>>,
}

/// Jobs that wait for batches can wait for each other's. A RETRY follows such a chain so far; the next RETRY
/// follows it further.
pub(super) const CHAIN_AT_MOST: usize = 10;

impl Session<'_> {
    /// Drops a job that is not active, a record or a remembered id, with its window.
    pub fn remove(&mut self, id: &[u8]) -> Changed {
        let Some(entry) = self.find(id) else { return Changed::Unknown };
        if let IdEntry::Job(handle) = entry {
            if self.state_of(handle) == Some(JobState::Active) {
                return Changed::NotAllowed;
            }
        }
        self.change(&Effect::Removed { entry });
        Changed::Done
    }

    /// Cancels a job that has not started, or marks an active one, whose worker learns of it with its next
    /// command.
    pub fn cancel(&mut self, id: &[u8]) -> Changed {
        match self.find(id) {
            None => Changed::Unknown,
            Some(IdEntry::Remembered(_)) => Changed::NotAllowed,
            Some(IdEntry::Job(handle)) => self.cancel_job(handle),
        }
    }

    pub(super) fn cancel_job(&mut self, handle: Handle) -> Changed {
        let Some(known) = self.queue.job(handle) else { return Changed::Unknown };
        match known.state {
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. } => {
                self.change_job(handle, JobEffect::Cancelled);
            }
            StateData::Active { .. } if !known.cancel_asked() => {
                self.change_job(handle, JobEffect::CancelRequested);
            }
            StateData::Active { .. } | StateData::Completed { .. } | StateData::Failed { .. } => {
                return Changed::NotAllowed;
            }
        }
        Changed::Done
    }

    /// Makes a job that is delayed or on hold waiting in `delay` ms, 0: now.
    pub fn promote(&mut self, id: &[u8], delay: u64, place: Place) -> Changed {
        let handle = match self.find(id) {
            None => return Changed::Unknown,
            Some(IdEntry::Remembered(_)) => return Changed::NotAllowed,
            Some(IdEntry::Job(handle)) => handle,
        };
        let may_go = |job: &Job| job.state_name() == JobState::Delayed || job.is_on_hold();
        if !self.queue.job(handle).is_some_and(may_go) {
            return Changed::NotAllowed;
        }
        let due = Start::After(delay).due(self.now());
        self.change_job(handle, JobEffect::Promoted { due, place });
        Changed::Done
    }

    /// Gives failed jobs fresh attempts, members of a batch before jobs that wait for it: an answer for each
    /// id. Refused before anything changes if that would be more than `max-jobs`.
    pub fn revive(&mut self, ids: &[&[u8]], options: &ReviveOptions<'_>) -> Result<Vec<Changed>, Refusal> {
        self.room_to_revive(ids)?;
        let mut answers = vec![Changed::NotAllowed; ids.len()];
        let mut left: Vec<usize> = (0..ids.len()).collect();
        for _ in 0..=CHAIN_AT_MOST {
            let before = left.len();
            left.retain(|&nth| {
                let answer = ids.get(nth).map_or(Changed::Unknown, |id| self.revive_one(id, options));
                if let Some(it) = answers.get_mut(nth).filter(|it| **it != Changed::Done) {
                    *it = answer;
                }
                answer == Changed::NotAllowed
            });
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        Ok(answers)
    }

    fn revive_one(&mut self, id: &[u8], options: &ReviveOptions<'_>) -> Changed {
        match self.find(id) {
            None => Changed::Unknown,
            Some(IdEntry::Job(handle)) => self.revive_job(handle, options),
            Some(IdEntry::Remembered(_)) => Changed::NotAllowed,
        }
    }

    /// A job that would fail again at once, because all of its batch has ended and not all were completed, stays
    /// as it is.
    pub(super) fn revive_job(&mut self, handle: Handle, options: &ReviveOptions<'_>) -> Changed {
        let may_be_revived =
            |job: &Job| job.state_name() == JobState::Failed && self.queue.may_be_revived(job);
        if !self.queue.job(handle).is_some_and(may_be_revived) {
            return Changed::NotAllowed;
        }
        self.change_fields(handle, options.changes);
        self.change_job(handle, JobEffect::Revived { place: options.place });
        Changed::Done
    }

    /// Whether `max-jobs` leaves room for the failed jobs among `ids`.
    fn room_to_revive(&mut self, ids: &[&[u8]]) -> Result<(), Refusal> {
        let limit = self.queue.settings().max_jobs;
        if limit == 0 || (self.queue.unfinished().saturating_add(ids.len())) as u64 <= limit {
            return Ok(());
        }
        let ids: BTreeSet<&[u8]> = ids.iter().copied().collect();
        let (mut may_go, mut wait) = (0, 0);
        for id in ids {
            let Some(IdEntry::Job(handle)) = self.find(id) else { continue };
            let Some(job) = self.queue.job(handle).filter(|job| job.state_name() == JobState::Failed) else {
                continue;
            };
            *(if self.queue.may_be_revived(job) { &mut may_go } else { &mut wait }) += 1;
        }
        // Those that wait for a batch may only go when one of its members does.
        let more = if may_go > 0 { may_go + wait } else { 0 };
        if more > self.room_for_jobs() {
            return Err(Refusal::MaxJobs(limit));
        }
        Ok(())
    }

    /// Puts new settings in force.
    pub fn configure(&mut self, settings: Settings) {
        self.change(&Effect::Configured(settings));
    }

    pub(super) fn state_of(&self, handle: Handle) -> Option<JobState> {
        self.queue.job(handle).map(Job::state_name)
    }
}
