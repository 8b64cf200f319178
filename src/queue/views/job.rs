//! A job and a worker as clients see them.

use crate::queue::batches::BatchCondition;
use crate::queue::jobs::{
    Backoff, DedupWindow, Gate, Job, JobExtras, JobLog, JobState, Place, Run, StateData, UnmetDependency,
};
use crate::queue::stats::Minute;
use crate::queue::store::{Handle, IdEntry, PriorityKey, Record};
use crate::queue::time::{unless_endless, Now};
use crate::queue::value::Queue;

/// All that is known about a job, a kept record or a remembered id. Absent values are None.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct JobView<'a> {
    pub id: &'a [u8],
    pub state: JobState,
    pub name: Option<&'a [u8]>,
    pub payload: Option<&'a [u8]>,
    pub priority: Option<i32>,
    pub attempt: Option<u64>,
    pub attempts: Option<u64>,
    /// How often it was claimed in this life.
    pub starts: Option<u64>,
    pub losses: Option<u16>,
    /// Of the whole life, where progress has made the count start anew.
    pub all_losses: Option<u64>,
    /// Of an active job: how many more NACKs it survives.
    pub failures_left: Option<u32>,
    /// Of an active job: how many more lost leases it survives.
    pub losses_left: Option<u64>,
    pub backoff: Option<Backoff>,
    pub dedup: Option<DedupWindow>,
    pub keep: Option<u64>,
    pub max_run: Option<u64>,
    pub token: Option<u64>,
    pub worker: Option<&'a [u8]>,
    pub added_at: Option<u64>,
    pub claimed_at: Option<u64>,
    pub due_at: Option<u64>,
    pub latest_due_at: Option<u64>,
    pub expires_at: Option<u64>,
    pub lease_until: Option<u64>,
    /// No extension of the lease reaches further.
    pub run_until: Option<u64>,
    pub finished_at: Option<u64>,
    pub kept_until: Option<u64>,
    pub refused_until: Option<u64>,
    pub group: Option<&'a [u8]>,
    pub batch: Option<&'a [u8]>,
    pub after: Option<(BatchCondition, &'a [u8])>,
    /// It is on hold: it waits for a PROMOTE.
    pub on_hold: bool,
    /// Where it goes when it enters the line.
    pub place: Place,
    pub cancel_asked: bool,
    pub rerun: bool,
    pub error: Option<&'a [u8]>,
    pub progress: Option<&'a [u8]>,
    pub result: Option<&'a [u8]>,
    /// As bytes: see [`fields_in`](crate::queue::fields_in).
    pub fields: Option<&'a [u8]>,
    /// How many lines its log has had.
    pub log_lines: Option<u64>,
    /// The last runs that did not complete it, oldest first.
    pub history: Vec<Run<&'a [u8]>>,
}

/// What is known about a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct WorkerView<'a> {
    pub name: &'a [u8],
    pub active: usize,
    pub oldest_lease_until: Option<u64>,
    pub last_seen: u64,
}

impl Queue {
    /// All that is known about `id`. O(log n).
    #[must_use]
    pub fn view(&self, id: &[u8]) -> Option<JobView<'_>> {
        match self.find(id)? {
            IdEntry::Job(handle) => self.job(handle).map(|job| self.view_job(job)),
            IdEntry::Remembered(handle) => self.record(handle).map(|record| JobView::of_record(&record)),
        }
    }

    /// All that is known about a job.
    #[must_use]
    pub fn view_of(&self, handle: Handle) -> Option<JobView<'_>> {
        self.job(handle).map(|job| self.view_job(job))
    }

    fn view_job<'a>(&'a self, job: &'a Job) -> JobView<'a> {
        let extras = job.extras.as_deref();
        let text = |of: fn(&JobExtras) -> Option<&[u8]>| extras.and_then(of);
        let record = extras.filter(|_| job.is_finished());
        let options = self.options(job);
        let attempts = u64::from(options.attempts.unwrap_or(self.settings.attempts));
        let mut view = JobView {
            name: self.name_of(job),
            payload: Some(job.payload()).filter(|_| !job.is_result_only()),
            priority: Some(job.priority),
            attempt: Some(job.attempt()),
            // Lost leases are runs too: the run that may be the last one is never beyond it.
            attempts: Some(attempts.max(job.attempt())),
            starts: Some(job.starts()),
            backoff: options.backoff,
            dedup: options.dedup,
            keep: options.keep,
            max_run: options.max_run,
            losses: Some(job.losses),
            all_losses: Some(job.all_losses()).filter(|all| *all != u64::from(job.losses)),
            added_at: Some(job.added_at),
            expires_at: unless_endless(job.expires()),
            kept_until: record.and_then(|r| unless_endless(r.keep_until)),
            refused_until: record.map(JobExtras::refused_until).filter(|until| *until != 0),
            group: self.group_of(job),
            batch: self.batch_of(job).and_then(|batch| self.batch_name(batch)),
            cancel_asked: job.cancel_asked(),
            rerun: job.has_rerun(),
            error: text(|r| r.error.as_deref().or(r.earlier_error())),
            progress: text(|r| r.progress.as_deref()),
            result: text(|r| r.result.as_deref()),
            log_lines: job.log().map(JobLog::total),
            fields: Some(job.fields()).filter(|fields| !fields.is_empty()),
            worker: record.and_then(|r| r.worker.as_deref()),
            history: extras.into_iter().flat_map(|r| r.history.iter()).map(Run::borrowed).collect(),
            ..JobView::bare(job.id(), job.state_name())
        };
        match job.state {
            StateData::Waiting { .. } => {}
            StateData::Retrying { due } => {
                view.place = job.place();
                view.due_at = Some(self.lead.unix_ms(due));
                view.latest_due_at = unless_endless(job.latest_due());
            }
            StateData::Delayed { due } => {
                view.place = job.place();
                view.due_at = Some(due);
                view.latest_due_at = unless_endless(job.latest_due());
            }
            StateData::Blocked { gate: Gate::Hold, .. } => view.on_hold = true,
            StateData::Blocked { gate: Gate::Batch(after), due } => {
                view.place = job.place();
                view.after = self.batch_name(after.batch).map(|name| (after.condition, name));
                view.due_at = Some(due).filter(|due| *due != 0);
                view.latest_due_at = unless_endless(job.latest_due());
            }
            StateData::Active { token, since, lease_until, worker } => {
                view.token = Some(token);
                view.claimed_at = Some(since);
                view.failures_left = Some(self.failures_left(job));
                view.losses_left = Some(self.losses_left(job));
                view.lease_until = Some(self.lead.unix_ms(lease_until));
                view.run_until = unless_endless(self.run_until(job, since, token));
                view.worker = Some(self.worker_name(worker));
            }
            StateData::Completed { at, token } | StateData::Failed { at, token } => {
                view.token = (token != 0).then_some(token);
                view.finished_at = Some(at);
                let unmet = self.unmet_dependency(job).map(UnmetDependency::dependency);
                view.after = unmet.and_then(|after| Some((after.condition, self.batch_name(after.batch)?)));
            }
        }
        view
    }

    /// Every worker that holds something or was seen lately, by name, from a name on.
    pub fn workers_from(&self, name: &[u8]) -> impl Iterator<Item = WorkerView<'_>> {
        self.workers.from(name).map(|(number, name, active, last_seen)| {
            let oldest = self.workers.jobs(number).next().and_then(|job| self.job(job));
            WorkerView { name, active, oldest_lease_until: oldest.map(|job| job.due(self.lead)), last_seen }
        })
    }

    /// What happened in each of the last `minutes` minutes before `now`, newest first; none before the queue
    /// was created.
    #[must_use]
    pub fn series(&self, minutes: u64, now: Now) -> Vec<Minute> {
        if self.created_at == 0 {
            return Vec::new();
        }
        self.stats.series.last(minutes, now.millis(), self.created_at)
    }

    /// The id of a job.
    #[must_use]
    pub fn id(&self, job: Handle) -> &[u8] {
        self.job(job).map(Job::id).unwrap_or_default()
    }

    /// The payload of a job.
    #[must_use]
    pub fn payload(&self, job: Handle) -> &[u8] {
        self.job(job).map(Job::payload).unwrap_or_default()
    }

    /// The fields of the job or record of an id as bytes: see [`fields_in`](crate::queue::fields_in). O(1).
    #[must_use]
    pub fn fields_of(&self, id: &[u8]) -> &[u8] {
        match self.find(id) {
            Some(IdEntry::Job(handle)) => self.job(handle).map(Job::fields).unwrap_or_default(),
            Some(IdEntry::Remembered(_)) | None => &[],
        }
    }

    /// Which run of a job this is.
    #[must_use]
    pub fn attempt(&self, job: Handle) -> u64 {
        self.job(job).map_or(0, Job::attempt)
    }

    /// How long (ms) the job that is claimable longest has been so: the oldest of the first of each priority,
    /// of the 64 most urgent ones, and of the first 64 lanes that may give one. The limits of the whole queue
    /// do not matter here: they are what makes a job old. O(log n).
    #[must_use]
    pub fn oldest_claimable(&self, now: Now) -> Option<u64> {
        const PRIORITIES_AT_MOST: usize = 64;
        if self.is_paused() {
            return None;
        }
        let jobs = &self.jobs.table;
        let mut from = PriorityKey { priority: i32::MIN, seq: i64::MIN };
        let since = |job: Handle| match self.job(job)?.state {
            StateData::Waiting { since, .. } => Some(since),
            _ => None,
        };
        let heads = self.limits.lanes.ready().take(PRIORITIES_AT_MOST).filter_map(|lane| self.head(lane));
        let mut oldest: Option<u64> = heads.filter_map(since).min();
        for _ in 0..PRIORITIES_AT_MOST {
            let Some(handle) = self.jobs.indexes.waiting.iter_from(from, |h| jobs.priority_key(h)).next()
            else {
                break;
            };
            let Some(job) = self.job(handle) else { break };
            oldest = oldest.into_iter().chain(since(handle)).min();
            let Some(priority) = job.priority.checked_add(1) else { break };
            from = PriorityKey { priority, seq: i64::MIN };
        }
        oldest.map(|since| now.millis().saturating_sub(since))
    }
}

impl<'a> JobView<'a> {
    /// What is left of a job of which only the id is remembered.
    #[must_use]
    pub fn of_record(record: &Record<'a>) -> Self {
        JobView {
            token: (record.token != 0).then_some(record.token),
            finished_at: (record.ended_at != 0).then_some(record.ended_at),
            refused_until: Some(record.until),
            ..JobView::bare(record.id, record.end_state.into())
        }
    }

    /// A view that knows only this.
    fn bare(id: &'a [u8], state: JobState) -> Self {
        JobView {
            id,
            state,
            name: None,
            payload: None,
            priority: None,
            attempt: None,
            attempts: None,
            starts: None,
            losses: None,
            all_losses: None,
            failures_left: None,
            losses_left: None,
            backoff: None,
            dedup: None,
            keep: None,
            max_run: None,
            token: None,
            worker: None,
            added_at: None,
            claimed_at: None,
            due_at: None,
            latest_due_at: None,
            expires_at: None,
            lease_until: None,
            run_until: None,
            finished_at: None,
            kept_until: None,
            refused_until: None,
            group: None,
            batch: None,
            after: None,
            on_hold: false,
            place: Place::End,
            cancel_asked: false,
            rerun: false,
            error: None,
            progress: None,
            result: None,
            fields: None,
            log_lines: None,
            history: Vec::new(),
        }
    }
}
