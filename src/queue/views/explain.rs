//! Why a job is not running.

use crate::queue::batches::{BatchNumber, Dependency};
use crate::queue::jobs::{Gate, Job, JobState, StateData};
use crate::queue::rules::{Obstacle, QueueObstacle};
use crate::queue::store::{Handle, IdEntry};
use crate::queue::time::{unless_endless, FOREVER};
use crate::queue::value::Queue;

/// Why a job is not running, and when that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Its state.
    pub state: JobState,
    /// The reason in words.
    pub why: String,
    /// The instant (Unix ms) that changes it, if time alone does.
    pub until: Option<u64>,
}

impl Queue {
    /// Why `id` is not running, and what will change that. O(log n).
    #[must_use]
    pub fn explain(&self, id: &[u8]) -> Option<Explanation> {
        match self.find(id)? {
            IdEntry::Job(handle) => self.job(handle).map(|job| {
                let mut explanation = self.explain_job(handle, job);
                if job.has_rerun() {
                    explanation.why.push_str("; a rerun is set for the time after this run");
                }
                explanation
            }),
            IdEntry::Remembered(handle) => self.record(handle).map(|r| Explanation {
                state: r.end_state.into(),
                why: "the job has ended; its id is refused until its dedup window closes".into(),
                until: unless_endless(r.until),
            }),
        }
    }

    fn explain_job(&self, handle: Handle, job: &Job) -> Explanation {
        if let (StateData::Waiting { .. }, Some(obstacle)) = (job.state, self.obstacle(handle, job)) {
            return self.explain_obstacle(job, obstacle);
        }
        let (why, until) = match job.state {
            StateData::Waiting { lapsed: 1.., .. } => {
                let by = job.lost_run().map(|run| format!(" of worker '{}'", shown(&run.worker)));
                let why = format!(
                    "the lease{} was lost; it is claimable again, unless that worker answers first",
                    by.unwrap_or_default()
                );
                return self.explanation(job, why, job.expires());
            }
            StateData::Waiting { .. } if job.expires() != FOREVER => {
                ("it is claimable until it expires; jobs before it in line come first", job.expires())
            }
            StateData::Waiting { .. } => ("it is claimable; jobs before it in line come first", FOREVER),
            StateData::Delayed { due } if job.nacks > 0 => ("it waits for its next attempt", due),
            StateData::Delayed { due } => {
                return self.explanation(job, format!("it is delayed{}", most_delayed(job)), due)
            }
            StateData::Retrying { due } => ("it waits for its next attempt", self.lead.unix_ms(due)),
            StateData::Blocked { gate: Gate::Hold, .. } => {
                ("it is on hold: JQ.PROMOTE lets it go", job.expires())
            }
            StateData::Blocked { gate: Gate::Batch(after), due } => {
                return self.explain_blocked(job, after, due);
            }
            StateData::Active { token, since, lease_until, worker } => {
                let then = if job.cancel_asked() { " and will be told that it is cancelled" } else { "" };
                let most = unless_endless(self.run_until(job, since, token));
                let most = most.map_or(String::new(), |most| format!(", at most until {most} (MAXRUN)"));
                let worker = shown(self.worker_name(worker));
                let why = format!("worker '{worker}' has it since {since}{most}{then}");
                return self.explanation(job, why, self.lead.unix_ms(lease_until));
            }
            StateData::Completed { .. } => ("it is done; its record is kept", job.kept_until()),
            StateData::Failed { .. } => {
                return Explanation {
                    state: job.state_name(),
                    why: self.explain_failed(job),
                    until: unless_endless(job.kept_until()),
                };
            }
        };
        self.explanation(job, why.into(), until)
    }

    fn explanation(&self, job: &Job, why: String, until: u64) -> Explanation {
        Explanation { state: job.state_name(), why, until: unless_endless(until) }
    }

    /// The instant is whichever is earlier: the limit allows the job, or it expires.
    fn explain_obstacle(&self, job: &Job, obstacle: Obstacle) -> Explanation {
        let group = shown(self.group_of(job).unwrap_or_default());
        let (why, opens) = match obstacle {
            Obstacle::OfQueue(obstacle) => self.explain_queue_obstacle(obstacle),
            Obstacle::LanePaused(end) => {
                (format!("its group '{group}' is paused; JQ.RESUME with GROUP lets it go on"), end)
            }
            Obstacle::Behind(before) => return self.explain_behind(job, &group, before),
            Obstacle::LaneFull(active, most) => {
                (format!("its group '{group}' is full: {active} active, at most {most}"), FOREVER)
            }
            Obstacle::LaneRate(opens) => (format!("the rate of its group '{group}' is used up"), opens),
        };
        Explanation { state: job.state_name(), why, until: unless_endless(opens.min(job.expires())) }
    }

    /// In words, and the instant that changes it.
    pub(crate) fn explain_queue_obstacle(&self, obstacle: QueueObstacle) -> (String, u64) {
        match obstacle {
            QueueObstacle::Paused(end) => ("the queue is paused; JQ.RESUME lets it go on".into(), end),
            QueueObstacle::Full(active) => {
                let (most, holders) = (self.settings.concurrency, self.holders());
                let why =
                    format!("the queue is full: {active} active, concurrency is {most}; held by {holders}");
                let first = self.jobs.indexes.active.first().and_then(|first| self.job(first));
                (why, first.map_or(FOREVER, |job| job.due(self.lead)))
            }
            QueueObstacle::Rate(opens) => ("the rate of the queue is used up".into(), opens),
        }
    }

    /// Why a group gives no job, in words, and the instant that changes it.
    pub(crate) fn explain_lane_obstacle(&self, obstacle: Obstacle) -> (String, u64) {
        match obstacle {
            Obstacle::OfQueue(obstacle) => self.explain_queue_obstacle(obstacle),
            Obstacle::LanePaused(end) => ("it is paused; JQ.RESUME with GROUP lets it go on".into(), end),
            Obstacle::Behind(before) => {
                let (state, opens) = self.state_of_first(before);
                (format!("job '{}' comes first, which {state}", shown(self.id(before))), opens)
            }
            Obstacle::LaneFull(active, most) => {
                (format!("it is full: {active} active, its concurrency is {most}"), FOREVER)
            }
            Obstacle::LaneRate(opens) => ("its rate is used up".into(), opens),
        }
    }

    /// What the job does that comes first in its group, and the instant that changes it.
    fn state_of_first(&self, first: Handle) -> (&'static str, u64) {
        let Some(job) = self.job(first) else { return ("is first in line", FOREVER) };
        let holds = self.lane_of(job).and_then(|lane| self.limits.lanes.get(lane)?.holder) == Some(first);
        match job.state {
            StateData::Active { .. } => ("has started and is active", job.due(self.lead)),
            StateData::Delayed { due } => ("has started and waits for its next attempt", due),
            StateData::Retrying { due } => {
                ("has started and waits for its next attempt", self.lead.unix_ms(due))
            }
            StateData::Blocked { gate: Gate::Hold, .. } => {
                ("has started and is on hold: JQ.PROMOTE lets it go", FOREVER)
            }
            _ if holds => ("has started and is to run again", FOREVER),
            _ => ("is first in line", FOREVER),
        }
    }

    fn explain_behind(&self, job: &Job, group: &str, before: Handle) -> Explanation {
        let (state, opens) = self.state_of_first(before);
        let before = shown(self.id(before));
        let why = format!("it is behind job '{before}' of its group '{group}', which {state}");
        Explanation { state: job.state_name(), why, until: unless_endless(opens.min(job.expires())) }
    }

    /// The workers that hold jobs, the first of them by name.
    fn holders(&self) -> String {
        const NAMED: usize = 3;
        let names: Vec<_> = self
            .workers
            .iter()
            .filter(|(_, _, active, _)| *active > 0)
            .take(NAMED)
            .map(|(_, name, _, _)| shown(name))
            .collect();
        match self.workers.busy().checked_sub(NAMED) {
            Some(more @ 1..) => format!("{} and {more} more", names.join(", ")),
            _ => names.join(", "),
        }
    }

    fn explain_failed(&self, job: &Job) -> String {
        let unmet = self.unmet_dependency(job).and_then(|unmet| self.batch_name(unmet.batch));
        match unmet.map(shown) {
            None => "it failed for good; JQ.RETRY gives it fresh attempts".into(),
            Some(batch) if self.may_be_revived(job) => {
                format!("it failed for good; JQ.RETRY lets it wait for batch '{batch}' again")
            }
            Some(batch) => format!(
                "it failed for good, because batch '{batch}' was not all completed; JQ.RETRY the failed members \
                 first, or JQ.FORGET the batch"
            ),
        }
    }

    /// `due` is the instant before which it must not start even then, or 0.
    fn explain_blocked(&self, job: &Job, after: Dependency<BatchNumber>, due: u64) -> Explanation {
        let batch = self.batches.get(after.batch);
        let name = batch.map(|batch| shown(&batch.name)).unwrap_or_default();
        let pending = batch.map_or(0, |batch| batch.members.pending);
        let open = if batch.is_some_and(|batch| batch.sealed) { "" } else { "is not sealed and " };
        let delay = if due == 0 { String::new() } else { format!("; it must not start before {due} either") };
        let most = most_delayed(job);
        let why = format!("it waits for batch '{name}', which {open}has {pending} pending{delay}{most}");
        Explanation { state: job.state_name(), why, until: unless_endless(job.expires()) }
    }
}

/// How long a job can be replaced again and again before it must start.
fn most_delayed(job: &Job) -> String {
    let latest = unless_endless(job.latest_due());
    latest.map_or(String::new(), |latest| format!(", at most until {latest} (MAXWAIT)"))
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
