//! One job: its id and payload, its state, and what follows from them.

use super::earlier_life::LostLife;
use super::extras::JobExtras;
use super::fields::fields_in;
use super::history::{may_have_released, Run, RunEnd};
use super::log::JobLog;
use super::notes::Notes;
use super::options::OptionSetId;
use super::spec::Place;
use super::state::{Gate, JobState, StateData};
use crate::queue::store::{InstantKey, PriorityKey};
use crate::queue::time::{Lead, FOREVER};
use std::sync::Arc;

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
