//! Who holds what: workers that have at least one active job, by name and by number.

use super::order::Order;
use super::slab::{Handle, Slab};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
struct Worker {
    name: Box<[u8]>,
    /// Handles of its active jobs, by token.
    active: Order<u64>,
}

/// The workers of a queue. One that holds nothing is not here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workers {
    numbers: BTreeMap<Box<[u8]>, u32>,
    list: Slab<Worker>,
}

impl Workers {
    /// The number of `name`, which is about to get a job.
    pub(crate) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let worker = Worker { name: name.into(), active: Order::default() };
        let number = self.list.insert(worker).unwrap_or(u32::MAX);
        self.numbers.insert(name.into(), number);
        number
    }

    /// The worker of that name, if it holds anything.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn name(&self, number: u32) -> &[u8] {
        self.list.get(number).map(|w| &*w.name).unwrap_or_default()
    }

    /// Gives `job`, claimed under `token`, to the worker. `token_of` tells the token of a job.
    pub(crate) fn give(&mut self, number: u32, token: u64, job: Handle, token_of: impl Fn(u32) -> u64) {
        if let Some(worker) = self.list.get_mut(number) {
            worker.active.insert(token, job, token_of);
        }
    }

    /// Takes `job` back; a worker without jobs is dropped.
    pub(crate) fn take(&mut self, number: u32, token: u64, job: Handle) {
        let Some(worker) = self.list.get_mut(number) else { return };
        worker.active.remove(token, job);
        if worker.active.is_empty() {
            if let Some(worker) = self.list.remove(number) {
                self.numbers.remove(&worker.name);
            }
        }
    }

    /// The jobs of a worker, oldest claim first.
    pub(crate) fn jobs(&self, number: u32) -> impl Iterator<Item = Handle> + '_ {
        self.list.get(number).into_iter().flat_map(|w| w.active.iter())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Every worker's number, name and count of jobs, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u8], usize)> + '_ {
        self.numbers.iter().map(|(name, &number)| {
            let held = self.list.get(number).map_or(0, |w| w.active.len());
            (number, &**name, held)
        })
    }

    /// Heap bytes held, roughly: names, entries and the handles of active jobs are counted by their owners.
    pub(crate) fn bytes(&self) -> usize {
        self.list.bytes() + self.numbers.len() * 64
    }
}
