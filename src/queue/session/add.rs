//! Enqueueing: what an id that is known means for a new job.

use super::access::Session;
use crate::queue::effect::{Effect, JobEffect, NewDue, Replacement};
use crate::queue::jobs::{
    AddRequest, DedupWindow, FieldChanges, Job, JobSpec, JobState, OnDup, Start, StateData, Until,
};
use crate::queue::store::{Handle, IdEntry, MAX_HANDLES};
use crate::queue::time::{Now, FOREVER};
use std::collections::BTreeSet;

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

/// A limit of the queue, or a sealed batch, has no room for it; or it belongs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `max-ids`.
    MaxIds(u64),
    /// `max-jobs`.
    MaxJobs(u64),
    /// What the data type can hold.
    Capacity(u64),
    /// The batch of the job in that place takes no more members.
    Sealed(usize),
    /// How many groups can have rules of their own.
    GroupRules(u64),
    /// The queue is one of so many shards, and the producer counts on another number.
    Shards {
        /// As the settings say.
        own: u32,
        /// As the producer says.
        counted_on: u32,
    },
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
    /// Whether the limits and the batch leave room for `count` jobs with these ids; None is an id that the
    /// queue makes. O(1) far from the limits, O(log n) per id near them or with a sealed batch.
    pub fn room_for<'a>(
        &mut self,
        count: usize,
        ids: impl Iterator<Item = Option<&'a [u8]>>,
        batch: Option<&'a [u8]>,
    ) -> Result<(), Refusal> {
        let is_open = self.takes_members(batch);
        self.room_if(is_open, count, ids.map(|id| (id, batch)))
    }

    /// The same for jobs that name different batches: an id and a batch for each. O(log n) per job with a batch.
    pub fn room_for_each<'a>(
        &mut self,
        count: usize,
        jobs: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>)> + Clone,
    ) -> Result<(), Refusal> {
        let are_open = jobs.clone().all(|(_, batch)| self.takes_members(batch));
        self.room_if(are_open, count, jobs)
    }

    fn room_if<'a>(
        &mut self,
        are_open: bool,
        count: usize,
        jobs: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>)>,
    ) -> Result<(), Refusal> {
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
        if are_open && over(count, count).is_none() {
            return Ok(());
        }
        let (mut new_ids, mut new_jobs, mut sealed) = (0, 0, None);
        let mut seen = BTreeSet::new();
        for (nth, (id, batch)) in jobs.enumerate() {
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
            if is_new_job && sealed.is_none() && !self.takes_members(batch) {
                sealed = Some(nth);
            }
        }
        match over(new_ids, new_jobs) {
            Some(refusal) => Err(refusal),
            None => sealed.map_or(Ok(()), |nth| Err(Refusal::Sealed(nth))),
        }
    }

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

    /// What becomes of a new job whose id is that of an unfinished one.
    fn resolve_conflict(&mut self, handle: Handle, request: &AddRequest<&[u8]>) -> (Outcome, JobState) {
        let Some(known) = self.queue.job(handle) else { return (Outcome::Duplicate, JobState::Waiting) };
        let is_active = matches!(known.state, StateData::Active { .. });
        // A run that began before this ADD may still end it: an active one, or one whose lease was lost and that
        // is acknowledged late.
        let has_run = is_active || matches!(known.state, StateData::Waiting { lapsed: 1.., .. });
        let outcome = match request.on_dup {
            OnDup::Ignore => return self.deduplicate(known.state_name(), request),
            OnDup::Rerun if has_run || known.has_rerun() => {
                let next = self.as_rerun(with_window(request));
                self.change_job(handle, JobEffect::Rerun { next });
                Outcome::Rerun
            }
            OnDup::Rerun => {
                self.change_job(handle, JobEffect::PayloadReplaced { payload: request.job.payload });
                Outcome::Replaced
            }
            OnDup::Replace if is_active => {
                let present: JobSpec<Box<[u8]>> = self.next_life(known).kept();
                let changes = request.job.fields.and_then(FieldChanges::new);
                let fields = changes.map(|changes| changes.of(present.fields.as_deref().unwrap_or_default()));
                let job = JobSpec { fields: fields.as_deref(), ..request.job };
                let next = self.as_rerun(job).or(present.borrowed());
                self.change_job(handle, JobEffect::Rerun { next });
                Outcome::Rerun
            }
            OnDup::Replace => {
                self.change_fields(handle, request.job.fields.and_then(FieldChanges::new));
                let Some(known) = self.queue.job(handle) else {
                    return (Outcome::Duplicate, JobState::Waiting);
                };
                let by = self.replacement(known, &request.job);
                self.change_job(handle, JobEffect::Replaced { by });
                Outcome::Replaced
            }
        };
        (outcome, self.queue.job(handle).map_or(JobState::Waiting, Job::state_name))
    }

    /// `job` as a rerun that is asked for now: its DELAY counts from when it begins, the rest from now.
    fn as_rerun<'a>(&self, job: JobSpec<&'a [u8]>) -> JobSpec<&'a [u8]> {
        let now = self.now();
        let from_now = |until: Option<Until>| until.map(|until| Until::At(until.instant(now)));
        JobSpec { expires: from_now(job.expires), max_wait: from_now(job.max_wait), ..job }
    }

    /// The life after the present one of an active job, as far as is known: that of the rerun that is set, or
    /// one like the present life. It has no payload.
    pub(super) fn next_life<'a>(&'a self, known: &'a Job) -> JobSpec<&'a [u8]> {
        let set = known.extras.as_ref().and_then(|extras| extras.rerun.as_ref());
        set.map_or_else(
            || JobSpec {
                priority: Some(known.priority),
                options: self.queue.options(known),
                group: self.queue.group_of(known),
                fields: Some(known.fields()).filter(|fields| !fields.is_empty()),
                name: self.queue.name_of(known),
                ..AddRequest::new(&b""[..]).job
            },
            |rerun| JobSpec { payload: &b""[..], ..rerun.borrowed() },
        )
    }

    /// What a REPLACE makes of a job that has not started: what it names.
    fn replacement<'a>(&self, known: &Job, new: &JobSpec<&'a [u8]>) -> Replacement<'a> {
        let now = self.now();
        // A job that waits for another attempt was claimed, so the wait before the first one is over.
        let first = if known.attempt() == 1 { Now::from_ms(known.added_at) } else { now };
        let is_set = known.latest_due() != FOREVER;
        let latest_due = new.max_wait.filter(|_| !is_set).map(|wait| wait.instant(first));
        let latest = latest_due.unwrap_or(known.latest_due());
        let due = match (new.start, known.state) {
            (Start::Now, _) => NewDue::Unchanged,
            (Start::Hold, _) => NewDue::Hold,
            (start, state) => {
                match start.due(now).map(|due| due.min(latest)).filter(|due| *due > now.millis()) {
                    Some(due) => NewDue::At(due),
                    None if matches!(state, StateData::Waiting { .. }) => NewDue::Unchanged,
                    None => NewDue::Now,
                }
            }
        };
        Replacement {
            payload: new.payload,
            due,
            priority: new.priority.filter(|priority| *priority != known.priority),
            place: new.place,
            group: new.group.filter(|group| self.queue.group_of(known) != Some(*group)),
            name: new.name.filter(|name| self.queue.name_of(known) != Some(*name)),
            options: new.options.or(self.queue.options(known)),
            expires: new.expires.map(|until| until.instant(now)),
            latest_due,
        }
    }
}

/// The job of a request. With RERUN every trigger counts, so its id is free at once unless DEDUP was given.
fn with_window<'a>(request: &AddRequest<&'a [u8]>) -> JobSpec<&'a [u8]> {
    let mut job = request.job;
    if request.on_dup == OnDup::Rerun {
        job.options.dedup = job.options.dedup.or(Some(DedupWindow::NONE));
    }
    job
}
