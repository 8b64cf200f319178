//! The events of a queue: the functions that are called where a transition happens, and append what it says to the
//! event log.
//!
//! While the queue keeps no events such a call costs one branch; what an event says is put together behind it.

use crate::queue::batches::BatchNumber;
use crate::queue::events::{EmittedFields, EventField, EventLog, EventName, Fact, NewEvent};
use crate::queue::jobs::{Job, JobState, JobStore, StateData};
use crate::queue::limits::Pause;
use crate::queue::stats::Event;
use crate::queue::store::{EndState, Handle, IdEntry};
use crate::queue::time::unless_endless;
use crate::queue::value::Queue;
use smallvec::SmallVec;

type Fields<'a> = SmallVec<[EventField<'a>; 8]>;

impl Queue {
    /// A job, which was in `from`, is in the state in which it is now.
    #[inline]
    pub(crate) fn log_move(&mut self, event: Event, job: Handle, from: JobState, at: u64) {
        if self.event_log.is_some() {
            self.append_move(event, job, Some(from), &[], at);
        }
    }

    /// There is a new job.
    #[inline]
    pub(crate) fn log_added(&mut self, job: Handle, at: u64) {
        if self.event_log.is_some() {
            self.append_move(Event::Added, job, None, &[], at);
        }
    }

    /// A run has failed, and the job, which was in `from`, is tried again.
    #[inline]
    pub(crate) fn log_retry(&mut self, job: Handle, from: JobState, error: Option<&[u8]>, at: u64) {
        if self.event_log.is_some() {
            self.append_retry(job, from, error, at);
        }
    }

    /// The worker of an active job has reported how far it is.
    #[inline]
    pub(crate) fn log_progress(&mut self, job: Handle, data: &[u8], at: u64) {
        if self.event_log.is_some() {
            let more = [EventField::bounded(Fact::Progress, Fact::ProgressBytes, data)];
            self.append_move(Event::Progressed, job, Some(JobState::Active), &more, at);
        }
    }

    /// The lease of an active job is over, and the loss is counted. The job is about to go to `to`.
    #[inline]
    pub(crate) fn log_loss(&mut self, job: Handle, to: JobState, at: u64) {
        if self.event_log.is_some() {
            self.append_loss(job, to, at);
        }
    }

    /// The life of a job is about to end so, or that of a record has ended otherwise than was thought.
    #[inline]
    pub(crate) fn log_end(&mut self, job: Handle, to: EndState, at: u64) {
        if self.event_log.is_some() {
            self.append_end(job, to, at);
        }
    }

    /// The life before the present one, which had failed with its lease, was completed after all.
    #[inline]
    pub(crate) fn log_late_end(&mut self, job: Handle, token: u64, at: u64) {
        if self.event_log.is_some() {
            let fields = [
                EventField::state(Fact::From, JobState::Failed),
                EventField::state(Fact::To, JobState::Completed),
                EventField::number(Fact::Token, token),
            ];
            let mut fields = Fields::from_slice(&fields);
            fields.extend(self.jobs.get(job).and_then(|job| name_field(&self.jobs, job)));
            let id = self.jobs.table.id_of(IdEntry::Job(job));
            append(&mut self.event_log, Event::Completed, Some(id), &fields, at);
        }
    }

    /// A job, a record or a remembered id is about to be removed.
    #[inline]
    pub(crate) fn log_removal(&mut self, entry: IdEntry, at: u64) {
        if self.event_log.is_some() {
            self.append_removal(entry, at);
        }
    }

    /// Something has happened to a batch.
    #[inline]
    pub(crate) fn log_of_batch(&mut self, event: Event, batch: BatchNumber, at: u64) {
        if let Some(batch) = self.batches.get(batch) {
            append(&mut self.event_log, event, None, &[EventField::bytes(Fact::Batch, &batch.name)], at);
        }
    }

    /// How the queue, or a group, is paused from now on. None: it is resumed.
    pub(crate) fn log_pause(&mut self, group: Option<&[u8]>, pause: Option<Pause>, at: u64) {
        let until = pause.map(Pause::end).and_then(unless_endless);
        let until = until.map(|end| EventField::number(Fact::Until, end));
        let group = group.map(|name| EventField::bytes(Fact::Group, name));
        let fields: Fields<'_> = group.into_iter().chain(until).collect();
        append(&mut self.event_log, pause_event(pause), None, &fields, at);
    }

    /// An application has something to say.
    #[inline(never)]
    pub(crate) fn log_emitted(
        &mut self,
        name: &[u8],
        job: Option<&[u8]>,
        fields: EmittedFields<'_>,
        at: u64,
    ) {
        if let Some(log) = &mut self.event_log {
            let fields: Fields<'_> = fields.iter().collect();
            log.push(&NewEvent { at, name: EventName::Emitted(name), job, fields: &fields });
        }
    }

    /// Keeps at most so many events from now on.
    pub(crate) fn keep_events(&mut self, most: u64) {
        if most > 0 || self.event_log.is_some() {
            let is_idle = self.is_idle();
            let log = self.event_log.get_or_insert_default();
            log.keep(most);
            log.is_idle = is_idle;
        }
    }

    /// Drops the oldest events until at most so many are left; how many.
    pub(crate) fn trim_events(&mut self, keep: u64) -> usize {
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        self.event_log.as_mut().map_or(0, |log| log.trim_to(keep))
    }

    /// Whether nothing waits and nothing is active.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy() == 0
    }

    fn busy(&self) -> usize {
        self.count(JobState::Waiting) + self.count(JobState::Active)
    }

    /// The number of the run that has just failed, and how many the job may have.
    fn attempts(&self, job: &Job) -> [EventField<'static>; 2] {
        let attempt = job.failed_runs();
        let attempts = u64::from(self.options(job).attempts.unwrap_or(self.settings.attempts));
        let attempts = EventField::number(Fact::Attempts, attempts.max(attempt));
        [EventField::number(Fact::Attempt, attempt), attempts]
    }

    #[inline(never)]
    fn append_move(
        &mut self,
        event: Event,
        handle: Handle,
        from: Option<JobState>,
        more: &[EventField<'_>],
        at: u64,
    ) {
        let Some(job) = self.jobs.get(handle) else { return };
        let to = job.state_name();
        let mut fields: Fields<'_> =
            from.map(|state| EventField::state(Fact::From, state)).into_iter().collect();
        fields.push(EventField::state(Fact::To, to));
        match job.state {
            StateData::Delayed { due } => fields.push(EventField::number(Fact::DueAt, due)),
            StateData::Retrying { due } => {
                fields.push(EventField::number(Fact::DueAt, self.lead.unix_ms(due)));
            }
            StateData::Active { token, worker, .. } => {
                fields.push(EventField::bytes(Fact::Worker, self.workers.name(worker)));
                fields.push(EventField::number(Fact::Token, token));
                fields.push(EventField::number(Fact::Attempt, job.attempt()));
            }
            StateData::Waiting { .. }
            | StateData::Blocked { .. }
            | StateData::Completed { .. }
            | StateData::Failed { .. } => {}
        }
        fields.extend_from_slice(more);
        fields.extend(name_field(&self.jobs, job));
        append(&mut self.event_log, event, Some(job.id()), &fields, at);
        drop(fields);
        self.note_busy(to, self.busy(), at);
    }

    #[inline(never)]
    fn append_retry(&mut self, job: Handle, from: JobState, error: Option<&[u8]>, at: u64) {
        let mut more: Fields<'_> = self.job(job).into_iter().flat_map(|job| self.attempts(job)).collect();
        more.extend(error.map(EventField::error));
        self.append_move(Event::Retried, job, Some(from), &more, at);
    }

    #[inline(never)]
    fn append_loss(&mut self, handle: Handle, to: JobState, at: u64) {
        let Some(job) = self.jobs.get(handle) else { return };
        let StateData::Active { token, worker, .. } = job.state else { return };
        let [attempt, attempts] = self.attempts(job);
        let mut fields = Fields::from_slice(&[
            EventField::state(Fact::From, JobState::Active),
            EventField::state(Fact::To, to),
            EventField::bytes(Fact::Worker, self.workers.name(worker)),
            EventField::number(Fact::Token, token),
            attempt,
            attempts,
        ]);
        fields.extend(name_field(&self.jobs, job));
        append(&mut self.event_log, Event::Lost, Some(job.id()), &fields, at);
    }

    #[inline(never)]
    fn append_end(&mut self, handle: Handle, end: EndState, at: u64) {
        let Some(job) = self.jobs.get(handle) else { return };
        let (from, to) = (job.state_name(), JobState::from(end));
        let mut fields = Fields::new();
        fields.extend([EventField::state(Fact::From, from), EventField::state(Fact::To, to)]);
        if let StateData::Active { token, worker, .. } = job.state {
            fields.push(EventField::bytes(Fact::Worker, self.workers.name(worker)));
            fields.push(EventField::number(Fact::Token, token));
        }
        let (has_rerun, extras) = (job.has_rerun(), job.extras.as_deref());
        match end {
            EndState::Completed => {
                fields.push(EventField::number(Fact::Attempt, job.failed_runs() + 1));
                let result = extras.and_then(|extras| extras.result.as_deref());
                fields.extend(result.map(|r| EventField::bounded(Fact::Result, Fact::ResultBytes, r)));
            }
            EndState::Failed => {
                fields.extend(self.attempts(job));
                let error = extras.and_then(|extras| extras.error.as_deref());
                fields.extend(error.map(EventField::error));
            }
            EndState::Expired | EndState::Cancelled => {}
        }
        fields.extend(name_field(&self.jobs, job));
        append(&mut self.event_log, event_of(end), Some(job.id()), &fields, at);
        drop(fields);
        // A rerun begins at once, and says where the job goes.
        if !has_rerun {
            self.note_busy(to, self.busy() - usize::from(is_busy(from)), at);
        }
    }

    #[inline(never)]
    fn append_removal(&mut self, entry: IdEntry, at: u64) {
        let state = match entry {
            IdEntry::Job(handle) => self.jobs.get(handle).map(Job::state_name),
            IdEntry::Remembered(handle) => self.record(handle).map(|record| record.end_state.into()),
        };
        let Some(from) = state else { return };
        let id = self.jobs.table.id_of(entry);
        let mut fields = Fields::from_slice(&[EventField::state(Fact::From, from)]);
        if let IdEntry::Job(handle) = entry {
            fields.extend(self.jobs.get(handle).and_then(|job| name_field(&self.jobs, job)));
        }
        append(&mut self.event_log, Event::Removed, Some(id), &fields, at);
        drop(fields);
        // Removed is no state; it is only not one in which the queue is busy.
        self.note_busy(JobState::Cancelled, self.busy() - usize::from(is_busy(from)), at);
    }

    /// A job is in `to` now, and so many wait or are active: the queue may have drained.
    fn note_busy(&mut self, to: JobState, busy: usize, at: u64) {
        let Some(log) = &mut self.event_log else { return };
        if is_busy(to) {
            log.is_idle = false;
        } else if busy == 0 && !log.is_idle {
            log.is_idle = true;
            append(&mut self.event_log, Event::Drained, None, &[], at);
        }
    }
}

/// The event of such an end.
pub(super) fn event_of(end: EndState) -> Event {
    match end {
        EndState::Completed => Event::Completed,
        EndState::Failed => Event::Failed,
        EndState::Expired => Event::Expired,
        EndState::Cancelled => Event::Cancelled,
    }
}

/// What kind of job it is, if it has a name.
fn name_field<'a>(jobs: &'a JobStore, job: &Job) -> Option<EventField<'a>> {
    let name = jobs.table.name_of(job)?;
    Some(EventField::bytes(Fact::Name, jobs.table.names.get(name)))
}

fn is_busy(state: JobState) -> bool {
    matches!(state, JobState::Waiting | JobState::Active)
}

#[inline(never)]
fn append(
    log: &mut Option<Box<EventLog>>,
    event: Event,
    job: Option<&[u8]>,
    fields: &[EventField<'_>],
    at: u64,
) {
    if let Some(log) = log {
        log.push(&NewEvent { at, name: EventName::Own(event), job, fields });
    }
}

/// What has happened where this is the pause from now on.
pub(super) fn pause_event(pause: Option<Pause>) -> Event {
    if pause.is_some() {
        Event::Paused
    } else {
        Event::Resumed
    }
}
