//! Claiming: who gets which jobs, for how long, under which token.

use super::access::Session;
use crate::queue::effect::{JobEffect, Steps};
use crate::queue::jobs::{Job, StateData};
use crate::queue::store::Handle;
use crate::queue::time::LATEST_TOKEN;
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

impl Queue {
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
        let mut claimed = Vec::new();
        let mut bytes = 0u64;
        let lease_until = self.in_ms(options.lease.unwrap_or(self.queue.settings.lease));
        self.promote_enough(options.count.saturating_add(promised));
        if self.queue.is_exhausted() {
            return claimed;
        }
        let most = options.count.min(self.queue.claimable().saturating_sub(promised));
        while claimed.len() < most {
            let Some(job) = self.next_runnable() else { break };
            let size = self.queue.job(job).map_or(0, |job| job.payload().len() as u64);
            bytes = bytes.saturating_add(size);
            if !claimed.is_empty() && options.max_bytes.is_some_and(|max| bytes > max) {
                break;
            }
            let token = self.next_token();
            self.change_job(job, JobEffect::Claimed { token, worker, lease_until });
            claimed.push(Claimed { token, job });
        }
        claimed
    }

    /// The jobs a worker holds, oldest claim first. With a lease they are renewed: none ends earlier than
    /// that many ms from now, but those whose cancellation the worker has yet to learn of stay as they are.
    pub fn held(&mut self, worker: &[u8], lease: Option<u64>) -> Vec<Claimed> {
        let handles = self.handles_of(worker);
        if let Some(ms) = lease {
            let lease_until = self.in_ms(ms);
            for &handle in &handles {
                let renew = |job: &Job| !job.cancel_asked() && job.due() < lease_until;
                if self.queue.job(handle).is_some_and(renew) {
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

    /// Lets time promote jobs until `count` may run, when there is a backlog of what is due. Not more than a
    /// claim can take: blocked clients promote what is promised for them when they are served.
    fn promote_enough(&mut self, count: usize) {
        const PROMOTED_AT_MOST: u32 = 10_000;
        let missing = count.saturating_sub(self.queue.runnable());
        let jobs = u32::try_from(missing).unwrap_or(u32::MAX).min(PROMOTED_AT_MOST);
        if jobs > 0 {
            self.advance(Steps { jobs, forgotten: 0 });
        }
    }

    /// The next runnable job that has not expired. The expired ones met on the way end here; more of them
    /// than this are left to the timer.
    fn next_runnable(&mut self) -> Option<Handle> {
        const EXPIRED_AT_MOST: usize = 1000;
        for _ in 0..EXPIRED_AT_MOST {
            let first = self.queue.next_runnable()?;
            if !self.advance_named(first) {
                return Some(first);
            }
        }
        None
    }

    fn next_token(&self) -> u64 {
        self.queue.last_token.saturating_add(1).max(self.now().micros())
    }
}
