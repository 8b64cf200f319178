//! The clients that are blocked in JQ.CLAIM or JQ.CLAIMANY at one key, and the order in which they are served. Pure.
//!
//! ```text
//!   ClaimQueue:  MIN 1  ──► tickets 3, 7, 8 ...    first come, first served
//!                MIN 50 ──► ticket 5               served when 50 are claimable, stops no other till then
//! ```
//!
//! A waiter to which jobs are granted has left the queue, but its jobs count as promised until it has its
//! reply.

use std::collections::{BTreeMap, BTreeSet};

/// How many jobs a waiter takes at once.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Demand {
    pub(in crate::server) min: usize,
    pub(in crate::server) max: usize,
}

/// The waiters at one key.
#[derive(Debug, Default)]
pub(super) struct ClaimQueue {
    /// By the least they take; no entry is empty.
    by_min: BTreeMap<usize, SameMin>,
    waiting: usize,
    /// Jobs promised to waiters that have a grant, and how many these are.
    promised: usize,
    granted: usize,
    is_marked: bool,
}

/// The waiters with the same MIN.
#[derive(Debug, Default)]
struct SameMin {
    tickets: BTreeSet<u64>,
    /// How many jobs all of them take at most.
    demand: usize,
}

impl ClaimQueue {
    /// False: it is here already.
    pub(super) fn insert(&mut self, ticket: u64, demand: Demand) -> bool {
        let same_min = self.by_min.entry(demand.min).or_default();
        let newly = same_min.tickets.insert(ticket);
        if newly {
            same_min.demand = same_min.demand.saturating_add(demand.max);
            self.waiting += 1;
        }
        newly
    }

    pub(super) fn remove(&mut self, ticket: u64, demand: Demand) {
        let Some(same_min) = self.by_min.get_mut(&demand.min) else { return };
        if same_min.tickets.remove(&ticket) {
            same_min.demand = same_min.demand.saturating_sub(demand.max);
            self.waiting -= 1;
        }
        if same_min.tickets.is_empty() {
            self.by_min.remove(&demand.min);
        }
    }

    /// Grants a waiter what it takes: it leaves the queue.
    pub(super) fn grant(&mut self, ticket: u64, demand: Demand) {
        self.remove(ticket, demand);
        self.granted += 1;
        self.promised = self.promised.saturating_add(demand.max);
    }

    /// A waiter with a grant has its reply, or will never have one.
    pub(super) fn end_grant(&mut self, demand: Demand) {
        self.granted -= 1;
        // The sum may have been cut at the largest number; without any grant it is certainly 0.
        self.promised = if self.granted == 0 { 0 } else { self.promised.saturating_sub(demand.max) };
    }

    /// Whether there is neither a waiter nor a grant.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && self.granted == 0
    }

    /// Whether a waiter can be served from `claimable` jobs.
    pub(super) fn is_servable(&self, claimable: usize) -> bool {
        self.servable(claimable).next().is_some()
    }

    /// Of the waiters that can be served, the one that came first. O(different MIN).
    pub(super) fn first_servable(&self, claimable: usize) -> Option<u64> {
        self.servable(claimable).filter_map(|same_min| same_min.tickets.first()).min().copied()
    }

    /// Whether a waiter that wants this can be served from `claimable` jobs.
    pub(super) fn has_enough(&self, claimable: usize, demand: Demand) -> bool {
        demand.min <= self.unpromised(claimable)
    }

    /// How many wait here.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many of `claimable` jobs belong to those that wait here or have a grant. O(different MIN).
    pub(super) fn promised(&self, claimable: usize) -> usize {
        let demands = self.servable(claimable).map(|same_min| same_min.demand);
        demands.fold(self.promised, usize::saturating_add)
    }

    /// The waiters whose MIN is there, of what is not promised to others.
    fn servable(&self, claimable: usize) -> impl Iterator<Item = &SameMin> {
        self.by_min.range(..=self.unpromised(claimable)).map(|(_, same_min)| same_min)
    }

    fn unpromised(&self, claimable: usize) -> usize {
        claimable.saturating_sub(self.promised)
    }

    /// Marks that waiters here may be served. False: that was marked already.
    pub(super) fn mark(&mut self) -> bool {
        !std::mem::replace(&mut self.is_marked, true)
    }

    pub(super) fn unmark(&mut self) {
        self.is_marked = false;
    }
}
