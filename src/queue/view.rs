//! Looking at a queue without changing it.

use super::job::{Job, Rare, State};
use super::{
    due_key, finished_key, place_key, Entry, Handle, Now, Order, Phase, Place, Queue, When, FOREVER,
};

/// A place in a listing: where the next page begins. Its meaning depends on the state that is listed, so it
/// stays valid however the queue changes in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// A priority or an instant.
    pub major: i64,
    /// A sequence number.
    pub minor: u64,
}

impl Position {
    fn place(self) -> Option<Place> {
        let priority = i32::try_from(self.major).ok()?;
        Some(Place { priority, seq: self.minor })
    }

    fn when(self) -> Option<When> {
        let at = u64::try_from(self.major).ok()?;
        Some(When { at, seq: self.minor })
    }
}

/// All that is known about a job, a kept record or a remembered id. Absent values are None.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct JobView<'a> {
    pub id: &'a [u8],
    pub phase: Phase,
    pub payload: Option<&'a [u8]>,
    pub priority: Option<i32>,
    pub attempt: Option<u64>,
    pub attempts: Option<u32>,
    pub losses: Option<u16>,
    pub token: Option<u64>,
    pub worker: Option<&'a [u8]>,
    pub added_at: Option<u64>,
    pub due_at: Option<u64>,
    pub expires_at: Option<u64>,
    pub lease_until: Option<u64>,
    pub finished_at: Option<u64>,
    pub kept_until: Option<u64>,
    pub refused_until: Option<u64>,
    pub cancel_asked: bool,
    pub rerun: bool,
    pub error: Option<&'a [u8]>,
    pub progress: Option<&'a [u8]>,
    pub result: Option<&'a [u8]>,
}

/// Why a job is not running, and when that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Where it stands.
    pub phase: Phase,
    /// In words.
    pub why: String,
    /// The instant (Unix ms) that changes it, if time alone does.
    pub until: Option<u64>,
}

fn unless_endless(instant: u64) -> Option<u64> {
    (instant != FOREVER).then_some(instant)
}

impl Queue {
    /// All that is known about `id`. O(log n).
    #[must_use]
    pub fn view(&self, id: &[u8]) -> Option<JobView<'_>> {
        match self.find(id)? {
            Entry::Job(handle) => self.job(handle).map(|job| self.view_job(job)),
            Entry::Remembered(handle) => self.record(handle).map(|r| JobView {
                token: (r.token != 0).then_some(r.token),
                refused_until: unless_endless(r.until),
                ..JobView::bare(r.id, r.ending.into())
            }),
        }
    }

    fn view_job<'a>(&'a self, job: &'a Job) -> JobView<'a> {
        let rare = job.rare.as_deref();
        let text = |of: fn(&Rare) -> Option<&[u8]>| rare.and_then(of);
        let record = rare.filter(|_| job.is_finished());
        let mut view = JobView {
            payload: Some(job.payload()),
            priority: Some(job.priority),
            attempt: Some(job.attempt()),
            attempts: Some(self.recipe(job).attempts.unwrap_or(self.settings.attempts)),
            losses: Some(job.losses),
            added_at: Some(job.added_at),
            expires_at: unless_endless(job.expires()),
            kept_until: record.and_then(|r| unless_endless(r.keep_until)),
            refused_until: record.and_then(|r| unless_endless(r.window_until)).filter(|until| *until != 0),
            cancel_asked: job.cancel_asked(),
            rerun: rare.is_some_and(|r| r.rerun.is_some()),
            error: text(|r| r.error.as_deref()),
            progress: text(|r| r.progress.as_deref()),
            result: text(|r| r.result.as_deref()),
            ..JobView::bare(job.id(), job.phase())
        };
        match job.state {
            State::Waiting { .. } => {}
            State::Delayed { due } => view.due_at = Some(due),
            State::Active { token, lease_until, worker, .. } => {
                view.token = Some(token);
                view.lease_until = Some(lease_until);
                view.worker = Some(self.worker_name(worker));
            }
            State::Completed { at, token } | State::Failed { at, token } => {
                view.token = (token != 0).then_some(token);
                view.finished_at = Some(at);
            }
        }
        view
    }

    /// At most `count` jobs of a state in the order they would run or finished, from `from` on, and where the
    /// next page begins. O(log n + count).
    #[must_use]
    pub fn list(
        &self,
        phase: Phase,
        from: Option<Position>,
        count: usize,
    ) -> (Vec<Handle>, Option<Position>) {
        let jobs = &self.jobs;
        let mut handles: Vec<Handle> = match phase {
            Phase::Waiting => {
                let from = from.map_or(Some(Place { priority: i32::MIN, seq: 0 }), Position::place);
                from.into_iter()
                    .flat_map(|from| self.waiting.iter_from(from, |h| place_key(jobs, h)))
                    .take(count.saturating_add(1))
                    .collect()
            }
            Phase::Delayed => self.page(&self.delayed, from, count, |h| due_key(jobs, h)),
            Phase::Active => self.page(&self.active, from, count, |h| due_key(jobs, h)),
            Phase::Completed => self.page(&self.completed, from, count, |h| finished_key(jobs, h)),
            Phase::Failed => self.page(&self.failed, from, count, |h| finished_key(jobs, h)),
            Phase::Blocked | Phase::Expired | Phase::Cancelled => Vec::new(),
        };
        let next = if handles.len() > count { handles.pop() } else { None };
        (handles, next.and_then(|handle| self.position(phase, handle)))
    }

    fn page(
        &self,
        index: &Order<When>,
        from: Option<Position>,
        count: usize,
        key_of: impl Fn(Handle) -> When,
    ) -> Vec<Handle> {
        let from = from.map_or(Some(When { at: 0, seq: 0 }), Position::when);
        from.into_iter()
            .flat_map(|from| index.iter_from(from, &key_of))
            .take(count.saturating_add(1))
            .collect()
    }

    fn position(&self, phase: Phase, handle: Handle) -> Option<Position> {
        let job = self.job(handle)?;
        let major = match phase {
            Phase::Waiting => i64::from(job.priority),
            Phase::Completed | Phase::Failed => i64::try_from(finished_key(&self.jobs, handle).at).ok()?,
            _ => i64::try_from(due_key(&self.jobs, handle).at).ok()?,
        };
        Some(Position { major, minor: job.seq })
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

    /// Which run of a job this is.
    #[must_use]
    pub fn attempt(&self, job: Handle) -> u64 {
        self.job(job).map_or(0, Job::attempt)
    }

    /// How long (ms) the job that is claimable longest has been so: the oldest of the first of each priority,
    /// of the 64 most urgent ones. O(log n).
    #[must_use]
    pub fn oldest_claimable(&self, now: Now) -> Option<u64> {
        const PRIORITIES_AT_MOST: usize = 64;
        if self.paused {
            return None;
        }
        let jobs = &self.jobs;
        let mut from = Place { priority: i32::MIN, seq: 0 };
        let mut oldest: Option<u64> = None;
        for _ in 0..PRIORITIES_AT_MOST {
            let Some(handle) = self.waiting.iter_from(from, |h| place_key(jobs, h)).next() else { break };
            let Some(job) = self.job(handle) else { break };
            if let State::Waiting { since, .. } = job.state {
                oldest = Some(oldest.map_or(since, |at| at.min(since)));
            }
            let Some(priority) = job.priority.checked_add(1) else { break };
            from = Place { priority, seq: 0 };
        }
        oldest.map(|since| now.millis().saturating_sub(since))
    }

    /// Why `id` is not running, and what will change that. O(log n).
    #[must_use]
    pub fn explain(&self, id: &[u8]) -> Option<Why> {
        match self.find(id)? {
            Entry::Job(handle) => self.job(handle).map(|job| self.explain_job(job)),
            Entry::Remembered(handle) => self.record(handle).map(|r| Why {
                phase: r.ending.into(),
                why: "the job has ended; its id is refused until its dedup window closes".into(),
                until: unless_endless(r.until),
            }),
        }
    }

    fn explain_job(&self, job: &Job) -> Why {
        let (why, until) = match job.state {
            State::Waiting { .. } if self.paused => {
                ("the queue is paused; JQ.RESUME lets it go on", job.expires())
            }
            State::Waiting { lapsed: 1.., .. } => {
                ("its lease ran out; it is claimable again, unless a late ACK comes first", job.expires())
            }
            State::Waiting { .. } if job.expires() != FOREVER => {
                ("it is claimable until it expires; jobs before it in line come first", job.expires())
            }
            State::Waiting { .. } => ("it is claimable; jobs before it in line come first", FOREVER),
            State::Delayed { due } if job.nacks > 0 => ("it waits for its next attempt", due),
            State::Delayed { due } => ("it is delayed", due),
            State::Active { lease_until, .. } if job.cancel_asked() => {
                ("a worker has it and will be told that it is cancelled", lease_until)
            }
            State::Active { lease_until, .. } => ("a worker has it", lease_until),
            State::Completed { .. } => ("it is done; its record is kept", job.due()),
            State::Failed { .. } => ("it failed for good; JQ.RETRY gives it fresh attempts", job.due()),
        };
        Why { phase: job.phase(), why: why.into(), until: unless_endless(until) }
    }
}

impl<'a> JobView<'a> {
    /// A view that knows only this.
    fn bare(id: &'a [u8], phase: Phase) -> Self {
        JobView {
            id,
            phase,
            payload: None,
            priority: None,
            attempt: None,
            attempts: None,
            losses: None,
            token: None,
            worker: None,
            added_at: None,
            due_at: None,
            expires_at: None,
            lease_until: None,
            finished_at: None,
            kept_until: None,
            refused_until: None,
            cancel_asked: false,
            rerun: false,
            error: None,
            progress: None,
            result: None,
        }
    }
}
