//! Which jobs an effect may be about. One that names another comes from a queue whose state is not equal.

use crate::queue::effect::Change;
use crate::queue::jobs::{Job, JobState};
use crate::queue::store::{Handle, IdEntry};
use crate::queue::time::LARGEST_COUNT;
use crate::queue::value::Queue;

impl Queue {
    /// Whether that can be the next number that is an id.
    pub(crate) fn may_take_number(&self, number: u64) -> bool {
        (self.jobs.last_number + 1..=LARGEST_COUNT).contains(&number)
    }

    /// The job of this id, unless it has ended.
    pub(crate) fn unfinished_job(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, |job| !job.is_finished())
    }

    /// The same for one that a primary has claimed. That is nearly always the job that comes next here, too, and then
    /// the index of ids, which would wait for memory three times, is not asked.
    pub(crate) fn job_to_claim(&self, id: &[u8]) -> Option<Handle> {
        let is_it = |next: &Handle| self.job(*next).is_some_and(|job| job.id() == id);
        self.next_runnable().filter(is_it).or_else(|| self.unfinished_job(id))
    }

    /// The job of this id, unless it has ended or a worker has it: another lane could not have given an active one.
    pub(crate) fn unstarted_job(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, |job| !job.is_finished() && job.state_name() != JobState::Active)
    }

    /// The job of this id, or its kept record.
    pub(crate) fn job_or_record(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, |_| true)
    }

    /// The kept record of this id.
    pub(crate) fn finished_job(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, Job::is_finished)
    }

    /// The job of this id that waits, or has failed, because its lease was lost.
    pub(crate) fn lost_job(&self, id: &[u8], state: JobState) -> Option<Handle> {
        let handle = self.job_that(id, |job| job.lost_run().is_some())?;
        self.job(handle).filter(|job| job.state_name() == state).map(|_| handle)
    }

    /// The record of a failed job of this id.
    pub(crate) fn failed_job(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, |job| job.state_name() == JobState::Failed)
    }

    /// The record of a completed job of this id that can run again.
    pub(crate) fn repeatable_job(&self, id: &[u8]) -> Option<Handle> {
        self.job_that(id, Job::may_run_again)
    }

    /// The job or record of this id, if its state allows this change.
    pub(crate) fn changeable_job(&self, id: &[u8], to: &Change<'_>) -> Option<Handle> {
        let handle = self.job_that(id, |_| true)?;
        self.job(handle).filter(|job| self.may_change(job, to)).map(|_| handle)
    }

    fn job_that(&self, id: &[u8], is_so: fn(&Job) -> bool) -> Option<Handle> {
        let IdEntry::Job(handle) = self.find(id)? else { return None };
        self.job(handle).filter(|job| is_so(job)).map(|_| handle)
    }
}
