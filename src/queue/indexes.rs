//! Into which indexes a job belongs, by its state.

use super::job::{Job, State};
use super::keys::token_key;
use super::{due_key, expiry_key, finished_key, place_key, Entry, Handle, Queue, FOREVER};

impl Queue {
    /// Changes a job in ways that no index sees, keeping count of its memory.
    pub(super) fn edit(&mut self, handle: Handle, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.jobs.get_mut(handle) else { return };
        let before = job.bytes();
        change(job);
        self.job_bytes = (self.job_bytes + job.bytes()).saturating_sub(before);
    }

    /// Puts a job into the indexes of its state.
    pub(super) fn enter(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        let jobs = &self.jobs;
        let (state, expires) = (job.state, job.expires());
        match state {
            State::Waiting { .. } => {
                self.waiting.insert(place_key(jobs, handle), handle, |h| place_key(jobs, h));
            }
            State::Delayed { .. } => self.delayed.insert(due_key(jobs, handle), handle, |h| due_key(jobs, h)),
            State::Blocked { after, .. } => {
                self.blocked.insert(place_key(jobs, handle), handle, |h| place_key(jobs, h));
                self.batches.block(after.batch, job.seq, handle, |h| place_key(jobs, h).seq);
            }
            State::Active { token, worker, .. } => {
                self.workers.give(worker, token, handle, |h| token_key(jobs, h));
                self.enter_active(handle);
                return;
            }
            State::Completed { .. } => {
                self.completed.insert(finished_key(jobs, handle), handle, |h| finished_key(jobs, h));
            }
            State::Failed { .. } => {
                self.failed.insert(finished_key(jobs, handle), handle, |h| finished_key(jobs, h));
            }
        }
        match state {
            State::Waiting { .. } | State::Delayed { .. } | State::Blocked { .. } if expires != FOREVER => {
                self.expiring.insert(expiry_key(jobs, handle), handle, |h| expiry_key(jobs, h));
            }
            State::Completed { .. } | State::Failed { .. } => self.plan_forgetting(Entry::Job(handle)),
            _ => {}
        }
    }

    /// Takes a job out of the indexes of its state.
    pub(super) fn leave(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        let jobs = &self.jobs;
        let (state, expires) = (job.state, job.expires());
        match state {
            State::Waiting { .. } => {
                self.waiting.remove(place_key(jobs, handle), handle);
            }
            State::Delayed { .. } => {
                self.delayed.remove(due_key(jobs, handle), handle);
            }
            State::Blocked { after, .. } => {
                self.blocked.remove(place_key(jobs, handle), handle);
                self.batches.unblock(after.batch, job.seq, handle);
            }
            State::Active { token, worker, .. } => {
                self.workers.take(worker, token, handle);
                self.leave_active(handle);
                return;
            }
            State::Completed { .. } => {
                self.completed.remove(finished_key(jobs, handle), handle);
            }
            State::Failed { .. } => {
                self.failed.remove(finished_key(jobs, handle), handle);
            }
        }
        match state {
            State::Waiting { .. } | State::Delayed { .. } | State::Blocked { .. } if expires != FOREVER => {
                self.expiring.remove(expiry_key(jobs, handle), handle);
            }
            State::Completed { .. } | State::Failed { .. } => self.cancel_forgetting(Entry::Job(handle)),
            _ => {}
        }
    }

    pub(super) fn enter_active(&mut self, handle: Handle) {
        let jobs = &self.jobs;
        self.active.insert(due_key(jobs, handle), handle, |h| due_key(jobs, h));
    }

    pub(super) fn leave_active(&mut self, handle: Handle) {
        let jobs = &self.jobs;
        self.active.remove(due_key(jobs, handle), handle);
    }
}
