//! What batches mean for jobs: membership, conditions, the moment at which a batch finishes.
//!
//! Numbers change in the same mutation that moves a job, so they are exact at every instant; what follows
//! from a batch that has finished happens job by job, in bounded steps of [`Queue::advance`].

use crate::queue::batches::{view, Batch, BatchNumber, BatchRefs, Decision, Dependency, Members};
use crate::queue::jobs::{Gate, Job, JobState, Place, StateData, UnmetDependency};
use crate::queue::stats::Event;
use crate::queue::store::{EndState, Handle};
use crate::queue::time::{after, Now, LARGEST_COUNT};
use crate::queue::value::Queue;
use std::collections::BTreeMap;

impl Queue {
    pub(crate) fn batch_name(&self, number: BatchNumber) -> Option<&[u8]> {
        self.batches.get(number).map(|batch| &*batch.name)
    }

    pub(crate) fn find_batch(&self, name: &[u8]) -> Option<BatchNumber> {
        self.batches.find(name)
    }

    pub(crate) fn batch_of(&self, job: &Job) -> Option<BatchNumber> {
        self.jobs.table.batch_of(job)
    }

    /// Whether the batches that a new job refers to are there, and the one it is to be a member of takes
    /// members.
    pub(crate) fn has_batches(&self, batches: &BatchRefs<BatchNumber>) -> bool {
        let takes_it = |number| self.batches.get(number).is_some_and(|batch| !batch.sealed);
        batches.batch.is_none_or(takes_it)
            && batches.after.is_none_or(|after| self.batches.get(after.batch).is_some())
    }

    /// Whether a batch can be dropped: it is there and no job waits for it.
    pub(crate) fn may_be_forgotten(&self, number: BatchNumber) -> bool {
        self.batches.get(number).is_some_and(Batch::blocks_no_job)
    }

    /// Whether batches that were read back can be those of the jobs: no sealed one should have finished, and
    /// none has more failed members than it counts. A life that ended with a lost lease was one.
    pub(crate) fn batches_fit_their_members(&self) -> bool {
        let mut failed: BTreeMap<BatchNumber, u64> = BTreeMap::new();
        for (_, job) in self.jobs.iter() {
            let kept = (job.state_name() == JobState::Failed).then(|| self.batch_of(job)).flatten();
            for batch in [kept, job.lost_life().and_then(|lost| lost.batch)].into_iter().flatten() {
                *failed.entry(batch).or_default() += 1;
            }
        }
        self.batches.iter_from(0).all(|(number, batch)| {
            let is_over = batch.sealed && batch.members.pending == 0;
            let kept = failed.get(&number).copied().unwrap_or_default();
            (batch.is_finished() || !is_over) && kept <= batch.members.failed
        })
    }

    pub(crate) fn seal(&mut self, number: BatchNumber, now: Now) {
        if self.batches.get(number).is_some() {
            self.batches.make().edit(number, |batch| batch.sealed = true);
            self.stats.record(Event::BatchSealed);
            self.log_of_batch(Event::BatchSealed, number, now.millis());
        }
        self.settle_if_done(number, now);
    }

    /// Drops a batch. On a replica clients may wait for it of whom the primary knew nothing.
    pub(crate) fn forget_batch(&mut self, number: BatchNumber) {
        if let Some(batch) = self.batches.get(number) {
            self.subscriptions.batch_gone(&batch.name);
        }
        self.batches.make().drop(number);
    }

    /// Opens a batch.
    pub(crate) fn open_batch(&mut self, name: &[u8], now: Now) {
        let open_until = self.open_until(now);
        self.batches.make().open(name, now.millis(), open_until);
    }

    /// A batch is mentioned: an open one is kept for a while from now on.
    pub(crate) fn mention_batch(&mut self, number: BatchNumber, now: Now) {
        let keep_until = self.open_until(now);
        self.batches.make().edit(number, |batch| {
            if !batch.sealed {
                batch.keep_until = keep_until;
            }
        });
    }

    /// Whether a batch would be dropped some time if no job waited for it.
    pub(crate) fn is_open_and_empty(&self, number: BatchNumber) -> bool {
        self.batches.get(number).is_some_and(Batch::is_open_and_empty)
    }

    /// Until when an open batch is kept that is mentioned now.
    fn open_until(&self, now: Now) -> u64 {
        open_until(now.next_ms(), self.settings.keep_batches)
    }

    pub(crate) fn count_duplicates(&mut self, count: u64, batch: Option<BatchNumber>) {
        let Some(number) = batch else { return };
        self.batches.make().edit(number, |batch| {
            batch.duplicates = batch.duplicates.saturating_add(count).min(LARGEST_COUNT);
        });
    }

    /// A member is pending that was not counted. While one is, its batch is not dropped.
    pub(crate) fn count_in(&mut self, batch: Option<BatchNumber>) {
        let Some(number) = batch else { return };
        self.batches
            .make()
            .edit(number, |batch| batch.members.pending = batch.members.pending.saturating_add(1));
    }

    /// A pending member has ended.
    pub(crate) fn count_out(&mut self, batch: Option<BatchNumber>, end_state: EndState, now: Now) {
        let Some(number) = batch else { return };
        self.batches.make().edit(number, |batch| {
            batch.members.pending = batch.members.pending.saturating_sub(1);
            let count = batch.members.of(end_state);
            *count = count.saturating_add(1).min(LARGEST_COUNT);
        });
        self.mention_batch(number, now);
        self.settle_if_done(number, now);
    }

    /// A failed member was completed after all. What its batch has released or failed stays so.
    pub(crate) fn count_completed_after_all(&mut self, batch: Option<BatchNumber>, now: Now) {
        let Some(number) = batch else { return };
        self.batches.make().edit(number, |batch| {
            batch.members.failed = batch.members.failed.saturating_sub(1);
            batch.members.completed = batch.members.completed.saturating_add(1).min(LARGEST_COUNT);
        });
        self.mention_batch(number, now);
    }

    /// A member that had ended so is pending again. What its batch has released stays so; what it has not waits on.
    pub(crate) fn count_back(&mut self, batch: Option<BatchNumber>, ended: EndState) {
        let Some(number) = batch else { return };
        self.batches.make().edit(number, |batch| {
            let count = batch.members.of(ended);
            *count = count.saturating_sub(1);
            batch.members.pending = batch.members.pending.saturating_add(1);
        });
    }

    fn settle_if_done(&mut self, number: BatchNumber, now: Now) {
        let keep_until = after(now.next_ms(), self.settings.keep_batches);
        if !self.batches.make().settle_if_done(number, now.millis(), keep_until) {
            return;
        }
        self.stats.record(Event::BatchFinished);
        self.log_of_batch(Event::BatchFinished, number, now.millis());
        if let Some(batch) = self.batches.get(number) {
            self.subscriptions.batch_finished(&batch.name, || view(batch));
        }
    }

    /// When the job changes without a command: at its own time, or at once when its batch has finished.
    pub(crate) fn due_of(&self, job: &Job) -> u64 {
        match job.state {
            StateData::Blocked { gate: Gate::Batch(after), .. } if self.decision(after).is_some() => 0,
            _ => job.due(self.lead),
        }
    }

    /// What is decided of a job that waits for a batch, and since when; None: nothing yet.
    fn decision(&self, after: Dependency<BatchNumber>) -> Option<(Decision, u64)> {
        self.batches.get(after.batch)?.decision(after.condition)
    }

    /// The next step of a blocked job: its batch has finished, or it expires.
    pub(crate) fn step_blocked(
        &mut self,
        handle: Handle,
        after: Dependency<BatchNumber>,
        due: u64,
        expires: u64,
    ) {
        match self.decision(after) {
            Some((decision, at)) if at < expires => {
                self.unblock(handle, decision, after.batch, due, Now::from_ms(at));
            }
            _ => self.end(handle, EndState::Expired, Now::from_ms(expires)),
        }
    }

    /// A job that has just been added after a batch that finished long ago need not wait.
    pub(crate) fn pass_if_decided(&mut self, handle: Handle, now: Now) {
        let state = self.jobs.get(handle).map(|job| job.state);
        let Some(StateData::Blocked { gate: Gate::Batch(after), due }) = state else { return };
        if let Some((decision, _)) = self.decision(after) {
            self.unblock(handle, decision, after.batch, due, now);
        }
    }

    /// Lets a blocked job go on, or fail.
    fn unblock(&mut self, handle: Handle, decision: Decision, batch: BatchNumber, due: u64, now: Now) {
        let at = now.millis();
        match decision {
            Decision::Met => {
                self.stats.record(Event::Unblocked);
                let place = self.jobs.get(handle).map_or(Place::End, Job::place);
                self.rejoin(handle, place, Some(due).filter(|due| *due > at), at);
                self.log_move(Event::Unblocked, handle, JobState::Blocked, at);
            }
            Decision::Unmet => {
                let error = self.batches.get(batch).map(error_of);
                self.jobs.edit(handle, |job| {
                    let extras = job.extras_mut();
                    extras.error = error;
                    extras.unmet = Some(Box::new(UnmetDependency { batch, due }));
                });
                self.end(handle, EndState::Failed, now);
            }
        }
    }

    /// The dependency of a failed job whose batch was not all completed, if the batch is still there.
    pub(crate) fn unmet_dependency(&self, job: &Job) -> Option<UnmetDependency> {
        let unmet = job.extras.as_ref()?.unmet.as_deref()?;
        self.batches.get(unmet.batch).map(|_| *unmet)
    }

    /// Whether a failed job would not fail again at once if it was retried now.
    pub(crate) fn may_be_revived(&self, job: &Job) -> bool {
        let after = self.unmet_dependency(job).map(UnmetDependency::dependency);
        after.and_then(|after| self.decision(after)).is_none_or(|(decision, _)| decision == Decision::Met)
    }

    /// Whether jobs wait that need not any more.
    pub(crate) fn has_released(&self) -> bool {
        self.batches.has_releases()
    }
}

/// Until when an open batch is kept that is mentioned at `at`. Where finished batches are not kept, an open one
/// is all the same: nothing would be left to be sealed.
pub(crate) fn open_until(at: u64, keep_batches: u64) -> u64 {
    const UNLESS_KEPT: u64 = 86_400_000;
    after(at, if keep_batches == 0 { UNLESS_KEPT } else { keep_batches })
}

/// Why a job fails that wanted every member completed.
fn error_of(batch: &Batch) -> Box<[u8]> {
    let Members { pending, failed, expired, cancelled, .. } = batch.members;
    let mut text = b"batch '".to_vec();
    text.extend_from_slice(&batch.name);
    let numbers = [(pending, "pending"), (failed, "failed"), (expired, "expired"), (cancelled, "cancelled")];
    let counts: Vec<_> =
        numbers.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let counts = format!("' was not all completed: {} of {}", counts.join(", "), batch.members.total());
    text.extend_from_slice(counts.as_bytes());
    text.into_boxed_slice()
}
