//! How the lives of a job begin: with an ADD, after a RETRY or a RERUN; and what a REPLACE makes of one that has not
//! started.

use crate::queue::batches::{BatchNumber, BatchRefs};
use crate::queue::effect::{NewDue, Replacement};
use crate::queue::jobs::{
    Gate, Job, JobExtras, JobLog, JobSpec, JobState, Notes, OptionSet, Place, Start, StateData, Until,
};
use crate::queue::stats::{Event, SeriesCount};
use crate::queue::store::{ids, EndState, Handle};
use crate::queue::time::{Now, FOREVER};
use crate::queue::value::Queue;

impl Queue {
    /// Adds a job under an id that is free: what it led to before is gone. With the id comes its hash where it leads to
    /// nothing.
    pub(crate) fn add(
        &mut self,
        (id, unknown): (&[u8], Option<u64>),
        new: &JobSpec<&[u8]>,
        batches: &BatchRefs<BatchNumber>,
        now: Now,
    ) {
        let at = now.millis();
        self.stats.record(Event::Added);
        self.stats.series.count(SeriesCount::Added, at);
        debug_assert!(unknown.is_none() || self.find(id).is_none());
        let hash = unknown.unwrap_or_else(|| {
            if let Some(entry) = self.find(id) {
                self.drop_entry(entry);
            }
            ids::hash(id)
        });
        let job = Job::new(id, new.payload, StateData::Delayed { due: at });
        let Some(handle) = self.jobs.insert(hash, job) else { return };
        self.count_in(batches.batch);
        self.start_life(handle, new, batches, now);
        self.log_added(handle, at);
        if let Some(after) = batches.after {
            self.mention_batch(after.batch, now);
            self.pass_if_decided(handle, now);
        }
    }

    /// Begins a life of a job that is in no index: fresh attempts, a new place, nothing of an earlier life.
    pub(crate) fn start_life(
        &mut self,
        handle: Handle,
        new: &JobSpec<&[u8]>,
        batches: &BatchRefs<BatchNumber>,
        now: Now,
    ) {
        let at = now.millis();
        let seq = self.jobs.take_seq_at(new.place);
        self.set_options(handle, new.options, batches.batch, new.group, new.name);
        self.jobs.edit(handle, |job| {
            let needs_extras = new.expires.is_some() || new.max_wait.is_some() || new.fields.is_some();
            job.extras = needs_extras.then(|| {
                let instant = |until: Option<Until>| until.map_or(FOREVER, |until| until.instant(now));
                let (expires, latest_due) = (instant(new.expires), instant(new.max_wait));
                let notes = new
                    .fields
                    .map(|fields| Box::new(Notes { fields: fields.into(), log: JobLog::default() }));
                Box::new(JobExtras { expires, latest_due, notes, ..JobExtras::default() })
            });
            job.seq = seq;
            job.added_at = at;
            job.priority = new.priority.unwrap_or(0);
            job.nacks = 0;
            job.losses = 0;
            job.state = match (batches.after, new.start, new.due(now)) {
                (Some(after), _, due) => {
                    StateData::Blocked { gate: Gate::Batch(after), due: due.unwrap_or(0) }
                }
                (None, Start::Hold, _) => StateData::Blocked { gate: Gate::Hold, due: 0 },
                (None, _, Some(due)) => StateData::Delayed { due },
                (None, _, None) => StateData::Waiting { since: at, lapsed: 0 },
            };
        });
        self.enter(handle);
    }

    /// Changes a job that has not started. Older tokens and what was set for the time after this life are void.
    pub(crate) fn replace(&mut self, handle: Handle, by: &Replacement<'_>, now: Now) {
        self.stats.record(Event::Replaced);
        let Some(job) = self.jobs.get(handle) else { return };
        let (set, state, from) = (self.jobs.table.option_sets.set(job.options), job.state, job.state_name());
        self.leave(handle);
        let lane = by.group.map_or(set.lane, |name| self.limits.lanes.make().of(name));
        let name = by.name.map_or(set.name, |name| self.jobs.table.names.make().of(name));
        let new_set = OptionSet { options: by.options, lane, name, ..set };
        if new_set != set {
            self.set_option_set(handle, new_set);
        }
        let state = replaced_state(state, by.due, now.millis());
        let has_moved = !matches!(state, StateData::Blocked { .. }) && by.due != NewDue::Unchanged;
        let is_moved = has_moved || by.priority.is_some() || by.group.is_some() || by.place == Place::Front;
        let seq = if is_moved { Some(self.jobs.take_seq_at(by.place)) } else { None };
        self.jobs.edit(handle, |job| {
            job.set_payload(by.payload);
            job.state = state;
            job.seq = seq.unwrap_or(job.seq);
            job.priority = by.priority.unwrap_or(job.priority);
            if job.extras.is_some() || by.expires.is_some() || by.latest_due.is_some() {
                let extras = job.extras_mut();
                extras.rerun = None;
                extras.take_lost_life();
                extras.expires = by.expires.unwrap_or(extras.expires);
                extras.latest_due = by.latest_due.unwrap_or(extras.latest_due);
            }
        });
        self.enter(handle);
        self.log_move(Event::Replaced, handle, from, now.millis());
    }

    /// A failed job gets fresh attempts. One that failed because of its AFTEROK goes back behind its batch; if
    /// the batch is forgotten, it runs.
    pub(crate) fn revive(&mut self, handle: Handle, place: Place, now: Now) {
        let at = now.millis();
        self.stats.record(Event::Revived);
        let Some(job) = self.jobs.get(handle) else { return };
        let (batch, unmet) = (self.batch_of(job), self.unmet_dependency(job));
        self.count_back(batch, EndState::Failed);
        self.leave(handle);
        let mut due = 0;
        self.jobs.edit(handle, |job| {
            job.nacks = 0;
            job.losses = 0;
            if let Some(extras) = &mut job.extras {
                (extras.earlier_losses, extras.releases) = (0, 0);
                extras.window_is_kept = false;
                due = extras.unmet.take().map_or(0, |unmet| unmet.due);
            }
        });
        match unmet {
            None => {
                self.enter_line(handle, place, Some(due).filter(|due| *due > at), at);
                self.log_move(Event::Revived, handle, JobState::Failed, at);
            }
            Some(unmet) => {
                let seq = self.jobs.take_seq_at(place);
                self.jobs.edit(handle, |job| {
                    job.seq = seq;
                    job.state = StateData::Blocked { gate: Gate::Batch(unmet.dependency()), due };
                });
                self.enter(handle);
                self.log_move(Event::Revived, handle, JobState::Failed, at);
                self.pass_if_decided(handle, now);
            }
        }
    }

    /// A completed job lives once more, as the same job in the same batch: fresh attempts, and nothing of what came of
    /// the life before, but that its ACK may be repeated.
    pub(crate) fn run_again(&mut self, handle: Handle, place: Place, now: Now) {
        let at = now.millis();
        self.stats.record(Event::Revived);
        let Some(job) = self.jobs.get(handle) else { return };
        let StateData::Completed { token, .. } = job.state else { return };
        self.count_back(self.batch_of(job), EndState::Completed);
        self.leave(handle);
        self.jobs.edit(handle, |job| {
            job.nacks = 0;
            job.losses = 0;
            let extras = job.extras_mut();
            let (history, notes) = (std::mem::take(&mut extras.history), extras.notes.take());
            *extras = JobExtras { done_under: token, history, notes, ..JobExtras::default() };
        });
        self.enter_line(handle, place, None, at);
        self.log_move(Event::Revived, handle, JobState::Completed, at);
    }
}

/// The state of a replaced job. A token whose lease was lost is worth nothing any more.
fn replaced_state(state: StateData, due: NewDue, at: u64) -> StateData {
    match moved_state(state, due, at) {
        StateData::Waiting { since, .. } => StateData::Waiting { since, lapsed: 0 },
        state => state,
    }
}

/// The state of a job that is to start at another time.
pub(super) fn moved_state(state: StateData, due: NewDue, at: u64) -> StateData {
    match (state, due) {
        (held @ StateData::Blocked { gate: Gate::Hold, .. }, _) => held,
        (StateData::Blocked { gate, .. }, NewDue::Now) => StateData::Blocked { gate, due: 0 },
        (StateData::Blocked { gate, .. }, NewDue::At(due)) => StateData::Blocked { gate, due },
        (blocked @ StateData::Blocked { .. }, NewDue::Hold) => blocked,
        (_, NewDue::Hold) => StateData::Blocked { gate: Gate::Hold, due: 0 },
        (state, NewDue::Unchanged) => state,
        (_, NewDue::Now) => StateData::Waiting { since: at, lapsed: 0 },
        (_, NewDue::At(due)) => StateData::Delayed { due },
    }
}
