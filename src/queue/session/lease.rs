//! What a token is worth: whether it still is the lease of a job, and what has become of it if it is not.

use super::access::Session;
use crate::queue::effect::JobEffect;
use crate::queue::jobs::{RunEnd, StateData};
use crate::queue::store::{EndState, Handle, IdEntry};

/// Why a token does not give access to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The lease is this worker's.
    Valid,
    /// No such job.
    Unknown,
    /// The lease is not this worker's any more.
    Lost,
    /// The job is cancelled, or is to be.
    Cancelled,
    /// It is, but the job has the field that UNLESS named.
    HasField,
    /// The worker itself has ended the run under this token: it has said so before.
    Ended,
}

/// What a token is worth for an id.
pub(super) struct LeaseMatch {
    pub(super) lease: Lease,
    /// The active job of [`Lease::Valid`], or of a [`Lease::Cancelled`] that ends once the reply says so.
    pub(super) job: Option<Handle>,
}

impl Session<'_> {
    /// The job whose last lease, that of `token`, was lost, and which was neither claimed nor retried since.
    pub(super) fn lost_under(&self, token: u64, entry: Option<IdEntry>) -> Option<(Handle, StateData)> {
        let Some(IdEntry::Job(handle)) = entry else { return None };
        let job = self.queue.job(handle)?;
        job.lost_run().filter(|run| run.token == token).map(|_| (handle, job.state))
    }

    /// The same for one that will be tried again.
    pub(super) fn waiting_by_loss(&self, token: u64, entry: Option<IdEntry>) -> Option<Handle> {
        let (handle, state) = self.lost_under(token, entry)?;
        matches!(state, StateData::Waiting { .. }).then_some(handle)
    }

    /// The same for one that has failed because of it.
    pub(super) fn failed_by_loss(&self, token: u64, entry: Option<IdEntry>) -> Option<Handle> {
        let (handle, state) = self.lost_under(token, entry)?;
        matches!(state, StateData::Failed { .. }).then_some(handle)
    }

    /// What `token` is worth to a worker that says its run of `entry` has ended so. It may say so late, and
    /// again.
    pub(super) fn match_run(&self, token: u64, entry: Option<IdEntry>, end: RunEnd) -> LeaseMatch {
        if let Some(job) = self.waiting_by_loss(token, entry) {
            return LeaseMatch { lease: Lease::Valid, job: Some(job) };
        }
        let matched = self.match_lease(token, entry);
        let is_repeated = matched.lease == Lease::Lost
            && entry.and_then(|entry| self.end_under(token, entry)).is_some_and(|before| before == end);
        if is_repeated {
            return LeaseMatch { lease: Lease::Ended, job: None };
        }
        matched
    }

    /// What has become of a lease that is lost: its worker may have ended the run itself.
    pub(super) fn ended_or(&self, token: u64, entry: Option<IdEntry>, lease: Lease) -> Lease {
        let end = entry.filter(|_| lease == Lease::Lost).and_then(|entry| self.end_under(token, entry));
        match end {
            Some(RunEnd::Completed | RunEnd::Failed | RunEnd::Released) => Lease::Ended,
            Some(RunEnd::Lost) | None => lease,
        }
    }

    /// How the run of `token` ended, as far as that is known.
    pub(super) fn end_under(&self, token: u64, entry: IdEntry) -> Option<RunEnd> {
        if self.was_done_under(token, entry) {
            return Some(RunEnd::Completed);
        }
        match entry {
            IdEntry::Remembered(handle) => {
                let record = self.queue.record(handle).filter(|record| record.token == token && token != 0);
                record.filter(|record| record.end_state == EndState::Failed).map(|_| RunEnd::Failed)
            }
            IdEntry::Job(handle) => self.queue.job(handle)?.extras.as_ref()?.history.end_of(token),
        }
    }

    /// The job whose life before this one ended because the lease of `token` ran out.
    pub(super) fn ended_by_loss_under(&self, token: u64, entry: IdEntry) -> Option<Handle> {
        let IdEntry::Job(handle) = entry else { return None };
        let lost = self.queue.job(handle)?.lost_life()?;
        (lost.token == token).then_some(handle)
    }

    /// The job that waits because the lease of `token` ran out. No claim has the token 0.
    pub(super) fn waiting_under(&self, token: u64, entry: IdEntry) -> Option<Handle> {
        let IdEntry::Job(handle) = entry else { return None };
        if token == 0 {
            return None;
        }
        let state = self.queue.job(handle)?.state;
        matches!(state, StateData::Waiting { lapsed, .. } if lapsed == token).then_some(handle)
    }

    /// Whether a job, or its life before a rerun, was completed under `token`.
    pub(super) fn was_done_under(&self, token: u64, entry: IdEntry) -> bool {
        match entry {
            _ if token == 0 => false,
            IdEntry::Remembered(handle) => self
                .queue
                .record(handle)
                .is_some_and(|r| r.end_state == EndState::Completed && r.token == token),
            IdEntry::Job(handle) => self.queue.job(handle).is_some_and(|job| match job.state {
                StateData::Completed { token: done, .. } => done == token,
                _ => job.extras.as_ref().is_some_and(|extras| extras.done_under == token),
            }),
        }
    }

    /// The reply says to a worker that its job is cancelled; the job ends with that.
    pub(super) fn end_if_cancelled(&mut self, lease: Lease, job: Option<Handle>) -> Lease {
        if let (Lease::Cancelled, Some(handle)) = (lease, job) {
            self.change_job(handle, JobEffect::Cancelled);
        }
        lease
    }

    /// Whether `token` is that of the lease on what `entry` leads to.
    pub(super) fn match_lease(&self, token: u64, entry: Option<IdEntry>) -> LeaseMatch {
        let not_active = |lease| LeaseMatch { lease, job: None };
        match entry {
            None => not_active(Lease::Unknown),
            Some(IdEntry::Remembered(handle)) => match self.queue.record(handle) {
                Some(r) if r.end_state == EndState::Cancelled && r.token == token && token != 0 => {
                    not_active(Lease::Cancelled)
                }
                _ => not_active(Lease::Lost),
            },
            Some(IdEntry::Job(handle)) => match self.queue.job(handle) {
                Some(job) if matches!(job.state, StateData::Active { token: held, .. } if held == token) => {
                    let lease = if job.cancel_asked() { Lease::Cancelled } else { Lease::Valid };
                    LeaseMatch { lease, job: Some(handle) }
                }
                _ => not_active(Lease::Lost),
            },
        }
    }
}
