//! Why nothing runs: what keeps the jobs of a queue back now, and what will change that.

use super::job::WorkerView;
use crate::queue::batches::BatchView;
use crate::queue::jobs::{Gate, Job, JobState, StateData};
use crate::queue::rules::QueueObstacle;
use crate::queue::time::{unless_endless, FOREVER};
use crate::queue::value::Queue;

/// So many workers, and batches, are named.
const NAMED: usize = 10;
/// So many blocked jobs are asked what they wait for.
const BLOCKED_EXAMINED: usize = 1000;

/// What keeps jobs back. Instants are Unix ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standstill<'a> {
    /// The first reason that applies, in words.
    pub why: String,
    /// When time alone changes that.
    pub until: Option<u64>,
    /// When the rate of the queue lets one more job go, if it keeps one back or would. Over: one may go now.
    pub next_token: Option<u64>,
    /// When the first delay ends.
    pub next_due: Option<u64>,
    /// When the first lease ends.
    pub next_lease_end: Option<u64>,
    /// When a schedule adds the next job.
    pub next_tick: Option<u64>,
    /// Groups with waiting jobs; those of them that may give none; paused groups.
    pub groups: [usize; 3],
    /// The first workers that hold jobs, by name.
    pub holders: Vec<WorkerView<'a>>,
    /// The batches that the first blocked jobs wait for.
    pub batches: Vec<(&'a [u8], BatchView)>,
}

impl Queue {
    /// Why nothing runs. O(log n): what is named is bounded.
    #[must_use]
    pub fn standstill(&self) -> Standstill<'_> {
        let lanes = &self.limits.lanes;
        let (why, until) = self.first_reason();
        let first = |job: Option<u32>| job.and_then(|job| self.job(job)).map(|job| job.due(self.lead));
        Standstill {
            why,
            until: unless_endless(until),
            next_token: self.next_token().or_else(|| self.refill()),
            next_due: [self.jobs.indexes.delayed.first(), self.jobs.indexes.retrying.first()]
                .into_iter()
                .filter_map(first)
                .min(),
            next_lease_end: first(self.jobs.indexes.active.first()),
            next_tick: self.next_tick().map(|tick| tick.0),
            groups: [lanes.wanted(), lanes.wanted().saturating_sub(lanes.ready_count()), lanes.paused()],
            holders: self.workers_from(b"").filter(|worker| worker.active > 0).take(NAMED).collect(),
            batches: self.awaited_batches(),
        }
    }

    fn first_reason(&self) -> (String, u64) {
        let obstacle = self.queue_obstacle();
        if let Some(paused @ QueueObstacle::Paused(_)) = obstacle {
            return self.explain_queue_obstacle(paused);
        }
        if self.count(JobState::Waiting) == 0 {
            let [delayed, blocked, active] =
                [JobState::Delayed, JobState::Blocked, JobState::Active].map(|state| self.count(state));
            let held = self.explain_held(blocked);
            return (
                format!("no job is waiting: {delayed} delayed, {blocked} blocked{held}, {active} active"),
                FOREVER,
            );
        }
        if self.runnable() == 0 {
            let opens = self.limits.lanes.next_opening(self.lead).unwrap_or(FOREVER);
            return ("every waiting job is in a group that is paused or at its limit".into(), opens);
        }
        match obstacle {
            Some(obstacle) => self.explain_queue_obstacle(obstacle),
            None => (format!("nothing keeps jobs back: {} can be claimed now", self.claimable()), FOREVER),
        }
    }

    /// How many of the blocked jobs are on hold, which no time and no batch ends, and what does.
    fn explain_held(&self, blocked: usize) -> String {
        let examined = self.jobs.indexes.blocked.iter().take(BLOCKED_EXAMINED);
        let held = examined.filter(|job| self.job(*job).is_some_and(Job::is_on_hold)).count();
        let held = match held {
            0 => return String::new(),
            _ if held == blocked => "all".into(),
            _ if blocked <= BLOCKED_EXAMINED => held.to_string(),
            _ => format!("at least {held}"),
        };
        format!(" ({held} on hold: JQ.PROMOTE queue id lets one go)")
    }

    /// Those that the first blocked jobs wait for, each once.
    fn awaited_batches(&self) -> Vec<(&[u8], BatchView)> {
        let mut numbers = Vec::new();
        for handle in self.jobs.indexes.blocked.iter().take(BLOCKED_EXAMINED) {
            let state = self.job(handle).map(|job| job.state);
            let Some(StateData::Blocked { gate: Gate::Batch(after), .. }) = state else { continue };
            if !numbers.contains(&after.batch) {
                numbers.push(after.batch);
            }
            if numbers.len() == NAMED {
                break;
            }
        }
        let names = numbers.into_iter().filter_map(|number| self.batch_name(number));
        names.filter_map(|name| Some((name, self.batch(name)?))).collect()
    }
}
