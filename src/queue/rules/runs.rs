//! How the runs of a job begin and end: who claims it for how long, what its history keeps of them, and what a worker may
//! still do whose lease was lost.
//!
//! Until the job is claimed or retried, the worker that lost its lease is still the last one that had it. If it
//! answers now, the run ends as it says, and the loss is taken back.

use crate::queue::jobs::{run_error, Job, JobState, Run, RunEnd, StateData};
use crate::queue::stats::{Event, SeriesCount};
use crate::queue::store::{EndState, Handle};
use crate::queue::time::{after, run_begins, Now, FOREVER};
use crate::queue::value::Queue;
use std::sync::Arc;

/// A life may lose so many times as many leases as a job may lose without progress.
const ALL_LOSSES: u64 = 4;

impl Queue {
    /// When a run of a job ends that was claimed at `claimed_at` under `token`, however often its lease is extended.
    pub(crate) fn run_until(&self, job: &Job, claimed_at: u64, token: u64) -> u64 {
        after(run_begins(claimed_at, token), self.max_run(job))
    }

    /// The same for a run that begins at `at`. While the clock of the queue stands still its time does not pass.
    pub(crate) fn next_run_until(&self, job: &Job, at: u64, token: u64) -> u64 {
        after(self.clock_at(run_begins(at, token)), self.max_run(job))
    }

    fn max_run(&self, job: &Job) -> u64 {
        self.jobs.table.max_run(job).unwrap_or(self.settings.max_run)
    }

    /// The same for the run of an active job.
    pub(crate) fn present_run_until(&self, job: &Job) -> u64 {
        match job.state {
            StateData::Active { since, token, .. } => self.run_until(job, since, token),
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. }
            | StateData::Completed { .. }
            | StateData::Failed { .. } => FOREVER,
        }
    }

    /// How many more NACKs a job survives: 0, the next one is its last. With a rerun set for the time after it the
    /// newest payload goes next.
    pub(crate) fn failures_left(&self, job: &Job) -> u32 {
        let attempts = self.options(job).attempts.unwrap_or(self.settings.attempts);
        if job.has_rerun() {
            0
        } else {
            attempts.saturating_sub(job.nacks).saturating_sub(1)
        }
    }

    /// How many more lost leases a job survives, in the same way.
    pub(crate) fn losses_left(&self, job: &Job) -> u64 {
        let most = u64::from(self.settings.max_losses);
        if job.has_rerun() {
            return 0;
        }
        let in_all = (ALL_LOSSES * most).saturating_sub(job.all_losses());
        most.saturating_sub(job.losses.into()).min(in_all)
    }

    /// A worker has claimed the job.
    pub(crate) fn give(&mut self, handle: Handle, token: u64, worker: &[u8], lease_until: u64, now: Now) {
        let at = now.millis();
        let Some(job) = self.jobs.get(handle) else { return };
        if let StateData::Waiting { since, .. } = job.state {
            self.stats.waits.make().record(at.saturating_sub(since));
        }
        self.stats.record(Event::Claimed);
        self.last_token = self.last_token.max(token);
        self.leave(handle);
        let workers = self.workers.make();
        let worker = workers.number(worker);
        workers.record_seen(worker, at);
        let lease_until = self.lead.queue_ms(lease_until);
        self.jobs.edit(handle, |job| {
            job.state = StateData::Active { token, since: at, lease_until, worker };
            // PX and MAXWAIT are for jobs that no worker claims; this one was claimed.
            if let Some(extras) = &mut job.extras {
                extras.expires = FOREVER;
                extras.latest_due = FOREVER;
                extras.take_lost_life();
            }
        });
        self.enter(handle);
        self.claimed(handle, now.next_ms());
        self.log_move(Event::Claimed, handle, JobState::Waiting, at);
    }

    /// The lease of an active job ends at another instant.
    pub(crate) fn move_lease(&mut self, handle: Handle, until: u64) {
        let (jobs, lease_until) = (&mut self.jobs, self.lead.queue_ms(until));
        let Some(job) = jobs.table.get(handle) else { return };
        let StateData::Active { token, since, worker, .. } = job.state else { return };
        jobs.indexes.remove_active(handle, job);
        jobs.edit(handle, |job| job.state = StateData::Active { token, since, lease_until, worker });
        if let Some(job) = jobs.table.get(handle) {
            jobs.indexes.insert_active(&jobs.table, handle, job);
        }
    }

    pub(crate) fn note_nack(&mut self, handle: Handle, error: Option<&[u8]>) {
        self.jobs.edit(handle, |job| {
            job.nacks = job.nacks.saturating_add(1);
            if let Some(error) = error {
                job.extras_mut().error = Some(error.into());
            }
        });
    }

    /// Writes down that the run of an active job ends. Called before anything of the job is changed.
    pub(crate) fn record_run(&mut self, handle: Handle, end: RunEnd, error: Option<&[u8]>, at: u64) {
        let Some(job) = self.jobs.get(handle) else { return };
        let StateData::Active { token, since, worker, .. } = job.state else { return };
        let (attempt, worker) = (job.attempt(), self.workers.shared_name(worker));
        let error = error.map(run_error);
        let run = Run { token, attempt, worker, claimed_at: since, ended_at: at, end, error };
        self.write_down(handle, run);
    }

    /// Writes down a run that has ended.
    fn write_down(&mut self, handle: Handle, run: Run<Arc<[u8]>>) {
        self.jobs.edit(handle, |job| {
            let extras = job.extras_mut();
            let released = u32::from(run.end == RunEnd::Released);
            extras.releases = extras.releases.saturating_add(released);
            extras.history.push(run);
        });
    }

    /// The worker has come further: what was lost before is no sign any more that the job takes its workers down.
    pub(crate) fn note_progress(&mut self, handle: Handle, data: &[u8]) {
        self.jobs.edit(handle, |job| {
            let losses = u32::from(job.losses);
            let extras = job.extras_mut();
            if extras.progress.as_deref() == Some(data) {
                return;
            }
            extras.progress = Some(data.into());
            extras.earlier_losses = extras.earlier_losses.saturating_add(losses);
            job.losses = 0;
        });
    }

    /// The run of a job whose lease was lost goes on, as far as its history knows, and the loss is not counted any
    /// more. None: its lease was not lost, or the job was claimed or retried since.
    fn take_loss_back(&mut self, handle: Handle) -> Option<Run<Arc<[u8]>>> {
        self.jobs.get(handle)?.lost_run()?;
        let mut run = None;
        self.jobs.edit(handle, |job| {
            run = job.extras.as_mut().and_then(|extras| extras.history.pop());
            job.losses = job.losses.saturating_sub(1);
        });
        run
    }

    /// The same, and writes down how the run has ended: its worker said so late.
    pub(crate) fn end_lost_run(&mut self, handle: Handle, end: RunEnd, error: Option<&[u8]>, at: u64) {
        let Some(run) = self.take_loss_back(handle) else { return };
        let run = Run { ended_at: at, end, error: error.map(run_error), ..run };
        self.write_down(handle, run);
    }

    /// The worker says how its run has ended, while it has the lease or after it lost it.
    pub(crate) fn end_run(&mut self, handle: Handle, end: RunEnd, error: Option<&[u8]>, at: u64) {
        self.record_run(handle, end, error, at);
        self.end_lost_run(handle, end, error, at);
    }

    /// The worker has done the job.
    pub(crate) fn complete(
        &mut self,
        handle: Handle,
        result: Option<&[u8]>,
        keep_until: Option<u64>,
        now: Now,
    ) {
        // A run that was lost is in the history, too.
        if self.jobs.get(handle).is_some_and(Job::has_history) {
            self.end_run(handle, RunEnd::Completed, None, now.millis());
        }
        if let Some(result) = result {
            self.jobs.edit(handle, |job| job.extras_mut().result = Some(result.into()));
        }
        self.end_and_keep(handle, EndState::Completed, keep_until, now);
    }

    /// The ACK of a job that has failed because its lease was lost too often: the record is that of a completed job.
    pub(crate) fn complete_late(
        &mut self,
        handle: Handle,
        result: Option<&[u8]>,
        keep_until: Option<u64>,
        now: Now,
    ) {
        let at = now.millis();
        let Some(StateData::Failed { token, .. }) = self.jobs.get(handle).map(|job| job.state) else {
            return;
        };
        self.end_lost_run(handle, RunEnd::Completed, None, at);
        self.jobs.edit(handle, |job| {
            let extras = job.extras_mut();
            extras.error = None;
            extras.result = result.map(Box::from);
        });
        self.stats.record(Event::Completed);
        self.stats.series.count(SeriesCount::Completed, at);
        self.log_end(handle, EndState::Completed, at);
        let Some(job) = self.jobs.get(handle) else { return };
        let batch = self.batch_of(job);
        self.subscriptions.job_ended(job.id(), EndState::Completed.into(), result);
        self.count_completed_after_all(batch, now);
        self.leave(handle);
        self.keep_or_drop(handle, EndState::Completed, token, keep_until, now);
    }

    /// The NACK of a job that has failed because its lease was lost too often: its error is what the worker says.
    pub(crate) fn fail_late(&mut self, handle: Handle, error: Option<&[u8]>, at: u64) {
        self.end_lost_run(handle, RunEnd::Failed, error, at);
        self.note_nack(handle, error);
    }

    /// The job goes back to the worker that lost its lease, under the token it had.
    pub(crate) fn take_back(&mut self, handle: Handle, lease_until: u64, at: u64) {
        let Some(Run { token, worker, claimed_at, .. }) = self.take_loss_back(handle) else { return };
        self.leave(handle);
        let workers = self.workers.make();
        let worker = workers.number(&worker);
        workers.record_seen(worker, at);
        let lease_until = self.lead.queue_ms(lease_until);
        self.jobs.edit(handle, |job| {
            job.state = StateData::Active { token, since: claimed_at, lease_until, worker }
        });
        self.enter(handle);
    }
}
