//! The one mutator: what each [`Effect`] does to a queue.
//!
//! Effects were decided on a sound state or come from a primary whose state was equal, so nothing here can
//! fail; an effect whose job is not there (only possible when the two differ) is refused before it gets here.

use crate::queue::batches::{BatchNumber, BatchRefs};
use crate::queue::effect::{Effect, JobEffect, NewDue, Replacement};
use crate::queue::jobs::{Job, JobExtras, JobSpec, JobState, OptionSet, RunEnd, StateData, Until};
use crate::queue::limits::Bucket;
use crate::queue::settings::Settings;
use crate::queue::stats::{Count, Event, SeriesCount};
use crate::queue::store::{ids, EndState, Handle, IdEntry};
use crate::queue::time::{Now, FOREVER};
use crate::queue::value::Queue;

impl Queue {
    /// Makes `effect` happen at the instant `now`. It is counted in milliseconds that are over; only spans
    /// begin at the first that is not before it, so that none ends early. O(log n), but for
    /// [`Effect::Advanced`], which costs that for each step.
    pub(crate) fn apply(&mut self, effect: &Effect<'_>, now: Now) {
        let at = now.millis();
        if self.created_at == 0 {
            self.created_at = at.max(1);
        }
        match *effect {
            Effect::Added { id, ref job, ref batches } => self.add(id, job, batches, now),
            Effect::Duplicates { count, batch } => {
                self.stats.counters.add_many(Count::Duplicates, count);
                self.count_duplicates(count, batch);
                self.pending_duplicates.journaled(count);
            }
            Effect::BatchOpened { name } => self.open_batch(name, now),
            Effect::BatchMentioned { batch } => self.mention_batch(batch, now),
            Effect::BatchSealed { batch } => self.seal(batch, now),
            Effect::BatchForgotten { batch } => self.forget_batch(batch),
            Effect::StaleAck => self.stats.counters.add(Count::StaleAcks),
            Effect::Paused { until } => self.set_pause(Some(until), at),
            Effect::Resumed => self.set_pause(None, at),
            Effect::GroupPaused { name, until } => self.set_group_pause(name, Some(until), at),
            Effect::GroupResumed { name } => self.set_group_pause(name, None, at),
            Effect::GroupLimited { name, limits } => self.set_group_limits(name, limits),
            Effect::Configured(settings) => self.configure(settings, at),
            Effect::Advanced(most) => {
                self.advance(at, most);
            }
            Effect::ClockSetBack { by } => self.set_clock_back(by, at),
            Effect::Scheduled { name, ref plan, next } => self.schedules.set(name, plan, next),
            Effect::Unscheduled { name } => drop(self.schedules.remove(name)),
            Effect::Ticked { name, at, missed, next, outcome } => {
                self.schedules.ticked(name, at, missed, next, outcome);
            }
            Effect::Rewound { name, next, last, regained } => {
                self.schedules.rewound(name, next, last, regained);
            }
            Effect::ExpiryRuleSet { prefix, ref request } => self.set_expiry_rule(prefix, request),
            Effect::ExpiryRuleRemoved { prefix } => self.remove_expiry_rule(prefix),
            Effect::KeyExpired { prefix, outcome } => self.count_expiry(prefix, outcome),
            Effect::Job { job, ref change } => self.apply_to_job(job, change, now),
            Effect::Purged { record } => {
                self.stats.record(Event::Removed);
                self.log_removal(IdEntry::Job(record), at);
                self.retire(record, at);
            }
            Effect::Removed { entry } => {
                self.stats.record(Event::Removed);
                self.log_removal(entry, at);
                self.remove(entry, now);
            }
            Effect::Emitted { event, job, fields } => self.log_emitted(event, job, fields, at),
            Effect::EventsTrimmed { keep } => {
                self.trim_events(keep);
            }
        }
        self.evaluate_touched_lanes(at);
    }

    fn apply_to_job(&mut self, handle: Handle, change: &JobEffect<'_>, now: Now) {
        let at = now.millis();
        self.record_worker_seen(handle, change, at);
        match *change {
            JobEffect::Replaced { ref by } => self.replace(handle, by, now),
            JobEffect::Rerun { ref next } => {
                self.stats.record(Event::Rerun);
                self.jobs.edit(handle, |job| job.extras_mut().rerun = Some(Box::new(next.kept())));
                let Some((state, from)) = self.jobs.get(handle).map(|job| (job.state, job.state_name()))
                else {
                    return;
                };
                self.log_move(Event::Rerun, handle, from, at);
                if let StateData::Waiting { lapsed: token @ 1.., .. } = state {
                    self.fail_after_loss(handle, token, now);
                }
            }
            JobEffect::PayloadReplaced { payload } => {
                self.stats.record(Event::Replaced);
                self.jobs.edit(handle, |job| job.set_payload(payload));
                if let Some(state) = self.jobs.get(handle).map(Job::state_name) {
                    self.log_move(Event::Replaced, handle, state, at);
                }
            }
            JobEffect::LifeCompletedLate => self.complete_lost_life(handle, now),
            JobEffect::Claimed { token, worker, lease_until } => {
                self.give(handle, token, worker, lease_until, now);
            }
            JobEffect::Leased { lease_until } => self.move_lease(handle, lease_until),
            JobEffect::Progressed { data } => {
                self.note_progress(handle, data);
                self.log_progress(handle, data, at);
            }
            JobEffect::Completed { result } => {
                // A run that was lost is in the history, too.
                if self.jobs.get(handle).is_some_and(Job::has_history) {
                    self.end_run(handle, RunEnd::Completed, None, at);
                }
                if let Some(result) = result {
                    self.jobs.edit(handle, |job| job.extras_mut().result = Some(result.into()));
                }
                self.end(handle, EndState::Completed, now);
            }
            JobEffect::Retried { due, error } => {
                self.stats.counters.add(Count::Nacks);
                self.stats.record(Event::Retried);
                let from = self.state_before(handle);
                self.end_run(handle, RunEnd::Failed, error, at);
                self.note_nack(handle, error);
                match due {
                    None => self.move_to_end(handle, None, at),
                    Some(due) => {
                        self.move_behind(handle, StateData::Retrying { due: self.lead.queue_ms(due) });
                    }
                }
                self.log_retry(handle, from, error, at);
            }
            JobEffect::Failed { error } => {
                self.stats.counters.add(Count::Nacks);
                self.end_run(handle, RunEnd::Failed, error, at);
                self.note_nack(handle, error);
                self.end(handle, EndState::Failed, now);
            }
            JobEffect::Released { due } => {
                self.stats.record(Event::Released);
                let from = self.state_before(handle);
                self.end_run(handle, RunEnd::Released, None, at);
                match due {
                    Some(_) => self.move_to_end(handle, due, at),
                    None => self.move_to(handle, StateData::Waiting { since: at, lapsed: 0 }),
                }
                self.log_move(Event::Released, handle, from, at);
            }
            JobEffect::CompletedLate { result } => self.complete_late(handle, result, now),
            JobEffect::FailedLate { error } => {
                self.stats.counters.add(Count::Nacks);
                self.fail_late(handle, error, at);
                self.log_end(handle, EndState::Failed, at);
            }
            JobEffect::TakenBack { lease_until } => {
                self.take_back(handle, lease_until, at);
                self.log_move(Event::TakenBack, handle, JobState::Waiting, at);
            }
            JobEffect::Cancelled => self.cancel(handle, now),
            JobEffect::CancelRequested => self.jobs.edit(handle, |job| {
                let extras = job.extras_mut();
                extras.cancel_asked = true;
                extras.rerun = None;
            }),
            JobEffect::Promoted => {
                self.stats.record(Event::Promoted);
                self.move_to_end(handle, None, at);
                self.log_move(Event::Promoted, handle, JobState::Delayed, at);
            }
            JobEffect::Revived => self.revive(handle, now),
            JobEffect::Advanced => self.advance_job(handle, at),
        }
    }

    /// Notes that the worker of an active job was seen, if only the worker can have caused this change.
    fn record_worker_seen(&mut self, handle: Handle, change: &JobEffect<'_>, at: u64) {
        let is_by_worker = match change {
            JobEffect::Leased { .. }
            | JobEffect::Progressed { .. }
            | JobEffect::Completed { .. }
            | JobEffect::Retried { .. }
            | JobEffect::Failed { .. }
            | JobEffect::Released { .. }
            | JobEffect::Cancelled => true,
            // Where it comes late there is no worker of an active job.
            JobEffect::CompletedLate { .. }
            | JobEffect::FailedLate { .. }
            | JobEffect::TakenBack { .. }
            | JobEffect::LifeCompletedLate
            | JobEffect::Replaced { .. }
            | JobEffect::PayloadReplaced { .. }
            | JobEffect::Rerun { .. }
            | JobEffect::Claimed { .. }
            | JobEffect::CancelRequested
            | JobEffect::Promoted
            | JobEffect::Revived
            | JobEffect::Advanced => false,
        };
        if let (true, Some(StateData::Active { worker, .. })) =
            (is_by_worker, self.jobs.get(handle).map(|job| job.state))
        {
            self.workers.record_seen(worker, at);
        }
    }

    fn add(&mut self, id: &[u8], new: &JobSpec<&[u8]>, batches: &BatchRefs<BatchNumber>, now: Now) {
        let at = now.millis();
        self.stats.record(Event::Added);
        self.stats.series.count(SeriesCount::Added, at);
        let hash = ids::hash(id);
        if let Some(entry) = self.jobs.find(hash, id) {
            self.drop_entry(entry);
        }
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

    /// Changes a job that has not started. Older tokens and what was set for the time after this life are void.
    fn replace(&mut self, handle: Handle, by: &Replacement<'_>, now: Now) {
        self.stats.record(Event::Replaced);
        let Some(job) = self.jobs.get(handle) else { return };
        let (set, state, from) = (self.jobs.table.option_sets.set(job.options), job.state, job.state_name());
        self.leave(handle);
        let lane = by.group.map_or(set.lane, |name| self.limits.lanes.of(name));
        let new_set = OptionSet { options: by.options, lane, ..set };
        if new_set != set {
            self.set_option_set(handle, new_set);
        }
        let state = replaced_state(state, by.due, now.millis());
        let has_moved = !matches!(state, StateData::Blocked { .. }) && by.due != NewDue::Unchanged;
        let seq = if has_moved || by.priority.is_some() || by.group.is_some() {
            Some(self.jobs.take_seq())
        } else {
            None
        };
        self.jobs.edit(handle, |job| {
            job.set_payload(by.payload);
            job.state = state;
            job.seq = seq.unwrap_or(job.seq);
            job.priority = by.priority.unwrap_or(job.priority);
            let needs_extras = job.extras.is_some() || by.expires.is_some() || by.latest_due.is_some();
            job.extras_mut_if(needs_extras, |extras| {
                extras.rerun = None;
                extras.lost_life = None;
                extras.expires = by.expires.unwrap_or(extras.expires);
                extras.latest_due = by.latest_due.unwrap_or(extras.latest_due);
            });
        });
        self.enter(handle);
        self.log_move(Event::Replaced, handle, from, now.millis());
    }

    /// Drops whatever an id leads to; for its batch a job that was pending is cancelled.
    fn remove(&mut self, entry: IdEntry, now: Now) {
        let pending = match entry {
            IdEntry::Job(handle) => self.jobs.get(handle).filter(|job| !job.is_finished()),
            IdEntry::Remembered(_) => None,
        };
        let batch = pending.and_then(|job| self.batch_of(job));
        if let Some(job) = pending {
            self.subscriptions.job_gone(job.id());
        }
        self.drop_entry(entry);
        self.count_out(batch, EndState::Cancelled, now);
    }

    fn configure(&mut self, settings: Settings, at: u64) {
        let lanes = |settings: &Settings| (settings.group_concurrency, settings.group_rate);
        let changes_lanes = lanes(&settings) != lanes(&self.settings);
        self.settings = settings;
        if settings.rate.is_none() {
            // What was taken under a rate is not asked for again when there is another some day.
            self.limits.bucket = Bucket::default();
        }
        if changes_lanes {
            self.evaluate_all_lanes(at);
        }
        self.keep_events(settings.events_max);
    }

    /// A failed job gets fresh attempts. One that failed because of its AFTEROK goes back behind its batch; if
    /// the batch is forgotten, it runs.
    fn revive(&mut self, handle: Handle, now: Now) {
        let at = now.millis();
        self.stats.record(Event::Revived);
        let Some(job) = self.jobs.get(handle) else { return };
        let (batch, unmet) = (self.batch_of(job), self.unmet_dependency(job));
        self.count_back(batch);
        self.leave(handle);
        let mut due = 0;
        self.jobs.edit(handle, |job| {
            job.nacks = 0;
            job.losses = 0;
            job.extras_mut_if(job.extras.is_some(), |extras| {
                extras.earlier_losses = 0;
                due = extras.unmet.take().map_or(0, |unmet| unmet.due);
            });
        });
        match unmet {
            None => {
                self.enter_at_end(handle, Some(due).filter(|due| *due > at), at);
                self.log_move(Event::Revived, handle, JobState::Failed, at);
            }
            Some(unmet) => {
                let seq = self.jobs.take_seq();
                self.jobs.edit(handle, |job| {
                    job.seq = seq;
                    job.state = StateData::Blocked { after: unmet.dependency(), due };
                });
                self.enter(handle);
                self.log_move(Event::Revived, handle, JobState::Failed, at);
                self.pass_if_decided(handle, now);
            }
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
        let seq = self.jobs.take_seq();
        self.set_options(handle, new.options, batches.batch, new.group);
        self.jobs.edit(handle, |job| {
            job.extras = (new.expires.is_some() || new.max_wait.is_some()).then(|| {
                let instant = |until: Option<Until>| until.map_or(FOREVER, |until| until.instant(now));
                let (expires, latest_due) = (instant(new.expires), instant(new.max_wait));
                Box::new(JobExtras { expires, latest_due, ..JobExtras::default() })
            });
            job.seq = seq;
            job.added_at = at;
            job.priority = new.priority.unwrap_or(0);
            job.nacks = 0;
            job.losses = 0;
            job.state = match (batches.after, new.due(now)) {
                (Some(after), due) => StateData::Blocked { after, due: due.unwrap_or(0) },
                (None, Some(due)) => StateData::Delayed { due },
                (None, None) => StateData::Waiting { since: at, lapsed: 0 },
            };
        });
        self.enter(handle);
    }

    fn give(&mut self, handle: Handle, token: u64, worker: &[u8], lease_until: u64, now: Now) {
        let at = now.millis();
        let Some(job) = self.jobs.get(handle) else { return };
        if let StateData::Waiting { since, .. } = job.state {
            self.stats.waits.record(at.saturating_sub(since));
        }
        self.stats.record(Event::Claimed);
        self.last_token = self.last_token.max(token);
        self.leave(handle);
        let worker = self.workers.number(worker);
        self.workers.record_seen(worker, at);
        let lease_until = self.lead.queue_ms(lease_until);
        self.jobs.edit(handle, |job| {
            job.state = StateData::Active { token, since: at, lease_until, worker };
            // PX and MAXWAIT are for jobs that no worker claims; this one was claimed.
            job.extras_mut_if(job.extras.is_some(), |r| {
                r.expires = FOREVER;
                r.latest_due = FOREVER;
                r.lost_life = None;
            });
        });
        self.enter(handle);
        self.claimed(handle, now.next_ms());
        self.log_move(Event::Claimed, handle, JobState::Waiting, at);
    }

    fn move_lease(&mut self, handle: Handle, until: u64) {
        let (jobs, lease_until) = (&mut self.jobs, self.lead.queue_ms(until));
        let Some(job) = jobs.table.get(handle) else { return };
        let StateData::Active { token, since, worker, .. } = job.state else { return };
        jobs.indexes.remove_active(handle, job);
        jobs.edit(handle, |job| job.state = StateData::Active { token, since, lease_until, worker });
        if let Some(job) = jobs.table.get(handle) {
            jobs.indexes.insert_active(&jobs.table, handle, job);
        }
    }

    /// The state of a job that is about to change.
    fn state_before(&self, handle: Handle) -> JobState {
        self.jobs.get(handle).map_or(JobState::Active, Job::state_name)
    }

    pub(crate) fn note_nack(&mut self, handle: Handle, error: Option<&[u8]>) {
        self.jobs.edit(handle, |job| {
            job.nacks = job.nacks.saturating_add(1);
            job.extras_mut_if(error.is_some(), |r| r.error = error.map(Box::from));
        });
    }

    /// Moves a job to the end of its priority, or to the delayed when it has a `due`.
    pub(crate) fn move_to_end(&mut self, handle: Handle, due: Option<u64>, at: u64) {
        self.leave(handle);
        self.enter_at_end(handle, due, at);
    }

    /// The same for a job that is in no index.
    fn enter_at_end(&mut self, handle: Handle, due: Option<u64>, at: u64) {
        let seq = self.jobs.take_seq();
        self.jobs.edit(handle, |job| {
            job.seq = seq;
            job.state = match due {
                Some(due) => StateData::Delayed { due },
                None => StateData::Waiting { since: at, lapsed: 0 },
            };
        });
        self.enter(handle);
    }

    /// Moves a job to another state and to the end of its priority.
    pub(crate) fn move_behind(&mut self, handle: Handle, state: StateData) {
        self.leave(handle);
        let seq = self.jobs.take_seq();
        self.jobs.edit(handle, |job| {
            job.seq = seq;
            job.state = state;
        });
        self.enter(handle);
    }

    /// Moves a job to another state at the place it has.
    pub(crate) fn move_to(&mut self, handle: Handle, state: StateData) {
        self.leave(handle);
        self.jobs.edit(handle, |job| job.state = state);
        self.enter(handle);
    }
}

/// The state of a replaced job. A token whose lease was lost is worth nothing any more.
fn replaced_state(state: StateData, due: NewDue, at: u64) -> StateData {
    match (state, due) {
        (StateData::Blocked { after, .. }, NewDue::Now) => StateData::Blocked { after, due: 0 },
        (StateData::Blocked { after, .. }, NewDue::At(due)) => StateData::Blocked { after, due },
        (StateData::Waiting { since, .. }, NewDue::Unchanged) => StateData::Waiting { since, lapsed: 0 },
        (state, NewDue::Unchanged) => state,
        (_, NewDue::Now) => StateData::Waiting { since: at, lapsed: 0 },
        (_, NewDue::At(due)) => StateData::Delayed { due },
    }
}
