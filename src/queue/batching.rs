//! What batches mean for jobs: membership, gates, the moment of completion.
//!
//! Numbers change in the same mutation that moves a job, so they are exact at every instant; what follows from a batch
//! that has finished happens job by job, in bounded steps of [`super::settle`].

use super::batches::{After, Batch, BatchNumber, Gate, Members};
use super::ending::after;
use super::job::{Job, StateData};
use super::{Effect, EndState, Event, Handle, JobState, NewJob, Queue, Session, MAX_BATCH};
use std::collections::BTreeMap;

/// How a new job is tied to batches, by their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchRefs<'a> {
    /// It is a member of this one.
    pub batch: Option<&'a [u8]>,
    /// It waits for this one.
    pub after: Option<(&'a [u8], Gate)>,
}

/// All that is known about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct BatchView {
    pub name: Vec<u8>,
    pub sealed: bool,
    pub members: Members,
    pub duplicates: u64,
    /// Jobs that wait for it.
    pub blocked: usize,
    pub created_at: u64,
    pub finished_at: Option<u64>,
}

impl Queue {
    /// The batch of this name. O(log batches).
    #[must_use]
    pub fn batch(&self, name: &[u8]) -> Option<BatchView> {
        let number = self.batches.find(name)?;
        self.batches.get(number).map(|batch| self.view_batch(number, batch))
    }

    /// At most `count` batches, oldest first, from a number on, and the number at which the next page begins.
    #[must_use]
    pub fn list_batches(&self, from: u64, count: usize) -> (Vec<BatchView>, Option<u64>) {
        let mut batches = self.batches.iter_from(from);
        let page = batches.by_ref().take(count).map(|(n, batch)| self.view_batch(n, batch)).collect();
        (page, batches.next().map(|(number, _)| number.0))
    }

    /// How many batches there are.
    #[must_use]
    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }

    fn view_batch(&self, number: BatchNumber, batch: &Batch) -> BatchView {
        let mut view = view(batch);
        view.duplicates = view.duplicates.saturating_add(self.refusals.of(number));
        view
    }

    pub(crate) fn batch_name(&self, number: BatchNumber) -> Option<&[u8]> {
        self.batches.get(number).map(|batch| &*batch.name)
    }

    pub(crate) fn find_batch(&self, name: &[u8]) -> Option<BatchNumber> {
        self.batches.find(name)
    }

    pub(crate) fn batch_of(&self, job: &Job) -> Option<BatchNumber> {
        self.recipes.get(job.recipe).batch
    }

    /// Whether the batches that `new` names by number are there, and its own takes members.
    pub(crate) fn fits_its_batches(&self, new: &NewJob<'_>) -> bool {
        let takes_it = |number| self.batches.get(number).is_some_and(|batch| !batch.sealed);
        new.recipe.batch.is_none_or(takes_it)
            && new.after.is_none_or(|after| self.batches.get(after.batch).is_some())
    }

    /// Whether a batch can be dropped: it is there and no job waits for it.
    pub(crate) fn may_be_forgotten(&self, number: BatchNumber) -> bool {
        self.batches.get(number).is_some_and(|batch| batch.blocked.is_empty())
    }

    /// Whether batches that were read back can be those of the jobs: no sealed one should have finished, and none has
    /// more failed members than it counts.
    pub(super) fn batches_fit_their_members(&self) -> bool {
        let mut failed: BTreeMap<BatchNumber, u64> = BTreeMap::new();
        for (_, job) in self.jobs.iter().filter(|(_, job)| job.phase() == JobState::Failed) {
            if let Some(batch) = self.batch_of(job) {
                *failed.entry(batch).or_default() += 1;
            }
        }
        self.batches.iter_from(0).all(|(number, batch)| {
            let is_over = batch.sealed && batch.members.pending == 0;
            let kept = failed.get(&number).copied().unwrap_or_default();
            (batch.is_finished() || !is_over) && kept <= batch.members.failed
        })
    }

    pub(super) fn seal(&mut self, number: BatchNumber, at: u64) {
        if let Some(batch) = self.batches.get_mut(number) {
            batch.sealed = true;
            self.happens(Event::BatchSealed);
        }
        self.finish_if_done(number, at);
    }

    /// Drops a batch. On a replica clients may wait for it of whom the primary knew nothing.
    pub(super) fn forget_batch(&mut self, number: BatchNumber) {
        if let Some(batch) = self.batches.get(number) {
            self.subscriptions.batch_gone(&batch.name);
        }
        self.batches.drop(number);
    }

    pub(super) fn count_duplicates(&mut self, count: u64, batch: Option<BatchNumber>) {
        if let Some(batch) = batch.and_then(|number| self.batches.get_mut(number)) {
            batch.duplicates = batch.duplicates.saturating_add(count);
        }
    }

    /// A member is pending that was not counted.
    pub(super) fn count_in(&mut self, batch: Option<BatchNumber>) {
        if let Some(batch) = batch.and_then(|number| self.batches.get_mut(number)) {
            batch.members.pending = batch.members.pending.saturating_add(1);
        }
    }

    /// A pending member has ended.
    pub(super) fn count_out(&mut self, batch: Option<BatchNumber>, ending: EndState, at: u64) {
        let Some(number) = batch else { return };
        let Some(batch) = self.batches.get_mut(number) else { return };
        batch.members.pending = batch.members.pending.saturating_sub(1);
        let count = batch.members.of(ending);
        *count = count.saturating_add(1);
        self.finish_if_done(number, at);
    }

    /// A failed member is pending again. What its batch has released stays so.
    pub(super) fn count_back(&mut self, batch: Option<BatchNumber>) {
        if let Some(batch) = batch.and_then(|number| self.batches.get_mut(number)) {
            batch.members.failed = batch.members.failed.saturating_sub(1);
            batch.members.pending = batch.members.pending.saturating_add(1);
        }
    }

    fn finish_if_done(&mut self, number: BatchNumber, at: u64) {
        let keep_until = after(at, self.settings.keep_batches);
        if !self.batches.finish_if_done(number, at, keep_until) {
            return;
        }
        self.happens(Event::BatchFinished);
        if let Some(batch) = self.batches.get(number) {
            self.subscriptions.batch_finished(&batch.name, || view(batch));
        }
    }

    /// When the job changes without a command: at its own time, or at once when its batch has finished.
    pub(super) fn due_of(&self, job: &Job) -> u64 {
        match job.state {
            StateData::Blocked { after, .. } if self.decision(after).is_some() => 0,
            _ => job.due(),
        }
    }

    /// Whether a job that waits for a batch may go on, and since when that is so; None: not decided yet.
    fn decision(&self, after: After) -> Option<(bool, u64)> {
        let batch = self.batches.get(after.batch)?;
        Some((batch.lets_pass(after.gate)?, batch.finished_at))
    }

    /// The next step of a blocked job: its batch has finished, or it expires.
    pub(super) fn step_blocked(&mut self, handle: Handle, after: After, due: u64, expires: u64) {
        match self.decision(after) {
            Some((passes, at)) if at < expires => self.unblock(handle, passes, after.batch, due, at),
            _ => self.end(handle, EndState::Expired, expires),
        }
    }

    /// A job that has just been added after a batch that finished long ago need not wait.
    pub(super) fn pass_if_decided(&mut self, handle: Handle, at: u64) {
        let Some(StateData::Blocked { after, due }) = self.jobs.get(handle).map(|job| job.state) else {
            return;
        };
        if let Some((passes, _)) = self.decision(after) {
            self.unblock(handle, passes, after.batch, due, at);
        }
    }

    /// Lets a blocked job go on, or fail.
    fn unblock(&mut self, handle: Handle, passes: bool, batch: BatchNumber, due: u64, at: u64) {
        if passes {
            self.happens(Event::Unblocked);
            self.join_end(handle, Some(due).filter(|due| *due > at), at);
        } else {
            let error = self.batches.get(batch).map(unmet);
            self.edit(handle, |job| job.extras_mut().error = error);
            self.end(handle, EndState::Failed, at);
        }
    }

    /// Whether jobs wait that need not any more.
    pub(super) fn has_released(&self) -> bool {
        self.batches.next_release().is_some()
    }
}

impl Session<'_> {
    /// Whether a batch takes a new member. An id that is known is no new member.
    pub(super) fn takes_members(&self, batch: Option<&[u8]>) -> bool {
        let known = batch.and_then(|name| self.queue.batches.find(name));
        known.and_then(|number| self.queue.batches.get(number)).is_none_or(|batch| !batch.sealed)
    }

    /// The batch of this name; opened when it is mentioned for the first time.
    pub(super) fn mention(&mut self, name: &[u8]) -> Option<BatchNumber> {
        if let Some(number) = self.queue.batches.find(name) {
            return Some(number);
        }
        self.change(&Effect::BatchOpened { name });
        self.queue.batches.find(name)
    }

    /// `new` with its batches by number.
    pub(super) fn tie<'a>(&mut self, new: &NewJob<'a>, batch_refs: &BatchRefs<'_>) -> NewJob<'a> {
        let mut tied = *new;
        // What cannot be refused, a key's expiry, is no member of a batch that is sealed.
        let batch = batch_refs.batch.filter(|_| self.takes_members(batch_refs.batch));
        tied.recipe.batch = batch.and_then(|name| self.mention(name));
        tied.after =
            batch_refs.after.and_then(|(name, gate)| Some(After { batch: self.mention(name)?, gate }));
        tied
    }

    /// No more members. False: it was sealed.
    pub fn seal(&mut self, name: &[u8]) -> bool {
        let Some(batch) = self.mention(name) else { return false };
        let changes = self.queue.batches.get(batch).is_some_and(|batch| !batch.sealed);
        if changes {
            self.change(&Effect::BatchSealed { batch });
        }
        changes
    }

    /// Drops a batch nobody waits for; members that are pending go on without it. False: there is none, or somebody
    /// waits for it.
    pub fn forget_batch(&mut self, name: &[u8]) -> bool {
        let Some(batch) = self.queue.batches.find(name) else { return false };
        let may_go = self.queue.may_be_forgotten(batch) && !self.queue.subscriptions.is_batch_awaited(name);
        if may_go {
            self.change(&Effect::BatchForgotten { batch });
        }
        may_go
    }
}

fn view(batch: &Batch) -> BatchView {
    BatchView {
        name: batch.name.to_vec(),
        sealed: batch.sealed,
        members: batch.members,
        duplicates: batch.duplicates,
        blocked: batch.blocked.len(),
        created_at: batch.created_at,
        finished_at: Some(batch.finished_at).filter(|at| *at != 0),
    }
}

/// Why a job fails that wanted every member completed.
fn unmet(batch: &Batch) -> Box<[u8]> {
    let Members { pending, failed, expired, cancelled, .. } = batch.members;
    let mut text = b"batch '".to_vec();
    text.extend_from_slice(&batch.name);
    let numbers = [(pending, "pending"), (failed, "failed"), (expired, "expired"), (cancelled, "cancelled")];
    let told: Vec<_> =
        numbers.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let told = format!("' was not all completed: {} of {}", told.join(", "), batch.members.total());
    text.extend_from_slice(told.as_bytes());
    text.into_boxed_slice()
}

/// 1 to 512 bytes.
pub(crate) fn valid_batch_name(name: &[u8]) -> bool {
    (1..=MAX_BATCH).contains(&name.len())
}
