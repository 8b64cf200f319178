//! Putting a queue together from what was saved, [`super::save`], building every index anew.
//!
//! What is read is not trusted: a piece that does not fit is refused, and [`super::whole`] checks what only shows when
//! all of it is there.

use super::save::{
    Header, SavedBatch, SavedEvent, SavedJob, SavedLane, SavedLaneRules, SavedNumber, SavedState,
};
use crate::queue::batches::{Batch, Members};
use crate::queue::events::{
    is_emitted_name, EventField, EventName, EventValue, FieldName, LoggedEvent, NewEvent, MAX_EVENT_NAME,
    MAX_EVENT_VALUE,
};
use crate::queue::jobs::{
    are_fields, may_have_released, EarlierLife, Gate, Job, JobExtras, JobLog, Notes, Run, StateData,
    MAX_RUNS, MAX_RUN_ERROR,
};
use crate::queue::limits::LaneRules;
use crate::queue::names::{valid_batch_name, valid_group, valid_id, valid_job_name, valid_worker};
use crate::queue::rules::open_until;
use crate::queue::schedules::{SavedPassed, SavedSchedule};
use crate::queue::stats::{plausible_duplicates, Minute, PendingDuplicates};
use crate::queue::store::{ids, Handle, Order, Record};
use crate::queue::time::{Lead, QueueMs, LARGEST_COUNT, LATEST_TOKEN};
use crate::queue::value::Queue;
use std::sync::Arc;

impl Queue {
    /// Puts a header into a queue that has none yet.
    #[must_use]
    pub(crate) fn restore_header(&mut self, header: &Header<'_>) -> bool {
        // What is accepted here must be accepted again after any use of the queue: see `Queue::is_exhausted`.
        let fits =
            header.next_seq.max(header.next_batch) <= LARGEST_COUNT && header.last_token < LATEST_TOKEN;
        if self.created_at != 0 || header.created_at == 0 || !fits || !header.bucket.is_sound() {
            return false;
        }
        self.settings = header.settings;
        self.stats.counters = header.counters.clone();
        let stats = &mut self.stats;
        for (part, saved) in [(&mut stats.waits, header.waits), (&mut stats.runs, header.runs)] {
            if saved.count() > 0 {
                *part.make() = saved.clone();
            }
        }
        self.jobs.next_seq = header.next_seq;
        self.last_token = header.last_token;
        self.created_at = header.created_at;
        if header.next_batch != 0 {
            self.batches.make().set_next_number(header.next_batch);
        }
        self.pause = header.pause;
        self.limits.bucket = header.bucket;
        self.keep_events(header.settings.events_max);
        true
    }

    /// Puts back how many numbers of a kind were given, before any job.
    #[must_use]
    pub(crate) fn restore_number(&mut self, number: SavedNumber) -> bool {
        let (count, given) = match number {
            SavedNumber::Ids(given) => (&mut self.jobs.last_number, given),
            SavedNumber::Front(given) => (&mut self.jobs.front_seqs, given),
        };
        let fits = *count == 0 && (1..=LARGEST_COUNT).contains(&given);
        *count = given;
        fits && self.created_at != 0 && self.jobs.len() == 0
    }

    /// Puts refused ADDs that were not journaled yet back into a queue that has none.
    #[must_use]
    pub(crate) fn restore_pending_duplicates(&mut self, pending: PendingDuplicates) -> bool {
        let fits = !self.has_pending_duplicates() && plausible_duplicates(pending.count);
        self.pending_duplicates = pending;
        fits
    }

    /// Puts a batch into a queue whose header is there, and no job yet: its members would not be counted.
    #[must_use]
    pub(crate) fn restore_batch(&mut self, saved: &SavedBatch<'_>) -> bool {
        let members = Members {
            pending: 0,
            completed: saved.completed,
            failed: saved.failed,
            expired: saved.expired,
            cancelled: saved.cancelled,
        };
        let counts = [saved.completed, saved.failed, saved.expired, saved.cancelled, saved.duplicates];
        let is_finished = saved.finished_at != 0;
        let fits = valid_batch_name(saved.name)
            && counts.iter().all(|count| *count <= LARGEST_COUNT)
            && (saved.sealed || !is_finished)
            && is_finished == (saved.settled_at != 0);
        // Files of the time when open batches were kept for ever.
        let keep_until = match saved.keep_until {
            0 if !saved.sealed => open_until(saved.created_at, self.settings.keep_batches),
            until => until,
        };
        let batch = Batch {
            name: saved.name.into(),
            created_at: saved.created_at,
            sealed: saved.sealed,
            members,
            duplicates: saved.duplicates,
            finished_at: saved.finished_at,
            settled_at: saved.settled_at,
            keep_until,
            blocked_after: Order::default(),
            blocked_afterok: Order::default(),
        };
        fits && self.jobs.len() == 0 && self.batches.make().restore(saved.number, batch)
    }

    /// Puts a job into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_job(&mut self, saved: &SavedJob<'_>) -> bool {
        let hash = ids::hash(saved.id);
        if !self.may_restore(saved) || self.jobs.find(hash, saved.id).is_some() {
            return false;
        }
        let Some(state) = self.restore_state(saved.state) else { return false };
        let job = job_of(saved, state);
        let Some(handle) = self.jobs.insert(hash, job) else { return false };
        self.set_options(handle, saved.options, saved.batch, saved.group, saved.name);
        self.enter(handle);
        if !matches!(state, StateData::Completed { .. } | StateData::Failed { .. }) {
            self.count_in(saved.batch);
        }
        !saved.holds_lane || self.restore_holder(handle)
    }

    /// Whether a job can be of this queue, by what it says itself.
    fn may_restore(&self, saved: &SavedJob<'_>) -> bool {
        let token = match saved.state {
            SavedState::Active { token, .. }
            | SavedState::Completed { token, .. }
            | SavedState::Failed { token, .. }
            | SavedState::Waiting { lapsed: token, .. } => token,
            SavedState::Delayed { .. }
            | SavedState::Retrying { .. }
            | SavedState::Blocked { .. }
            | SavedState::Held => 0,
        };
        // The run that goes on comes after those that have ended.
        let past = match saved.state {
            SavedState::Active { token, .. } => token.saturating_sub(1).min(self.last_token),
            _ => self.last_token,
        };
        let running = usize::from(matches!(saved.state, SavedState::Active { .. }));
        let is_completed = matches!(saved.state, SavedState::Completed { .. });
        let is_record = is_completed || matches!(saved.state, SavedState::Failed { .. });
        let is_result = is_completed && saved.payload.is_empty() && saved.result.is_some();
        // Only a job that never ran fails because of its batch.
        let may_be_unmet = matches!(saved.state, SavedState::Failed { token: 0, .. });
        valid_id(saved.id)
            && (!saved.result_only || is_result)
            && (saved.window_until.is_some() || is_record)
            && saved.group.is_none_or(valid_group)
            && self.jobs.has_given(saved.seq)
            && (saved.seq >= 0 || !is_record)
            && token.max(saved.done_under).max(saved.lost_life.map_or(0, |lost| lost.token))
                <= self.last_token
            && saved.worker.is_none_or(valid_worker)
            && saved.name.is_none_or(valid_job_name)
            && saved.log.is_none_or(|(total, lines)| JobLog::restored(total, lines).is_some())
            && saved.fields.is_none_or(|fields| !fields.is_empty() && are_fields(fields))
            // No claim has the token 0, and a run that ends goes into the history with its token.
            && !matches!(saved.state, SavedState::Active { token: 0, .. })
            && is_history(&saved.history, past)
            && may_have_released(saved.releases, saved.history.iter().map(|run| run.end), running)
            && saved
                .batch
                .into_iter()
                .chain(saved.lost_life.and_then(|lost| lost.batch))
                .all(|batch| batch.0 < self.batches.next_number())
            && saved.unmet.is_none_or(|unmet| unmet.batch.0 < self.batches.next_number() && may_be_unmet)
    }

    /// The state with the worker by its number. None: it can't be.
    fn restore_state(&mut self, saved: SavedState<'_>) -> Option<StateData> {
        Some(match saved {
            SavedState::Blocked { after, .. } if self.batches.get(after.batch).is_none() => return None,
            SavedState::Blocked { after, due } => StateData::Blocked { gate: Gate::Batch(after), due },
            SavedState::Held => StateData::Blocked { gate: Gate::Hold, due: 0 },
            SavedState::Waiting { since, lapsed } => StateData::Waiting { since, lapsed },
            SavedState::Delayed { due } => StateData::Delayed { due },
            SavedState::Retrying { due } => StateData::Retrying { due: QueueMs(due) },
            SavedState::Active { worker, .. } if !valid_worker(worker) => return None,
            SavedState::Active { token, since, lease_until, worker } => {
                let (lease_until, worker) = (QueueMs(lease_until), self.workers.make().number(worker));
                StateData::Active { token, since, lease_until, worker }
            }
            SavedState::Completed { at, token } => StateData::Completed { at, token },
            SavedState::Failed { at, token } => StateData::Failed { at, token },
        })
    }

    /// Puts back when a worker was seen, after all jobs.
    #[must_use]
    pub(crate) fn restore_worker(&mut self, name: &[u8], seen: u64) -> bool {
        valid_worker(name) && self.workers.make().restore(name, seen)
    }

    /// Puts the next minute back.
    #[must_use]
    pub(crate) fn restore_minute(&mut self, minute: Minute) -> bool {
        self.stats.series.restore(minute)
    }

    /// Puts an event back behind those that are there.
    #[must_use]
    pub(crate) fn restore_event(&mut self, saved: &SavedEvent<'_>) -> bool {
        match saved {
            SavedEvent::None(last) => self.event_log.get_or_insert_default().restore_last(*last),
            SavedEvent::Kept(event) => {
                let LoggedEvent { id, at, name, job, ref fields } = *event;
                let is_name = match name {
                    EventName::Own(_) => true,
                    EventName::Emitted(name) => is_emitted_name(name),
                };
                let fits = is_name && job.is_none_or(valid_id) && fields.iter().all(is_event_field);
                let new = NewEvent { at, name, job, fields };
                fits && self.event_log.as_mut().is_some_and(|log| log.restore(id, &new))
            }
        }
    }

    /// Lanes of what was restored are evaluated as far as that needs no clock: the next command or tick has
    /// one.
    pub(crate) fn restored(&mut self) {
        self.evaluate_touched_lanes(0);
        let is_idle = self.is_idle();
        if let Some(log) = &mut self.event_log {
            log.is_idle = is_idle;
        }
    }

    fn restore_holder(&mut self, handle: Handle) -> bool {
        let may_hold = |job: &&Job| {
            !job.is_finished() && !matches!(job.state, StateData::Blocked { gate: Gate::Batch(_), .. })
        };
        let Some(job) = self.jobs.get(handle).filter(may_hold) else { return false };
        let Some(number) = self.lane_of(job) else { return false };
        let is_free = self.limits.lanes.get(number).is_some_and(|lane| lane.holder.is_none());
        if is_free {
            self.limits.lanes.make().edit(number, |lane| lane.holder = Some(handle));
        }
        is_free
    }

    /// Puts back what is set for a lane that has nothing set.
    #[must_use]
    pub(crate) fn restore_lane_rules(&mut self, saved: &SavedLaneRules<'_>) -> bool {
        let fits = self.created_at != 0
            && valid_group(saved.name)
            && saved.rules != LaneRules::default()
            && !self.has_rules(saved.name)
            && self.may_have_rules(saved.name);
        if !fits {
            return false;
        }
        let Some(number) = self.limits.lanes.make().of(saved.name) else { return false };
        self.limits.lanes.make().edit_rules(number, |rules| *rules = saved.rules);
        true
    }

    /// Puts back what a lane does not have from its jobs, after all of them.
    #[must_use]
    pub(crate) fn restore_lane(&mut self, saved: &SavedLane<'_>) -> bool {
        let fits = valid_group(saved.name)
            && (1..self.jobs.next_seq).contains(&saved.last_claim_seq)
            && saved.bucket.is_sound();
        let known = self.limits.lanes.find(saved.name).and_then(|number| self.limits.lanes.get(number));
        let is_new = known.map_or(saved.bucket.missing > 0, |lane| {
            lane.last_claim_seq == 0 && (lane.jobs > 0 || lane.has_rules())
        });
        if !fits || !is_new {
            return false;
        }
        let Some(number) = self.limits.lanes.make().of(saved.name) else { return false };
        self.limits.lanes.make().edit(number, |lane| {
            lane.last_claim_seq = saved.last_claim_seq;
            lane.bucket = saved.bucket;
        });
        true
    }

    /// Puts a remembered id into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_record(&mut self, record: Record<'_>) -> bool {
        let hash = ids::hash(record.id);
        let fits = valid_id(record.id) && record.seq < self.jobs.next_seq && record.token <= self.last_token;
        if !fits || self.jobs.find(hash, record.id).is_some() {
            return false;
        }
        self.jobs.remember(hash, record)
    }

    /// Puts a schedule into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_schedule(&mut self, saved: &SavedSchedule<'_>) -> bool {
        self.created_at != 0 && self.schedules.make().restore(saved)
    }

    /// Puts back how many instants a schedule has missed, after the schedule.
    #[must_use]
    pub(crate) fn restore_missed(&mut self, name: &[u8], count: u64) -> bool {
        self.schedules.make().restore_missed(name, count)
    }

    /// Puts back what a schedule has passed over, after the schedule.
    #[must_use]
    pub(crate) fn restore_passed(&mut self, saved: SavedPassed<'_>) -> bool {
        self.schedules.make().restore_passed(saved)
    }

    /// Puts back the lead of the clock by which leases, waits for a next attempt and buckets are saved.
    #[must_use]
    pub(crate) fn restore_lead(&mut self, ms: u64) -> bool {
        let fits = self.created_at != 0 && self.lead == Lead::default() && ms != 0;
        self.lead = Lead::new(ms);
        fits
    }

    /// Puts back the latest instant at which anything happened here. The next session compares it with its clock.
    #[must_use]
    pub(crate) fn restore_heard_at(&mut self, heard_at: u64) -> bool {
        let fits = self.created_at != 0 && self.heard_at == 0 && heard_at <= LATEST_TOKEN;
        self.heard_at = heard_at;
        fits
    }
}

/// Whether an event can say that.
fn is_event_field(field: &EventField<'_>) -> bool {
    let is_name = match field.name {
        FieldName::Own(_) => true,
        FieldName::Emitted(name) => (1..=MAX_EVENT_NAME).contains(&name.len()),
    };
    is_name && !matches!(field.value, EventValue::Bytes(bytes) if bytes.len() > MAX_EVENT_VALUE)
}

/// Whether a job can have had these runs, the oldest first, where no token is newer than the last.
fn is_history(runs: &[Run<&[u8]>], last_token: u64) -> bool {
    let is_run = |run: &Run<&[u8]>| {
        (1..=last_token).contains(&run.token)
            && valid_worker(run.worker)
            && run.error.is_none_or(|error| error.len() <= MAX_RUN_ERROR)
    };
    runs.len() <= MAX_RUNS && runs.iter().all(is_run) && runs.is_sorted_by(|a, b| a.token < b.token)
}

/// A job that is in no index yet, without its options.
fn job_of(saved: &SavedJob<'_>, state: StateData) -> Job {
    let mut job = Job::new(saved.id, saved.payload, state);
    job.seq = saved.seq;
    job.added_at = saved.added_at;
    job.priority = saved.priority;
    job.nacks = saved.nacks;
    job.losses = saved.losses;
    let extras = JobExtras {
        expires: saved.expires,
        cancel_asked: saved.cancel_asked,
        result_only: saved.result_only,
        error: saved.error.map(Box::from),
        progress: saved.progress.map(Box::from),
        result: saved.result.map(Box::from),
        rerun: saved.rerun.map(|new| Box::new(new.kept())),
        done_under: saved.done_under,
        earlier_life: EarlierLife::of(saved.earlier_error.map(Box::from), saved.lost_life),
        latest_due: saved.latest_due,
        window_until: saved.window_until.unwrap_or(0),
        window_is_kept: saved.window_until.is_none(),
        keep_until: saved.keep_until,
        worker: saved.worker.map(Arc::from),
        history: saved.history.iter().map(Run::kept).collect(),
        unmet: saved.unmet.map(Box::new),
        earlier_losses: saved.earlier_losses,
        releases: saved.releases,
        notes: notes_of(saved).map(Box::new),
    };
    if extras != JobExtras::default() {
        job.extras = Some(Box::new(extras));
    }
    job
}

/// What applications keep with it.
fn notes_of(saved: &SavedJob<'_>) -> Option<Notes> {
    let log = saved.log.and_then(|(total, lines)| JobLog::restored(total, lines));
    let notes =
        Notes { fields: saved.fields.map(Box::from).unwrap_or_default(), log: log.unwrap_or_default() };
    (!notes.is_empty()).then_some(notes)
}
