//! How a job's life ends, and what is left of it: a next life, a record, a remembered id, or nothing.

use super::events::event_of;
use crate::queue::batches::BatchRefs;
use crate::queue::jobs::{
    DedupWindow, EarlierLife, History, Job, JobExtras, JobSpec, LostLife, RunEnd, StateData,
};
use crate::queue::stats::{Event, SeriesCount};
use crate::queue::store::{EndState, Handle, IdEntry, InstantKey, Order, Record};
use crate::queue::time::{after, Now, FOREVER};
use crate::queue::value::Queue;

/// What is remembered of a job that is freed.
#[derive(Debug, Clone, Copy)]
struct Memory {
    end_state: EndState,
    token: u64,
    ended_at: u64,
    /// The end of the window.
    until: u64,
    seq: u64,
}

/// What is kept of a job whose life has ended.
struct Kept {
    state: StateData,
    window: DedupWindow,
    /// The end of the window.
    window_until: u64,
    /// Until when the record is readable; 0: there is none.
    until: u64,
    /// The record is kept for its result alone.
    result_only: bool,
}

impl Queue {
    /// Ends the life of an unfinished job. A rerun set aside begins at that instant instead of a
    /// record.
    pub(crate) fn end(&mut self, handle: Handle, end_state: EndState, now: Now) {
        self.end_and_keep(handle, end_state, None, now);
    }

    /// The same, and the record is kept until then, where that was said.
    pub(crate) fn end_and_keep(
        &mut self,
        handle: Handle,
        end_state: EndState,
        keep_until: Option<u64>,
        now: Now,
    ) {
        let at = now.millis();
        let Some(job) = self.jobs.get(handle) else { return };
        if let (EndState::Completed, StateData::Active { since, .. }) = (end_state, job.state) {
            self.stats.runs.make().record(at.saturating_sub(since));
        }
        match end_state {
            EndState::Completed => self.stats.series.count(SeriesCount::Completed, at),
            EndState::Failed => self.stats.series.count(SeriesCount::Failed, at),
            EndState::Expired | EndState::Cancelled => {}
        }
        let token = match job.state {
            StateData::Active { token, .. } => token,
            StateData::Waiting { lapsed, .. } => lapsed,
            _ => 0,
        };
        let batch = self.batch_of(job);
        if !job.has_rerun() {
            let result = job.extras.as_ref().and_then(|extras| extras.result.as_deref());
            self.subscriptions.job_ended(job.id(), end_state.into(), result);
        }
        self.stats.record(event_of(end_state));
        self.log_end(handle, end_state, at);
        self.leave(handle);
        self.release_lane(handle);
        let mut rerun = None;
        self.jobs.edit(handle, |job| rerun = job.extras.as_mut().and_then(|extras| extras.rerun.take()));
        match rerun {
            Some(next) => self.start_rerun(handle, &next.borrowed(), end_state, token, now),
            None => self.keep_or_drop(handle, end_state, token, keep_until, now),
        }
        self.count_out(batch, end_state, now);
    }

    /// Begins the life that was asked for while the one before it went on. Of that one stays its token, if it
    /// was completed, or its error, and the history.
    fn start_rerun(
        &mut self,
        handle: Handle,
        next: &JobSpec<&[u8]>,
        ended_as: EndState,
        token: u64,
        now: Now,
    ) {
        let (mut error, mut history) = (None, History::default());
        self.jobs.edit(handle, |job| {
            if let Some(extras) = job.extras.as_mut() {
                (error, history) = (extras.error.take(), std::mem::take(&mut extras.history));
            }
            job.set_payload(next.payload);
        });
        self.start_life(handle, next, &BatchRefs::NONE, now);
        self.jobs.edit(handle, |job| {
            if !history.is_empty() {
                job.extras_mut().history = history;
            }
            match ended_as {
                EndState::Completed if token != 0 => job.extras_mut().done_under = token,
                EndState::Failed if error.is_some() => {
                    job.extras_mut().earlier_life = EarlierLife::of(error, None);
                }
                EndState::Completed | EndState::Failed | EndState::Expired | EndState::Cancelled => {}
            }
        });
        self.log_move(Event::RerunBegun, handle, ended_as.into(), now.millis());
        // Its PX counts from the ADD that asked for it, and may have run out meanwhile.
        if let Some(expired) =
            self.jobs.get(handle).map(Job::expires).filter(|expires| *expires <= now.millis())
        {
            self.end(handle, EndState::Expired, Now::from_ms(expired));
        }
    }

    /// Ends the life of a job whose lease under `token` was lost, and which is not tried again.
    pub(crate) fn fail_after_loss(&mut self, handle: Handle, token: u64, now: Now) {
        let Some(job) = self.jobs.get(handle) else { return };
        let (batch, has_rerun) = (self.batch_of(job), job.has_rerun());
        let error = format!("lease lost {} times", job.all_losses()).into_bytes().into_boxed_slice();
        self.jobs.edit(handle, |job| job.extras_mut().error = Some(error));
        self.end(handle, EndState::Failed, now);
        // Unless the rerun has expired. No claim has the token 0.
        let has_begun =
            has_rerun && token != 0 && self.jobs.get(handle).is_some_and(|job| !job.is_finished());
        if has_begun {
            self.jobs.edit(handle, |job| {
                let earlier = job.extras_mut().earlier_life.get_or_insert_default();
                earlier.lost = Some(LostLife { token, batch });
            });
        }
    }

    /// The worker of a lost life has done it after all: it was completed. The life
    /// that has begun since stays.
    pub(crate) fn complete_lost_life(&mut self, handle: Handle, now: Now) {
        let at = now.millis();
        let mut lost = None;
        self.jobs.edit(handle, |job| lost = job.extras.as_mut().and_then(|extras| extras.take_lost_life()));
        let Some(LostLife { token, batch }) = lost else { return };
        self.jobs.edit(handle, |job| {
            let extras = job.extras_mut();
            extras.done_under = token;
            extras.earlier_life = None;
            extras.history.complete(token, at);
        });
        self.stats.record(Event::Completed);
        self.stats.series.count(SeriesCount::Completed, at);
        self.log_late_end(handle, token, at);
        self.count_completed_after_all(batch, now);
    }

    /// Cancels a job. What was set aside to run after an active one was asked for after the cancel, so it
    /// stays; with a job that had not started everything goes.
    pub(crate) fn cancel(&mut self, handle: Handle, now: Now) {
        self.jobs.edit(handle, |job| {
            let is_active = matches!(job.state, StateData::Active { .. });
            if let Some(extras) = job.extras.as_mut().filter(|_| !is_active) {
                extras.rerun = None;
            }
        });
        self.end(handle, EndState::Cancelled, now);
    }

    /// What is left of a job whose life has ended: its record, its id, or nothing. The worker may have said until
    /// when the record is kept.
    pub(crate) fn keep_or_drop(
        &mut self,
        handle: Handle,
        end_state: EndState,
        token: u64,
        keep_until: Option<u64>,
        now: Now,
    ) {
        let at = now.millis();
        let Some(job) = self.jobs.get(handle) else { return };
        let kept = self.kept_of(job, end_state, token, keep_until, now);
        if kept.until > 0 {
            return self.keep(handle, &kept, at);
        }
        // A new number, so that remembered ids are in the order in which their jobs ended.
        let seq = if kept.window_until > at { self.jobs.take_seq().unsigned_abs() } else { 0 };
        let memory = Memory { end_state, token, ended_at: at, until: kept.window_until, seq };
        self.free_job(handle, Some(memory), at);
    }

    /// What is kept of a job that ends so.
    fn kept_of(&self, job: &Job, end_state: EndState, token: u64, keep_until: Option<u64>, now: Now) -> Kept {
        let (at, from) = (now.millis(), now.next_ms());
        let options = self.jobs.table.options(job);
        let window = options.dedup.unwrap_or(self.settings.dedup_window);
        let window_until = match window {
            // Not even for the instant in which it ended, whatever the clock says next.
            DedupWindow::NONE | DedupWindow::Kept => 0,
            DedupWindow::For(window) => after(from, window),
        };
        let (state, keep) = match end_state {
            EndState::Completed => {
                (StateData::Completed { at, token }, options.keep.unwrap_or(self.settings.keep_completed))
            }
            EndState::Failed => (StateData::Failed { at, token }, self.settings.keep_failed),
            // Nothing ran: there is nothing to read.
            EndState::Expired | EndState::Cancelled => (StateData::Failed { at, token }, 0),
        };
        let keep_until = keep_until.unwrap_or(if keep == 0 { 0 } else { after(from, keep) });
        // Who asks for a result while the id is refused finds it.
        let has_result = end_state == EndState::Completed && job.has_result();
        let for_result = if has_result { window_until } else { 0 };
        Kept { state, window, window_until, until: keep_until.max(for_result), result_only: keep_until == 0 }
    }

    /// Makes a job the record of what is kept of it.
    fn keep(&mut self, handle: Handle, kept: &Kept, at: u64) {
        let Some(job) = self.jobs.get(handle) else { return };
        let last_run = job.extras.as_ref().and_then(|extras| extras.history.last());
        let worker = match (job.state, last_run) {
            (StateData::Active { worker, .. }, _) => Some(self.workers.shared_name(worker)),
            (_, run) => run.map(|run| run.worker.clone()),
        };
        // A new number, so that records are in the order in which their jobs finished.
        let seq = self.jobs.take_seq();
        self.jobs.edit(handle, |job| {
            job.seq = seq;
            job.state = kept.state;
            let extras = job.extras_mut();
            extras.result_only = kept.result_only;
            extras.expires = FOREVER;
            extras.cancel_asked = false;
            extras.done_under = 0;
            extras.earlier_life = None;
            extras.latest_due = FOREVER;
            extras.window_until = kept.window_until;
            extras.window_is_kept = kept.window == DedupWindow::Kept;
            extras.keep_until = kept.until;
            extras.worker = worker;
            if kept.result_only {
                extras.notes = None;
                job.set_payload(b"");
            }
        });
        self.enter(handle);
        // At once, so that no effect is needed. Where the limit was lowered, time drops the others in its
        // steps.
        if let Some(record) = self.surplus() {
            self.retire(record, at);
        }
    }

    /// The record of a failed job is kept until then, 0: not any more.
    pub(crate) fn keep_record(&mut self, handle: Handle, until: u64, at: u64) {
        if until == 0 {
            return self.retire(handle, at);
        }
        self.leave(handle);
        self.jobs.edit(handle, |job| job.extras_mut().keep_until = until);
        self.enter(handle);
    }

    /// Drops the oldest records of jobs that ended so, as many as there are of these.
    pub(crate) fn drop_records(&mut self, ended: EndState, count: u64, at: u64) {
        for _ in 0..count {
            let Some(record) = self.records(ended).and_then(Order::first) else { break };
            self.retire(record, at);
        }
    }

    /// The records of jobs that ended so; None: of those there are none.
    fn records(&self, ended: EndState) -> Option<&Order<InstantKey>> {
        match ended {
            EndState::Completed => Some(&self.jobs.indexes.completed),
            EndState::Failed => Some(&self.jobs.indexes.failed),
            EndState::Expired | EndState::Cancelled => None,
        }
    }

    /// How many these are.
    pub(crate) fn record_count(&self, ended: EndState) -> usize {
        self.records(ended).map_or(0, Order::len)
    }

    /// The oldest record over the limits.
    pub(crate) fn surplus(&self) -> Option<Handle> {
        let limits = [
            (&self.jobs.indexes.completed, self.settings.keep_completed_max),
            (&self.jobs.indexes.failed, self.settings.keep_failed_max),
        ];
        let is_over = |records: &Order<InstantKey>, most: u64| most > 0 && records.len() as u64 > most;
        limits
            .into_iter()
            .find(|(records, most)| is_over(records, *most))
            .and_then(|(records, _)| records.first())
    }

    /// Drops a kept record; its id stays remembered while its window is open.
    pub(crate) fn retire(&mut self, handle: Handle, at: u64) {
        let Some(job) = self.jobs.get(handle) else { return };
        let window_until = job.extras.as_ref().map_or(0, |extras| extras.window_until);
        let memory = match job.state {
            StateData::Completed { at, token } => Some((EndState::Completed, token, at)),
            StateData::Failed { at, token } => Some((EndState::Failed, token, at)),
            _ => None,
        };
        let memory = memory.map(|(end_state, token, ended_at)| Memory {
            end_state,
            token,
            ended_at,
            until: window_until,
            seq: job.seq.unsigned_abs(),
        });
        self.leave(handle);
        self.free_job(handle, memory, at);
    }

    /// Drops whatever an id leads to, without a trace.
    pub(crate) fn drop_entry(&mut self, entry: IdEntry) {
        match entry {
            IdEntry::Job(handle) => {
                self.leave(handle);
                self.free_job(handle, None, 0);
            }
            IdEntry::Remembered(handle) => self.jobs.forget(handle),
        }
    }

    /// Frees a job that is nowhere listed; `memory` stays behind while the window is open at `at`.
    fn free_job(&mut self, handle: Handle, memory: Option<Memory>, at: u64) {
        self.release_options(handle);
        self.jobs.remove(handle, |job| {
            let Memory { end_state, mut token, ended_at, until, seq } =
                memory.filter(|memory| memory.until > at)?;
            let failed = |extras: &JobExtras| extras.history.end_of(token) == Some(RunEnd::Failed);
            if end_state == EndState::Failed && !job.extras.as_deref().is_some_and(failed) {
                // A remembered token says that its worker ended the job so: a repeated NACK is known by it.
                token = 0;
            }
            Some(Record { id: job.id(), until, ended_at, token, seq, end_state })
        });
    }
}
