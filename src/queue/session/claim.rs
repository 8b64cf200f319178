//! Claiming: who gets which jobs, for how long, under which token.

use super::access::Session;
use crate::queue::effect::{JobEffect, Steps};
use crate::queue::jobs::StateData;
use crate::queue::store::{Handle, PriorityKey};
use crate::queue::time::{Now, LATEST_TOKEN};
use crate::queue::value::Queue;

/// What a worker asks for. `W` holds the worker's name: borrowed, or kept while the worker waits.
#[derive(Debug, Clone, Copy)]
pub struct ClaimOptions<W> {
    /// Who asks.
    pub worker: W,
    /// At most so many jobs.
    pub count: usize,
    /// For so many milliseconds; None: as the queue's settings say.
    pub lease: Option<u64>,
    /// At most so many bytes of payload, but at least one job.
    pub max_bytes: Option<u64>,
}

impl ClaimOptions<&[u8]> {
    /// The same with a copy of the worker's name.
    #[must_use]
    pub fn to_owned_worker(&self) -> ClaimOptions<Box<[u8]>> {
        let ClaimOptions { worker, count, lease, max_bytes } = *self;
        ClaimOptions { worker: worker.into(), count, lease, max_bytes }
    }
}

/// A job in a worker's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// The proof.
    pub token: u64,
    /// The job.
    pub job: Handle,
}

/// What a claim has met so far.
#[derive(Debug, Default)]
struct Runnable {
    /// Jobs that had expired and ended here.
    expired: u32,
    /// Jobs that are claimed next, when that were too many.
    behind: Option<std::vec::IntoIter<Handle>>,
}

impl Queue {
    /// The first `count` waiting jobs without a GROUP that have not expired `at` then, where expired ones stand
    /// before them: at most some ten thousand are passed by, a few milliseconds.
    fn waiting_behind_expired(&self, at: u64, count: usize) -> Vec<Handle> {
        const PASSED_AT_MOST: usize = 50_000;
        let (waiting, table) = (&self.jobs.indexes.waiting, &self.jobs.table);
        let from = PriorityKey { priority: i32::MIN, seq: i64::MIN };
        let is_alive = |job: &Handle| self.job(*job).is_some_and(|job| job.expires() > at);
        let first = waiting.iter_from(from, |job| table.priority_key(job)).take(PASSED_AT_MOST + count);
        first.filter(is_alive).take(count).collect()
    }

    /// Whether the job that is claimed next has expired at `now`: then it is time's turn.
    #[must_use]
    pub fn is_next_expired(&self, now: Now) -> bool {
        let next = self.next_runnable().and_then(|job| self.job(job));
        next.is_some_and(|job| job.expires() <= now.millis())
    }

    /// Whether `token` can be that of the next claim: newer than all before.
    pub(crate) fn may_be_claimed_with(&self, token: u64) -> bool {
        token > self.last_token && token < LATEST_TOKEN
    }
}

impl Session<'_> {
    /// Claims jobs in their order, leaving `promised` of the claimable ones to blocked clients.
    /// O(log n) per job; nothing that may not be claimed is walked over.
    pub fn claim(&mut self, options: &ClaimOptions<impl AsRef<[u8]>>, promised: usize) -> Vec<Claimed> {
        let worker = options.worker.as_ref();
        let mut bytes = 0u64;
        let asked_until = self.in_queue_ms(options.lease.unwrap_or(self.queue.settings.lease));
        self.promote_enough(options.count.saturating_add(promised));
        if self.queue.is_exhausted() {
            return Vec::new();
        }
        let most = options.count.min(self.queue.claimable().saturating_sub(promised));
        let mut claimed = Vec::with_capacity(most);
        let mut runnable = Runnable::default();
        while claimed.len() < most {
            self.queue.foresee_claims(claimed.len(), || most - claimed.len());
            let Some(job) = self.next_runnable(&mut runnable, most - claimed.len()) else { break };
            let Some(next) = self.queue.job(job) else { break };
            bytes = bytes.saturating_add(next.payload().len() as u64);
            if !claimed.is_empty() && options.max_bytes.is_some_and(|max| bytes > max) {
                break;
            }
            let token = self.next_token();
            let lease_until = asked_until.min(self.queue.next_run_until(next, self.at(), token));
            self.change_job(job, JobEffect::Claimed { token, worker, lease_until });
            claimed.push(Claimed { token, job });
        }
        claimed
    }

    /// The jobs a worker holds, oldest claim first. With a lease they are renewed: none ends earlier than
    /// that many ms from now, or than its run must, but those whose cancellation the worker has yet to learn of stay
    /// as they are.
    pub fn held(&mut self, worker: &[u8], lease: Option<u64>) -> Vec<Claimed> {
        let handles = self.handles_of(worker);
        if let Some(ms) = lease {
            let asked_until = self.in_queue_ms(ms);
            for &handle in &handles {
                let Some(job) = self.queue.job(handle) else { continue };
                let lease_until = asked_until.min(self.queue.present_run_until(job));
                if !job.cancel_asked() && job.due(self.queue.lead) < lease_until {
                    self.change_job(handle, JobEffect::Leased { lease_until });
                }
            }
        }
        let token_of = |handle: Handle| match self.queue.job(handle)?.state {
            StateData::Active { token, .. } => Some(Claimed { token, job: handle }),
            _ => None,
        };
        handles.into_iter().filter_map(token_of).collect()
    }

    /// What a worker holds as of now.
    pub(crate) fn handles_of(&mut self, worker: &[u8]) -> Vec<Handle> {
        let Some(number) = self.queue.workers.find(worker) else { return Vec::new() };
        let mut handles: Vec<_> = self.queue.workers.jobs(number).collect();
        handles.retain(|&handle| !self.advance_named(handle));
        handles
    }

    /// Lets time promote jobs and schedules tick until `count` may run, when there is a backlog of what is due.
    /// Not more than a claim can take: blocked clients promote what is promised for them when they are served.
    fn promote_enough(&mut self, count: usize) {
        const PROMOTED_AT_MOST: u32 = 10_000;
        /// About two milliseconds.
        const TICKED_AT_MOST: usize = 500;
        let missing = count.saturating_sub(self.queue.runnable());
        if missing == 0 {
            return;
        }
        let jobs = u32::try_from(missing).unwrap_or(u32::MAX).min(PROMOTED_AT_MOST);
        self.advance(Steps { jobs, forgotten: 0 });
        self.tick_until_runnable(count, TICKED_AT_MOST);
    }

    /// The next runnable job that has not expired, of a claim that wants `count` more.
    fn next_runnable(&mut self, runnable: &mut Runnable, count: usize) -> Option<Handle> {
        let first = self.queue.next_runnable()?;
        if self.queue.job(first).is_some_and(|job| job.expires() <= self.at()) {
            return self.next_behind_expired(runnable, count);
        }
        Some(first)
    }

    /// The same where expired jobs stand before it. They end here, a bounded number. More of them are passed by, a
    /// bounded number too, and left to the timer; jobs with a GROUP are not found behind those.
    #[cold]
    fn next_behind_expired(&mut self, runnable: &mut Runnable, count: usize) -> Option<Handle> {
        const EXPIRED_AT_MOST: u32 = 1000;
        while runnable.expired < EXPIRED_AT_MOST {
            let first = self.queue.next_runnable()?;
            if !self.advance_named(first) {
                return Some(first);
            }
            runnable.expired += 1;
        }
        let at = self.at();
        runnable.behind.get_or_insert_with(|| self.queue.waiting_behind_expired(at, count).into_iter()).next()
    }

    fn next_token(&self) -> u64 {
        self.queue.last_token.saturating_add(1).max(self.now().micros())
    }
}
