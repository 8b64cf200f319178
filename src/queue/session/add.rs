//! Enqueueing: what an id that is known means for a new job.

use super::access::Session;
use crate::queue::effect::{Effect, JobEffect};
use crate::queue::jobs::{AddRequest, JobSpec, JobState, OnDup, StateData};
use crate::queue::store::{Handle, IdEntry, MAX_HANDLES};
use std::collections::BTreeSet;

/// What became of an ADD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Enqueued.
    Added,
    /// Refused: the id is known.
    Duplicate,
    /// It is what the known job is now.
    Replaced,
    /// It runs after the known job.
    Rerun,
}

impl Outcome {
    /// The manual's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Duplicate => "duplicate",
            Outcome::Replaced => "replaced",
            Outcome::Rerun => "rerun",
        }
    }
}

/// The answer to an ADD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// What became of it.
    pub outcome: Outcome,
    /// The state of the job the id leads to, or how it ended.
    pub state: JobState,
    /// The id, when the queue made it.
    pub made_id: Option<Vec<u8>>,
}

/// A limit of the queue, or a sealed batch, has no room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `max-ids`.
    MaxIds(u64),
    /// `max-jobs`.
    MaxJobs(u64),
    /// What the data type can hold.
    Capacity(u64),
    /// The batch takes no more members.
    Sealed,
}

/// What an id means to an ADD.
enum IdLookup {
    /// Unknown, or free again.
    Free,
    /// Finished, and its window is open.
    Deduplicated(JobState),
    /// Waiting, delayed, blocked or active.
    Unfinished(Handle),
}

impl Session<'_> {
    /// Whether the limits and the batch leave room for `count` jobs with these ids; None is an id that the
    /// queue makes. O(1) far from the limits, O(log n) per id near them or with a sealed batch.
    pub fn room_for<'a>(
        &mut self,
        count: usize,
        ids: impl Iterator<Item = Option<&'a [u8]>>,
        batch: Option<&[u8]>,
    ) -> Result<(), Refusal> {
        let is_open = self.takes_members(batch);
        let settings = *self.queue.settings();
        type MakeRefusal = fn(u64) -> Refusal;
        let limits: [(usize, u64, MakeRefusal); 3] = [
            (self.queue.known(), settings.max_ids, Refusal::MaxIds),
            (self.queue.unfinished(), settings.max_jobs, Refusal::MaxJobs),
            (self.queue.known(), MAX_HANDLES as u64, Refusal::Capacity),
        ];
        let over = |more_ids: usize, more_jobs: usize| {
            limits.into_iter().zip([more_ids, more_jobs, more_ids]).find_map(
                |((used, limit, refusal), more)| {
                    (limit > 0 && more > 0 && (used + more) as u64 > limit).then(|| refusal(limit))
                },
            )
        };
        if is_open && over(count, count).is_none() {
            return Ok(());
        }
        let (mut new_ids, mut new_jobs) = (0, 0);
        let mut seen = BTreeSet::new();
        for id in ids {
            let (is_new_job, is_new_id) = match id {
                None => (true, true),
                Some(id) if seen.insert(id) => {
                    let is_new_job = matches!(self.lookup(id), IdLookup::Free);
                    (is_new_job, is_new_job && self.queue.find(id).is_none())
                }
                Some(_) => (false, false),
            };
            new_jobs += usize::from(is_new_job);
            new_ids += usize::from(is_new_id);
        }
        match over(new_ids, new_jobs) {
            Some(refusal) => Err(refusal),
            None if new_jobs > 0 && !is_open => Err(Refusal::Sealed),
            None => Ok(()),
        }
    }

    /// Adds a job under `id`, or under one that the queue makes. The caller has asked [`Session::room_for`].
    pub fn enqueue(&mut self, id: Option<&[u8]>, request: &AddRequest<&[u8]>) -> Added {
        let Some(id) = id else { return self.enqueue_under_made_id(request) };
        let (outcome, state) = match self.lookup(id) {
            IdLookup::Free => (Outcome::Added, self.add(id, request)),
            IdLookup::Deduplicated(state) => self.deduplicate(state, request),
            IdLookup::Unfinished(handle) => self.resolve_conflict(handle, request),
        };
        Added { outcome, state, made_id: None }
    }

    fn add(&mut self, id: &[u8], request: &AddRequest<&[u8]>) -> JobState {
        let batches = self.resolve_batches(&request.batches);
        self.change(&Effect::Added { id, job: request.job, batches });
        if batches.after.is_none() {
            return self.start_state(&request.job);
        }
        // The batch it waits for may have finished long ago; then it has failed or goes on.
        let added = self.queue.view(id).map(|job| job.state);
        added.unwrap_or(JobState::Failed)
    }

    fn deduplicate(&mut self, state: JobState, request: &AddRequest<&[u8]>) -> (Outcome, JobState) {
        let batch = request.batches.batch.and_then(|name| self.mention(name));
        // Duplicates are journaled later; what keeps a batch that would be dropped is part of the state now.
        if let Some(batch) = batch.filter(|number| self.queue.is_open_and_empty(*number)) {
            self.change(&Effect::BatchMentioned { batch });
        }
        self.count_duplicate(batch);
        (Outcome::Duplicate, state)
    }

    fn enqueue_under_made_id(&mut self, request: &AddRequest<&[u8]>) -> Added {
        let mut number = self.queue.jobs.next_seq;
        let id = loop {
            let id = format!("{}-{number}", self.at()).into_bytes();
            if self.queue.find(&id).is_none() {
                break id;
            }
            number = number.wrapping_add(1);
        };
        let state = self.add(&id, request);
        Added { outcome: Outcome::Added, state, made_id: Some(id) }
    }

    fn start_state(&self, new: &JobSpec<&[u8]>) -> JobState {
        match new.start.due(self.now()) {
            Some(_) => JobState::Delayed,
            None => JobState::Waiting,
        }
    }

    fn lookup(&mut self, id: &[u8]) -> IdLookup {
        let at = self.at();
        match self.find(id) {
            None => IdLookup::Free,
            Some(IdEntry::Remembered(handle)) => match self.queue.record(handle) {
                Some(record) if record.until > at => IdLookup::Deduplicated(record.end_state.into()),
                _ => IdLookup::Free,
            },
            Some(IdEntry::Job(handle)) => match self.queue.job(handle) {
                Some(job) if job.is_finished() => {
                    let open = job.extras.as_ref().is_some_and(|extras| extras.window_until > at);
                    if open {
                        IdLookup::Deduplicated(job.state_name())
                    } else {
                        IdLookup::Free
                    }
                }
                Some(_) => IdLookup::Unfinished(handle),
                None => IdLookup::Free,
            },
        }
    }

    /// What becomes of a new job whose id is that of an unfinished one.
    fn resolve_conflict(&mut self, handle: Handle, request: &AddRequest<&[u8]>) -> (Outcome, JobState) {
        let Some(known) = self.queue.job(handle) else { return (Outcome::Duplicate, JobState::Waiting) };
        let state = known.state_name();
        let is_active = matches!(known.state, StateData::Active { .. });
        // Nothing is promised to a job that has not started: it runs after this ADD anyway. But a lease that
        // ran out may be acknowledged late, and then the run that ends it began before.
        let will_start = match known.state {
            StateData::Waiting { lapsed, .. } => lapsed == 0,
            _ => !is_active,
        };
        let next_life_is_set = known.extras.as_ref().is_some_and(|extras| extras.rerun.is_some());
        match request.on_dup {
            OnDup::Replace if !is_active => {
                self.change_job(handle, JobEffect::Replaced { by: request.job });
                let is_blocked = state == JobState::Blocked;
                (Outcome::Replaced, if is_blocked { state } else { self.start_state(&request.job) })
            }
            OnDup::Rerun if will_start && !next_life_is_set => self.deduplicate(state, request),
            OnDup::Replace | OnDup::Rerun => {
                self.change_job(handle, JobEffect::Rerun { next: request.job });
                (Outcome::Rerun, state)
            }
            OnDup::Ignore => self.deduplicate(state, request),
        }
    }
}
