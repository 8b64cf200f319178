//! The workers of a queue: what each holds, and when it was last seen.
//!
//! A worker that holds nothing is still listed for an hour after it was last seen, the thousand seen last at
//! most: operators search for the one that is missing. What it was seen doing are effects, so every server
//! lists the same.

use crate::queue::store::{Empty, Handle, Order, Slab};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// How long a worker that holds nothing is listed, in milliseconds.
const LISTED: u64 = 3_600_000;
/// So many of them at most.
const IDLE_AT_MOST: usize = 1000;

#[derive(Debug, Clone)]
struct Worker {
    name: Arc<[u8]>,
    /// Handles of its active jobs, by token.
    active: Order<u64>,
    /// The last instant at which it did something, Unix ms; 0: never since it was read from a file.
    seen: u64,
}

/// The workers of a queue.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    numbers: BTreeMap<Arc<[u8]>, u32>,
    list: Slab<Worker>,
    /// Those that hold nothing, by when they were seen.
    idle: BTreeSet<(u64, Arc<[u8]>)>,
}

impl Workers {
    /// The number of `name`, which is about to get a job.
    pub(crate) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let name: Arc<[u8]> = name.into();
        let worker = Worker { name: Arc::clone(&name), active: Order::default(), seen: 0 };
        let number = self.list.insert(worker).unwrap_or(u32::MAX);
        self.numbers.insert(name, number);
        number
    }

    /// The worker of that name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn name(&self, number: u32) -> &[u8] {
        self.list.get(number).map(|w| &*w.name).unwrap_or_default()
    }

    /// Its name, to be kept.
    pub(crate) fn shared_name(&self, number: u32) -> Arc<[u8]> {
        self.list.get(number).map(|worker| Arc::clone(&worker.name)).unwrap_or_default()
    }

    /// A worker does something at `at`. Its last moment never goes back.
    pub(crate) fn record_seen(&mut self, number: u32, at: u64) {
        let Some(worker) = self.list.get_mut(number).filter(|worker| worker.seen < at) else { return };
        let before = std::mem::replace(&mut worker.seen, at);
        if worker.active.is_empty() && self.idle.remove(&(before, Arc::clone(&worker.name))) {
            self.idle.insert((at, Arc::clone(&worker.name)));
        }
    }

    /// Gives `job`, claimed under `token`, to the worker. `token_of` returns the token of a job.
    pub(crate) fn give(&mut self, number: u32, token: u64, job: Handle, token_of: impl Fn(u32) -> u64) {
        if let Some(worker) = self.list.get_mut(number) {
            if worker.active.is_empty() {
                self.idle.remove(&(worker.seen, Arc::clone(&worker.name)));
            }
            worker.active.insert(token, job, token_of);
        }
    }

    /// Takes `job` back.
    pub(crate) fn take(&mut self, number: u32, token: u64, job: Handle) {
        let Some(worker) = self.list.get_mut(number) else { return };
        worker.active.remove(token, job);
        if worker.active.is_empty() {
            self.idle.insert((worker.seen, Arc::clone(&worker.name)));
            if self.idle.len() > IDLE_AT_MOST {
                self.forget_first();
            }
        }
    }

    /// When the next one is listed no longer.
    pub(crate) fn next_forgotten(&self) -> Option<u64> {
        self.idle.first().map(|(seen, _)| seen.saturating_add(LISTED))
    }

    /// Forgets the one that was not seen for longest, of those that hold nothing.
    pub(crate) fn forget_first(&mut self) {
        if let Some(number) = self.idle.pop_first().and_then(|(_, name)| self.numbers.remove(&name)) {
            self.list.remove(number);
        }
    }

    /// Puts back when a worker was seen. False: that is known already, or there would be too many.
    #[must_use]
    pub(crate) fn restore(&mut self, name: &[u8], seen: u64) -> bool {
        let known = self.find(name).and_then(|number| self.list.get(number));
        let is_new = match known {
            None => self.idle.len() < IDLE_AT_MOST,
            Some(worker) => worker.seen == 0 && !worker.active.is_empty(),
        };
        if !is_new || seen == 0 {
            return false;
        }
        let number = self.number(name);
        let Some(worker) = self.list.get_mut(number) else { return false };
        worker.seen = seen;
        if worker.active.is_empty() {
            self.idle.insert((seen, Arc::clone(&worker.name)));
        }
        true
    }

    /// The jobs of a worker, oldest claim first.
    pub(crate) fn jobs(&self, number: u32) -> impl Iterator<Item = Handle> + '_ {
        self.list.get(number).into_iter().flat_map(|w| w.active.iter())
    }

    /// The jobs of a worker by their tokens.
    pub(crate) fn active(&self, number: u32) -> Option<&Order<u64>> {
        self.list.get(number).map(|worker| &worker.active)
    }

    /// How many hold something.
    pub(crate) fn busy(&self) -> usize {
        self.numbers.len() - self.idle.len()
    }

    /// Every worker's number, name, count of jobs, and when it was seen, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u8], usize, u64)> + '_ {
        self.from(b"")
    }

    /// The same from a name on.
    pub(crate) fn from(&self, name: &[u8]) -> impl Iterator<Item = (u32, &[u8], usize, u64)> + '_ {
        self.numbers.range::<[u8], _>((Included(name), Unbounded)).filter_map(|(name, &number)| {
            let worker = self.list.get(number)?;
            Some((number, &**name, worker.active.len(), worker.seen))
        })
    }

    /// What does not add up in here.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let is_idle = |worker: &&Worker| worker.active.is_empty();
        let idle = self.list.iter().map(|(_, worker)| worker).filter(is_idle);
        let idle: BTreeSet<_> = idle.map(|worker| (worker.seen, Arc::clone(&worker.name))).collect();
        if idle != self.idle || self.list.len() != self.numbers.len() {
            wrong.push("the workers that hold nothing are off".into());
        }
    }
}

impl Empty for Workers {
    const EMPTY: &'static Self =
        &Workers { numbers: BTreeMap::new(), list: Slab::new(), idle: BTreeSet::new() };

    /// Roughly: the handles of active jobs are counted by their owners.
    fn heap_bytes(&self) -> usize {
        self.list.bytes() + (self.numbers.len() + self.idle.len()) * 64
    }
}
