//! The one mutator: what each [`Effect`] does to a queue.
//!
//! Effects were decided on a sound state or come from a primary whose state was equal, so nothing here can
//! fail; an effect whose job is not there (only possible when the two differ) is refused before it gets here.

use crate::queue::effect::{Effect, JobEffect, ReleasedTo};
use crate::queue::jobs::{Gate, Job, JobState, Place, RunEnd, StateData};
use crate::queue::limits::Bucket;
use crate::queue::settings::Settings;
use crate::queue::stats::{Count, Event};
use crate::queue::store::{EndState, Handle, IdEntry};
use crate::queue::time::Now;
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
            Effect::Added { id, unknown, ref job, ref batches } => self.add((id, unknown), job, batches, now),
            Effect::NumberTaken { number } => self.jobs.last_number = number,
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
            Effect::Paused { pause } => self.set_pause(Some(pause), at),
            Effect::Resumed => self.set_pause(None, at),
            Effect::GroupPaused { name, pause } => self.set_group_pause(name, Some(pause), at),
            Effect::GroupResumed { name } => self.set_group_pause(name, None, at),
            Effect::GroupLimited { name, limits } => self.set_group_limits(name, limits),
            Effect::Configured(settings) => self.configure(settings, at),
            Effect::Advanced(most) => {
                self.advance(at, most);
            }
            Effect::ClockSetBack { by } => self.set_clock_back(by, at),
            Effect::ClockStands { until } => self.heard_at = until,
            Effect::Scheduled { name, ref plan, next } => self.schedules.make().set(name, plan, next),
            Effect::PassedOver { name, first, last } => self.schedules.make().pass_over(name, first, last),
            Effect::Unscheduled { name } => drop(self.schedules.make().remove(name)),
            Effect::Ticked { name, at, missed, next, outcome } => {
                self.schedules.make().ticked(name, at, missed, next, outcome);
            }
            Effect::Rewound { name, next, last, regained } => {
                self.schedules.make().rewound(name, next, last, regained);
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
            Effect::RecordsDropped { ended, count } => self.drop_records(ended, count, at),
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
            JobEffect::FieldsChanged { changes } => self.change_fields(handle, changes),
            JobEffect::Logged { lines } => self.append_to_log(handle, lines),
            JobEffect::Changed { ref to } => self.change_job(handle, to, at),
            JobEffect::LifeCompletedLate => self.complete_lost_life(handle, now),
            JobEffect::Claimed { token, worker, lease_until } => {
                self.give(handle, token, worker, lease_until, now);
            }
            JobEffect::Leased { lease_until } => self.move_lease(handle, lease_until),
            JobEffect::Progressed { data } => {
                self.note_progress(handle, data);
                self.log_progress(handle, data, at);
            }
            JobEffect::Completed { result, keep_until } => self.complete(handle, result, keep_until, now),
            JobEffect::Retried { due, error, place } => {
                self.stats.counters.add(Count::Nacks);
                self.stats.record(Event::Retried);
                let from = self.state_before(handle);
                self.end_run(handle, RunEnd::Failed, error, at);
                self.note_nack(handle, error);
                match due {
                    None => self.rejoin(handle, place, None, at),
                    Some(due) => {
                        let retrying = StateData::Retrying { due: self.lead.queue_ms(due) };
                        self.move_over(handle, place, retrying);
                    }
                }
                self.log_retry(handle, from, error, at);
            }
            JobEffect::Failed { error, keep_until } => {
                self.stats.counters.add(Count::Nacks);
                self.end_run(handle, RunEnd::Failed, error, at);
                self.note_nack(handle, error);
                self.end_and_keep(handle, EndState::Failed, keep_until, now);
            }
            JobEffect::Released { to } => self.hand_back(handle, to, at),
            JobEffect::CompletedLate { result, keep_until } => {
                self.complete_late(handle, result, keep_until, now);
            }
            JobEffect::FailedLate { error, keep_until } => {
                self.stats.counters.add(Count::Nacks);
                self.fail_late(handle, error, at);
                self.log_end(handle, EndState::Failed, at);
                if let Some(until) = keep_until {
                    self.keep_record(handle, until, at);
                }
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
            JobEffect::Promoted { due, place } => {
                self.stats.record(Event::Promoted);
                let from = self.state_before(handle);
                self.rejoin(handle, place, due, at);
                self.log_move(Event::Promoted, handle, from, at);
            }
            JobEffect::Revived { place } => self.revive(handle, place, now),
            JobEffect::RunAgain { place } => self.run_again(handle, place, now),
            JobEffect::Advanced => self.advance_job(handle, at),
        }
    }

    /// The worker of a job hands it back.
    fn hand_back(&mut self, handle: Handle, to: ReleasedTo, at: u64) {
        self.stats.record(Event::Released);
        let from = self.state_before(handle);
        self.end_run(handle, RunEnd::Released, None, at);
        match to {
            ReleasedTo::OldPlace => self.move_to(handle, StateData::Waiting { since: at, lapsed: 0 }),
            ReleasedTo::Front => self.rejoin(handle, Place::Front, None, at),
            ReleasedTo::Later(due, place) => self.rejoin(handle, place, Some(due), at),
            ReleasedTo::Hold => {
                self.move_over(handle, Place::End, StateData::Blocked { gate: Gate::Hold, due: 0 });
            }
        }
        self.log_move(Event::Released, handle, from, at);
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
            | JobEffect::FieldsChanged { .. }
            | JobEffect::Logged { .. }
            | JobEffect::Changed { .. }
            | JobEffect::Rerun { .. }
            | JobEffect::Claimed { .. }
            | JobEffect::CancelRequested
            | JobEffect::Promoted { .. }
            | JobEffect::Revived { .. }
            | JobEffect::RunAgain { .. }
            | JobEffect::Advanced => false,
        };
        if let (true, Some(StateData::Active { worker, .. })) =
            (is_by_worker, self.jobs.get(handle).map(|job| job.state))
        {
            self.workers.make().record_seen(worker, at);
        }
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

    /// The state of a job that is about to change.
    fn state_before(&self, handle: Handle) -> JobState {
        self.jobs.get(handle).map_or(JobState::Active, Job::state_name)
    }
}
