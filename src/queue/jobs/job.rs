//! One job and the states of its life (drawn in the manual).

use super::earlier_life::{EarlierLife, LostLife};
use super::fields::fields_in;
use super::history::{may_have_released, History, Run, RunEnd};
use super::log::JobLog;
use super::notes::Notes;
use super::options::OptionSetId;
use super::spec::{JobSpec, Place};
use crate::queue::batches::{BatchCondition, BatchNumber, Dependency};
use crate::queue::store::{EndState, InstantKey, PriorityKey};
use crate::queue::time::{Lead, QueueMs, FOREVER};
use std::sync::Arc;

/// The state of a job with what belongs to it. Every state carries what only it needs; instants are Unix
/// milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateData {
    /// Claimable since `since`. `lapsed` is the token of a lease that ran out and may still be acknowledged,
    /// or 0.
    Waiting { since: u64, lapsed: u64 },
    /// Not before `due`.
    Delayed { due: u64 },
    /// Waits for its next attempt, until `due` on the clock of the queue.
    Retrying { due: QueueMs },
    /// Waits behind a gate; then not before `due`, if that is not 0.
    Blocked { gate: Gate, due: u64 },
    /// Claimed at `since` under `token`; belongs to the worker of that number until `lease_until` on the clock of the
    /// queue.
    Active { token: u64, since: u64, lease_until: QueueMs, worker: u32 },
    /// Done at `at` under `token`; the record is kept.
    Completed { at: u64, token: u64 },
    /// Failed for good at `at`; the record is kept.
    Failed { at: u64, token: u64 },
}

/// What a blocked job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// HOLD: a PROMOTE.
    Hold,
    /// AFTER or AFTEROK: a batch.
    Batch(Dependency<BatchNumber>),
}

/// The names of the states, as the manual and every reply write them. The order is part of the saved format: add at the
/// end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JobState {
    Waiting,
    Delayed,
    Blocked,
    Active,
    Completed,
    Failed,
    Expired,
    Cancelled,
}

impl JobState {
    /// The manual's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Delayed => "delayed",
            JobState::Blocked => "blocked",
            JobState::Active => "active",
            JobState::Completed => "completed",
            JobState::Failed => "failed",
            JobState::Expired => "expired",
            JobState::Cancelled => "cancelled",
        }
    }

    /// The number for it in bytes.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        const STATES: [JobState; 8] = [
            JobState::Waiting,
            JobState::Delayed,
            JobState::Blocked,
            JobState::Active,
            JobState::Completed,
            JobState::Failed,
            JobState::Expired,
            JobState::Cancelled,
        ];
        STATES.get(usize::from(code)).copied()
    }
}

impl From<EndState> for JobState {
    fn from(end_state: EndState) -> Self {
        match end_state {
            EndState::Completed => JobState::Completed,
            EndState::Failed => JobState::Failed,
            EndState::Expired => JobState::Expired,
            EndState::Cancelled => JobState::Cancelled,
        }
    }
}

/// What most jobs never have, kept apart so that they do not pay for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobExtras {
    /// Expires then unless claimed before, or [`FOREVER`].
    pub(crate) expires: u64,
    /// CANCEL was asked while a worker had the job.
    pub(crate) cancel_asked: bool,
    /// Of a record that is kept for its result alone: it has no payload any more.
    pub(crate) result_only: bool,
    /// Of the last failed attempt.
    pub(crate) error: Option<Box<[u8]>>,
    /// The last PROGRESS.
    pub(crate) progress: Option<Box<[u8]>>,
    /// Of the completed job.
    pub(crate) result: Option<Box<[u8]>>,
    /// The life after this one.
    pub(crate) rerun: Option<Box<JobSpec<Box<[u8]>>>>,
    /// The token under which the life before this one was completed, or 0: its ACK may be repeated.
    pub(crate) done_under: u64,
    /// Of the life before this one.
    pub(crate) earlier_life: Option<Box<EarlierLife>>,
    /// No REPLACE makes it due later than this, or [`FOREVER`].
    pub(crate) latest_due: u64,
    /// Of a kept record: the id is refused until then.
    pub(crate) window_until: u64,
    /// Of a kept record: the id is refused as long as it is kept.
    pub(crate) window_is_kept: bool,
    /// Of a kept record: readable until then, or [`FOREVER`].
    pub(crate) keep_until: u64,
    /// Of a kept record: who ran the job last.
    pub(crate) worker: Option<Arc<[u8]>>,
    /// The runs that did not complete it.
    pub(crate) history: History,
    /// Leases lost before the last progress: they do not count as [`Job::losses`] any more.
    pub(crate) earlier_losses: u32,
    /// How many of its runs were handed back in this life.
    pub(crate) releases: u32,
    /// Of a kept record: the job failed because of its AFTEROK.
    pub(crate) unmet: Option<Box<UnmetDependency>>,
    /// What applications keep with it.
    pub(crate) notes: Option<Box<Notes>>,
}

/// What a job has waited for that failed because the batch was not all completed. Retried, it waits for the
/// same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnmetDependency {
    pub(crate) batch: BatchNumber,
    /// Not before that instant either, if it is not 0.
    pub(crate) due: u64,
}

impl UnmetDependency {
    /// Only AFTEROK can be unmet.
    pub(crate) fn dependency(self) -> Dependency<BatchNumber> {
        Dependency { batch: self.batch, condition: BatchCondition::Completed }
    }
}

impl Default for JobExtras {
    fn default() -> Self {
        JobExtras {
            expires: FOREVER,
            cancel_asked: false,
            result_only: false,
            error: None,
            progress: None,
            result: None,
            rerun: None,
            done_under: 0,
            earlier_life: None,
            latest_due: FOREVER,
            window_until: 0,
            window_is_kept: false,
            keep_until: 0,
            worker: None,
            history: History::default(),
            earlier_losses: 0,
            releases: 0,
            unmet: None,
            notes: None,
        }
    }
}

impl JobExtras {
    /// The error of the life before this one, if that failed.
    pub(crate) fn earlier_error(&self) -> Option<&[u8]> {
        self.earlier_life.as_ref()?.error.as_deref()
    }

    /// The life before this one, if it ended with a lost lease.
    pub(crate) fn lost_life(&self) -> Option<LostLife> {
        self.earlier_life.as_ref()?.lost
    }

    /// The worker that lost the life before this one has no say any more, or has had it.
    pub(crate) fn take_lost_life(&mut self) -> Option<LostLife> {
        let EarlierLife { error, lost } = *self.earlier_life.take()?;
        self.earlier_life = EarlierLife::of(error, None);
        lost
    }

    /// Of a kept record: until when the id is refused.
    pub(crate) fn refused_until(&self) -> u64 {
        if self.window_is_kept {
            self.keep_until
        } else {
            self.window_until
        }
    }

    /// Heap bytes behind it, itself included.
    pub(crate) fn bytes(&self) -> usize {
        let len = |bytes: &Option<Box<[u8]>>| bytes.as_ref().map_or(0, |b| b.len());
        let rerun = self.rerun.as_ref().map_or(0, |r| {
            size_of_val(&**r) + r.payload.len() + len(&r.group) + len(&r.fields) + len(&r.name)
        });
        let unmet = self.unmet.as_deref().map_or(0, size_of_val);
        let earlier = self.earlier_life.as_ref().map_or(0, |earlier| earlier.bytes());
        let notes = self.notes.as_ref().map_or(0, |notes| notes.bytes());
        let texts = [&self.error, &self.progress, &self.result];
        size_of::<Self>()
            + texts.into_iter().map(len).sum::<usize>()
            + rerun
            + unmet
            + earlier
            + notes
            + self.history.bytes()
    }
}

/// One job. 88 bytes beside its id and payload: a queue holds millions.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The id, then the payload: one allocation.
    data: Box<[u8]>,
    pub(crate) extras: Option<Box<JobExtras>>,
    /// Decides between jobs of one priority, and wherever instants are equal. Unique in the queue. The job
    /// gets a new one whenever it goes to the end of its priority, or to its front: then it is negative.
    pub(crate) seq: i64,
    pub(crate) added_at: u64,
    pub(crate) state: StateData,
    pub(crate) priority: i32,
    pub(crate) options: OptionSetId,
    pub(crate) nacks: u32,
    pub(crate) losses: u16,
    id_len: u16,
}

impl Job {
    /// A job that is in no index yet.
    pub(crate) fn new(id: &[u8], payload: &[u8], state: StateData) -> Self {
        let mut job = Job {
            data: Box::default(),
            extras: None,
            seq: 0,
            added_at: 0,
            state,
            priority: 0,
            options: OptionSetId::default(),
            nacks: 0,
            losses: 0,
            id_len: 0,
        };
        job.set_data(id, payload);
        job
    }

    fn set_data(&mut self, id: &[u8], payload: &[u8]) {
        let mut data = Vec::with_capacity(id.len().saturating_add(payload.len()));
        data.extend_from_slice(id);
        data.extend_from_slice(payload);
        self.data = data.into_boxed_slice();
        self.id_len = u16::try_from(id.len()).unwrap_or(u16::MAX);
    }

    /// Puts another payload behind the same id.
    pub(crate) fn set_payload(&mut self, payload: &[u8]) {
        let data = std::mem::take(&mut self.data);
        let id = data.get(..usize::from(self.id_len)).unwrap_or_default();
        self.set_data(id, payload);
    }

    pub(crate) fn id(&self) -> &[u8] {
        self.data.get(..usize::from(self.id_len)).unwrap_or_default()
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.data.get(usize::from(self.id_len)..).unwrap_or_default()
    }

    /// Which run this is, was or will be: 1 + NACKs + lost leases before it.
    pub(crate) fn attempt(&self) -> u64 {
        match self.state {
            StateData::Failed { .. } => self.failed_runs(),
            _ => self.failed_runs() + 1,
        }
    }

    /// How many runs of its life ended with a NACK or a lost lease.
    pub(crate) fn failed_runs(&self) -> u64 {
        u64::from(self.nacks) + self.all_losses()
    }

    /// How often it was claimed in its life: for runs that failed, lost their lease or were handed back, and for the one
    /// that goes on, or has completed it.
    pub(crate) fn starts(&self) -> u64 {
        let releases = self.extras.as_ref().map_or(0, |extras| extras.releases);
        let last = matches!(self.state, StateData::Active { .. } | StateData::Completed { .. });
        self.failed_runs() + u64::from(releases) + u64::from(last)
    }

    /// Whether its history knows of the runs that were handed back, as far as it goes.
    pub(crate) fn knows_its_releases(&self) -> bool {
        let running = usize::from(matches!(self.state, StateData::Active { .. }));
        self.extras.as_ref().is_none_or(|extras| {
            may_have_released(extras.releases, extras.history.iter().map(|run| run.end), running)
        })
    }

    /// How many leases its life has lost, with or without progress between them.
    pub(crate) fn all_losses(&self) -> u64 {
        let earlier = self.extras.as_ref().map_or(0, |extras| extras.earlier_losses);
        u64::from(self.losses) + u64::from(earlier)
    }

    /// Where it joins its priority if it has yet to enter the line.
    pub(crate) fn place(&self) -> Place {
        if self.seq < 0 {
            Place::Front
        } else {
            Place::End
        }
    }

    /// Whether a run of it has ended otherwise than by an ACK.
    pub(crate) fn has_history(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| !extras.history.is_empty())
    }

    /// The run whose lease was lost, unless the job was claimed or retried since: its worker may still answer.
    pub(crate) fn lost_run(&self) -> Option<&Run<Arc<[u8]>>> {
        let token = match self.state {
            StateData::Waiting { lapsed: token, .. } | StateData::Failed { token, .. } => token,
            StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. }
            | StateData::Active { .. }
            | StateData::Completed { .. } => return None,
        };
        let last = self.extras.as_ref()?.history.last()?;
        (last.end == RunEnd::Lost && last.token == token).then_some(last)
    }

    /// The life before this one, if it ended with a lost lease.
    pub(crate) fn lost_life(&self) -> Option<LostLife> {
        self.extras.as_ref()?.lost_life()
    }

    /// The extras, made when it is missing.
    pub(crate) fn extras_mut(&mut self) -> &mut JobExtras {
        self.extras.get_or_insert_default()
    }

    /// Its fields, as bytes.
    pub(crate) fn fields(&self) -> &[u8] {
        let notes = self.extras.as_ref().and_then(|extras| extras.notes.as_ref());
        notes.map_or(&[], |notes| &notes.fields)
    }

    /// Its log, if it has one.
    pub(crate) fn log(&self) -> Option<&JobLog> {
        let notes = self.extras.as_ref()?.notes.as_ref()?;
        Some(&notes.log).filter(|log| log.total() > 0)
    }

    /// Whether it has the field of this name.
    pub(crate) fn has_field(&self, name: &[u8]) -> bool {
        fields_in(self.fields()).any(|(its, _)| its == name)
    }

    /// Changes what applications keep with it.
    pub(crate) fn edit_notes(&mut self, change: impl FnOnce(&mut Notes)) {
        let notes = &mut self.extras_mut().notes;
        change(notes.get_or_insert_default());
        *notes = notes.take().filter(|notes| !notes.is_empty());
    }

    /// Changes the extras only when `needed`: a job without one stays without.
    pub(crate) fn extras_mut_if(&mut self, needed: bool, change: impl FnOnce(&mut JobExtras)) {
        if needed {
            change(self.extras_mut());
        }
    }

    /// When it expires unless claimed before: FOREVER without PX.
    pub(crate) fn expires(&self) -> u64 {
        self.extras.as_ref().map_or(FOREVER, |r| r.expires)
    }

    /// When it is due at the latest, however often it is replaced: FOREVER without MAXWAIT.
    pub(crate) fn latest_due(&self) -> u64 {
        self.extras.as_ref().map_or(FOREVER, |r| r.latest_due)
    }

    /// Whether it runs once more after this life.
    pub(crate) fn has_rerun(&self) -> bool {
        self.extras.as_ref().is_some_and(|r| r.rerun.is_some())
    }

    /// Whether its worker gave a result.
    pub(crate) fn has_result(&self) -> bool {
        self.extras.as_ref().is_some_and(|r| r.result.is_some())
    }

    /// Whether it is a record that is kept for its result alone.
    pub(crate) fn is_result_only(&self) -> bool {
        self.extras.as_ref().is_some_and(|r| r.result_only)
    }

    /// Whether it may have fields and a log: a record that is kept for its result alone takes none.
    pub(crate) fn takes_notes(&self) -> bool {
        !self.is_result_only()
    }

    /// Whether it was completed and all of it is kept.
    pub(crate) fn may_run_again(&self) -> bool {
        matches!(self.state, StateData::Completed { .. }) && !self.is_result_only()
    }

    pub(crate) fn cancel_asked(&self) -> bool {
        self.extras.as_ref().is_some_and(|r| r.cancel_asked)
    }

    /// Whether it is on hold: it waits for a PROMOTE.
    pub(crate) fn is_on_hold(&self) -> bool {
        matches!(self.state, StateData::Blocked { gate: Gate::Hold, .. })
    }

    pub(crate) fn state_name(&self) -> JobState {
        match self.state {
            StateData::Waiting { .. } => JobState::Waiting,
            StateData::Delayed { .. } | StateData::Retrying { .. } => JobState::Delayed,
            StateData::Blocked { .. } => JobState::Blocked,
            StateData::Active { .. } => JobState::Active,
            StateData::Completed { .. } => JobState::Completed,
            StateData::Failed { .. } => JobState::Failed,
        }
    }

    /// Not waiting, delayed, blocked or active any more: only its record is left.
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.state, StateData::Completed { .. } | StateData::Failed { .. })
    }

    /// The earliest instant at which time alone changes this job, where the clock of the queue has this lead. That a
    /// batch has finished is another matter.
    pub(crate) fn due(&self, lead: Lead) -> u64 {
        match self.state {
            StateData::Waiting { .. } | StateData::Blocked { .. } => self.expires(),
            StateData::Delayed { due } => due.min(self.expires()),
            StateData::Retrying { due } => lead.unix_ms(due).min(self.expires()),
            StateData::Active { lease_until, .. } => lead.unix_ms(lease_until),
            StateData::Completed { .. } | StateData::Failed { .. } => self.kept_until(),
        }
    }

    /// Until when the record of a finished job is kept.
    pub(crate) fn kept_until(&self) -> u64 {
        self.extras.as_ref().map_or(0, |extras| extras.keep_until)
    }

    /// Sorts waiting and blocked jobs.
    pub(crate) fn priority_key(&self) -> PriorityKey {
        PriorityKey { priority: self.priority, seq: self.seq }
    }

    /// Sorts delayed jobs by when they are due, and, on the clock of the queue, retries too and active jobs by the end
    /// of the lease.
    pub(crate) fn due_key(&self) -> InstantKey {
        let at = match self.state {
            StateData::Delayed { due } => due,
            StateData::Retrying { due } => due.0,
            StateData::Active { lease_until, .. } => lease_until.0,
            StateData::Waiting { .. } | StateData::Blocked { .. } => self.expires(),
            StateData::Completed { .. } | StateData::Failed { .. } => self.kept_until(),
        };
        InstantKey { at, seq: self.seq }
    }

    /// Sorts jobs with PX by when they expire.
    pub(crate) fn expiry_key(&self) -> InstantKey {
        InstantKey { at: self.expires(), seq: self.seq }
    }

    /// Sorts records by when their jobs finished.
    pub(crate) fn finished_key(&self) -> InstantKey {
        let at = match self.state {
            StateData::Completed { at, .. } | StateData::Failed { at, .. } => at,
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. }
            | StateData::Active { .. } => u64::MAX,
        };
        InstantKey { at, seq: self.seq }
    }

    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        self.data.len() + self.extras.as_ref().map_or(0, |r| r.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_as_small_as_promised() {
        assert_eq!((size_of::<Job>(), size_of::<JobExtras>()), (88, 168));
    }

    #[test]
    fn id_and_payload_share_their_bytes() {
        let mut job = Job::new(b"id", b"payload", StateData::Delayed { due: 1 });
        assert_eq!((job.id(), job.payload()), (&b"id"[..], &b"payload"[..]));
        job.set_payload(b"");
        assert_eq!((job.id(), job.payload()), (&b"id"[..], &b""[..]));
    }
}
