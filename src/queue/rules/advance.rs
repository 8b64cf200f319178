//! What time does by itself: delays come due, leases run out, unclaimed jobs expire, windows close.
//!
//! Each thing happens as of its own instant, in the order of those instants, however late the server advances
//! the queue: after an hour of downtime the result is what it would have been without it. The work is bounded
//! by the caller; the effect says how many steps were taken, so a replica takes exactly those.

use crate::queue::effect::Steps;
use crate::queue::jobs::{Gate, Job, JobState, Place, RunEnd, StateData};
use crate::queue::limits::Pause;
use crate::queue::stats::Event;
use crate::queue::store::{EndState, Handle, IdEntry, InstantKey};
use crate::queue::time::{Now, QueueMs, UnixMs, FOREVER};
use crate::queue::value::Queue;

impl Queue {
    /// The earliest instant at which time alone changes something. None: nothing is due, ever.
    /// O(log n).
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMs> {
        let (indexes, table) = (&self.jobs.indexes, &self.jobs.table);
        let due = |job: &Job| job.due(self.lead);
        let of_queue = |at: u64| self.lead.unix_ms(QueueMs(at));
        // One after the other: most queues have few of these, and each is one comparison while there is none.
        let mut earliest = FOREVER;
        let mut lead = |at: Option<u64>| earliest = earliest.min(at.unwrap_or(FOREVER));
        lead(indexes.delayed.first().and_then(|h| table.get(h)).map(due));
        lead(indexes.retrying.first().and_then(|h| table.get(h)).map(due));
        lead(indexes.active.first().and_then(|h| table.get(h)).map(due));
        lead(indexes.expiring.first().and_then(|h| table.get(h)).map(Job::expires));
        lead(self.next_forgotten_id().map(|(key, _)| key.at));
        if self.batches.there().is_some() {
            // Jobs that are to be released are due, whatever the clock says.
            lead(self.has_released().then_some(0));
            lead(self.batches.next_forgotten().map(|(at, _)| at));
        }
        lead(self.pending_duplicates.due());
        lead(self.schedules.first().map(|(at, _)| at));
        lead(self.surplus().map(|_| 0));
        lead(self.workers.next_forgotten());
        lead(self.pause.and_then(Pause::until));
        if let Some(lanes) = self.limits.lanes.there() {
            lead(lanes.next_pause_end());
            lead(lanes.next_evaluation().map(of_queue));
            lead(self.next_lane_forgotten().map(of_queue));
        }
        lead(self.next_token());
        (earliest != FOREVER).then_some(UnixMs(earliest))
    }

    /// Does what is due at `at`, at most `most`, and returns how much that was. O(log n) a step.
    pub(crate) fn advance(&mut self, at: u64, most: Steps) -> Steps {
        let mut done = Steps::default();
        while done.jobs < most.jobs && self.advance_next(at) {
            done.jobs += 1;
        }
        while done.forgotten < most.forgotten && self.forget_next(at) {
            done.forgotten += 1;
        }
        self.evaluate_touched_lanes(at);
        done
    }

    /// Whether the next step in the life of a job is due, and takes it.
    fn advance_next(&mut self, at: u64) -> bool {
        let jobs = &self.jobs.table;
        let of_queue = |h| {
            let key = jobs.due_key(h);
            (InstantKey { at: self.lead.unix_ms(QueueMs(key.at)), ..key }, h)
        };
        let leads = [
            self.jobs.indexes.delayed.first().map(|h| (jobs.due_key(h), h)),
            self.jobs.indexes.retrying.first().map(of_queue),
            self.jobs.indexes.active.first().map(of_queue),
            self.jobs.indexes.expiring.first().map(|h| (jobs.expiry_key(h), h)),
            // Even if the clock was set back since the batch finished.
            self.batches
                .next_release(|h| jobs.priority_key(h).seq)
                .map(|(when, h)| (InstantKey { at: when.min(at), ..jobs.expiry_key(h) }, h)),
        ];
        match leads.into_iter().flatten().min() {
            Some((when, handle)) if when.at <= at => {
                self.step(handle);
                true
            }
            _ => false,
        }
    }

    /// Ends the pause, or drops what is to be forgotten, that is next, if its time has come. Pauses first: they
    /// keep jobs back.
    fn forget_next(&mut self, at: u64) -> bool {
        self.end_next_pause(at)
            || self.forget_next_id(at)
            || self.forget_surplus(at)
            || self.forget_next_batch(at)
            || self.forget_next_lane(at)
            || self.forget_next_worker(at)
    }

    fn forget_surplus(&mut self, at: u64) -> bool {
        let surplus = self.surplus();
        if let Some(record) = surplus {
            self.retire(record, at);
        }
        surplus.is_some()
    }

    fn forget_next_worker(&mut self, at: u64) -> bool {
        let is_due = self.workers.next_forgotten().is_some_and(|when| when <= at);
        if is_due {
            self.workers.make().forget_first();
        }
        is_due
    }

    fn forget_next_lane(&mut self, at: u64) -> bool {
        let at = self.lead.queue_ms(at).0;
        let is_due = self.next_lane_forgotten().is_some_and(|when| when <= at);
        if is_due {
            self.limits.lanes.make().forget_first();
        }
        is_due
    }

    /// When the next lane without jobs is to be forgotten: where no rate applies to it any more, a bucket that is not
    /// full keeps it no longer.
    fn next_lane_forgotten(&self) -> Option<u64> {
        let full_at = self.limits.lanes.next_forgotten()?;
        Some(if self.settings.group_rate.is_some() { full_at } else { 0 })
    }

    fn forget_next_batch(&mut self, at: u64) -> bool {
        match self.batches.next_forgotten() {
            Some((when, batch)) if when <= at => {
                self.forget_batch(batch);
                true
            }
            _ => false,
        }
    }

    /// The record or remembered id that is dropped next, if any ever is.
    fn next_forgotten_id(&self) -> Option<(InstantKey, u32)> {
        let (indexes, table) = (&self.jobs.indexes, &self.jobs.table);
        let firsts = [indexes.forgetting.first(), indexes.remembered.first()].into_iter().flatten();
        firsts.map(|packed| (table.forget_key(packed), packed)).min().filter(|(key, _)| key.at != FOREVER)
    }

    fn forget_next_id(&mut self, at: u64) -> bool {
        let Some((key, packed)) = self.next_forgotten_id().filter(|(key, _)| key.at <= at) else {
            return false;
        };
        match IdEntry::unpack(packed) {
            IdEntry::Job(handle) => self.retire(handle, key.at),
            entry @ IdEntry::Remembered(_) => self.drop_entry(entry),
        }
        true
    }

    /// Brings one job up to `at`.
    pub(crate) fn advance_job(&mut self, handle: Handle, at: u64) {
        while self.jobs.get(handle).is_some_and(|job| !job.is_finished() && self.due_of(job) <= at) {
            self.step(handle);
        }
    }

    /// The one thing time does next to an unfinished job, as of the instant it is due.
    fn step(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        match job.state {
            StateData::Delayed { .. } | StateData::Retrying { .. } if job.due(self.lead) < job.expires() => {
                let (place, due) = (job.place(), job.due(self.lead));
                self.stats.record(Event::Due);
                self.rejoin(handle, place, None, due);
                self.log_move(Event::Due, handle, JobState::Delayed, due);
            }
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { gate: Gate::Hold, .. } => {
                let at = job.expires();
                self.end(handle, EndState::Expired, Now::from_ms(at));
            }
            StateData::Blocked { gate: Gate::Batch(after), due } => {
                self.step_blocked(handle, after, due, job.expires());
            }
            StateData::Active { token, lease_until, .. } => {
                self.lose(handle, token, self.lead.unix_ms(lease_until));
            }
            StateData::Completed { .. } | StateData::Failed { .. } => {}
        }
    }

    /// The server's clock was set back `by` so much, to `at`: leases, waits for the next attempt and rates go on as
    /// if that time had not passed. O(1).
    pub(crate) fn set_clock_back(&mut self, by: u64, at: u64) {
        self.lead.grow(by);
        self.heard_at = at;
        self.limits.as_of = at;
    }

    /// The lease of a job has run out.
    fn lose(&mut self, handle: Handle, token: u64, at: u64) {
        if self.jobs.get(handle).is_some_and(Job::cancel_asked) {
            return self.cancel(handle, Now::from_ms(at));
        }
        self.stats.record(Event::Lost);
        self.record_run(handle, RunEnd::Lost, None, at);
        let Some(job) = self.jobs.get(handle) else { return };
        let (is_last, is_first) = (self.losses_left(job) == 0, job.losses == 0);
        self.jobs.edit(handle, |job| job.losses = job.losses.saturating_add(1));
        self.log_loss(handle, if is_last { JobState::Failed } else { JobState::Waiting }, at);
        if is_last {
            return self.fail_after_loss(handle, token, Now::from_ms(at));
        }
        let waiting = StateData::Waiting { since: at, lapsed: token };
        if is_first {
            self.move_to(handle, waiting);
        } else {
            // It may be the job that takes its workers down: the others go first.
            self.move_over(handle, Place::End, waiting);
        }
    }
}
