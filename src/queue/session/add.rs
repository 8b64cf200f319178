//! Enqueueing: what an id that is known means for a new job.

use super::access::Session;
use crate::queue::effect::Effect;
use crate::queue::jobs::{AddRequest, DedupWindow, JobSpec, JobState, OnDup, Start};
use crate::queue::store::{Handle, IdEntry};

/// What became of an ADD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Enqueued.
    Added,
    /// Refused: the id is known.
    Duplicate,
    /// The known job has its payload now.
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

/// What an id means to an ADD.
pub(super) enum IdLookup {
    /// Unknown, or free again.
    Free,
    /// Finished, and its window is open.
    Deduplicated(JobState),
    /// Waiting, delayed, blocked or active.
    Unfinished(Handle),
}

impl Session<'_> {
    /// Adds a job under `id`, or under one that the queue makes. The caller has asked [`Session::room_for`].
    pub fn enqueue(&mut self, id: Option<&[u8]>, request: &AddRequest<&[u8]>) -> Added {
        let Some(id) = id else { return self.enqueue_under_made_id(request) };
        let (outcome, state) = match self.queue.look_up(id) {
            Err(hash) => (Outcome::Added, self.add(id, Some(hash), request)),
            Ok(entry) => match self.meaning_of(id, entry) {
                IdLookup::Free => (Outcome::Added, self.add(id, None, request)),
                IdLookup::Deduplicated(state) => self.deduplicate(state, request),
                IdLookup::Unfinished(handle) => self.resolve_conflict(handle, request),
            },
        };
        Added { outcome, state, made_id: None }
    }

    /// `unknown` is the hash of an id that leads to nothing.
    fn add(&mut self, id: &[u8], unknown: Option<u64>, request: &AddRequest<&[u8]>) -> JobState {
        let batches = self.resolve_batches(&request.batches);
        let job = with_window(request);
        self.change(&Effect::Added { id, unknown, job, batches });
        if batches.after.is_none() {
            return self.start_state(&job);
        }
        // The batch it waits for may have finished long ago; then it has failed or goes on.
        self.queue.view(id).map_or(JobState::Failed, |job| job.state)
    }

    pub(super) fn deduplicate(
        &mut self,
        state: JobState,
        request: &AddRequest<&[u8]>,
    ) -> (Outcome, JobState) {
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
        let (id, hash) = loop {
            let id = format!("{}-{number}", self.at()).into_bytes();
            if let Err(hash) = self.queue.look_up(&id) {
                break (id, hash);
            }
            number = number.wrapping_add(1);
        };
        let state = self.add(&id, Some(hash), request);
        Added { outcome: Outcome::Added, state, made_id: Some(id) }
    }

    /// Adds a job under the next number of the queue that leads to nothing. O(log n).
    pub fn enqueue_numbered(&mut self, request: &AddRequest<&[u8]>) -> Added {
        /// Numbers that follow each other and are known, before whole stretches are passed over.
        const KNOWN_AT_MOST: u64 = 100;
        let (mut number, mut known) = (self.queue.jobs.last_number.saturating_add(1), 0);
        let (id, hash) = loop {
            let id = number.to_string().into_bytes();
            if let Err(hash) = self.queue.look_up(&id) {
                break (id, hash);
            }
            known += 1;
            let stretch = u32::try_from(known - known.min(KNOWN_AT_MOST)).unwrap_or(u32::MAX).min(40);
            number = number.saturating_add(1 << stretch);
        };
        self.change(&Effect::NumberTaken { number });
        let state = self.add(&id, Some(hash), request);
        Added { outcome: Outcome::Added, state, made_id: Some(id) }
    }

    fn start_state(&self, new: &JobSpec<&[u8]>) -> JobState {
        match (new.start, new.due(self.now())) {
            (Start::Hold, _) => JobState::Blocked,
            (_, Some(_)) => JobState::Delayed,
            (_, None) => JobState::Waiting,
        }
    }

    pub(super) fn lookup(&mut self, id: &[u8]) -> IdLookup {
        self.queue.find(id).map_or(IdLookup::Free, |entry| self.meaning_of(id, entry))
    }

    fn meaning_of(&mut self, id: &[u8], entry: IdEntry) -> IdLookup {
        let at = self.at();
        match self.as_of_now(id, entry) {
            None => IdLookup::Free,
            Some(IdEntry::Remembered(handle)) => match self.queue.record(handle) {
                Some(record) => IdLookup::Deduplicated(record.end_state.into()),
                None => IdLookup::Free,
            },
            Some(IdEntry::Job(handle)) => match self.queue.job(handle) {
                Some(job) if job.is_finished() => {
                    let open = job.extras.as_ref().is_some_and(|extras| extras.refused_until() > at);
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
}

/// The job of a request. With RERUN every trigger counts, so its id is free at once unless DEDUP was given.
pub(super) fn with_window<'a>(request: &AddRequest<&'a [u8]>) -> JobSpec<&'a [u8]> {
    let mut job = request.job;
    if request.on_dup == OnDup::Rerun {
        job.options.dedup = job.options.dedup.or(Some(DedupWindow::NONE));
    }
    job
}
