//! All clients that are blocked in JQ.CLAIM and JQ.CLAIMANY: at which keys each waits, for what, and how far it
//! has come. Pure.
//!
//! ```text
//!   location (database, name) ──► ClaimQueue of tickets
//!   ticket ──► Waiter: waiting ──► granted, or overdue ──► replied ──► gone
//! ```
//!
//! A waiter has its place in the queue of each of its keys, and one ticket for all of them. Once it is granted
//! jobs at one key, it has left all others. One that is overdue still has its places and is granted jobs like any other:
//! where its client is gone it gets no reply, and passes them on when the server lets go of it.

use super::claim_queue::{ClaimQueue, Demand};
use super::deadlines::Deadlines;
use crate::server::clock::Uptime;
use crate::server::location::{Location, LocationRef};
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::BuildHasher;
use std::sync::Arc;

/// How far a waiter has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum WaiterStage {
    /// It is in the queues of its keys.
    Waiting,
    /// It is served as soon as the server unblocks it.
    Granted,
    /// Its time is over, as the timer of the module found: it gets what there is as soon as the server unblocks it.
    Overdue,
    /// It has its reply; the server has not let go of it yet.
    Replied,
}

impl WaiterStage {
    /// Whether it has all its places, and none of them has granted it jobs.
    fn is_in_line(self) -> bool {
        matches!(self, WaiterStage::Waiting | WaiterStage::Overdue)
    }
}

/// One blocked client; `C` is what it takes to unblock it, `R` what it asked for.
#[derive(Debug)]
struct Waiter<C, R> {
    /// Where it waits, in the order in which it named the keys, none twice; with a grant the one place of that.
    places: Box<[Arc<Location>]>,
    demand: Demand,
    stage: WaiterStage,
    deadline: Option<Uptime>,
    client: Option<C>,
    request: Option<R>,
}

/// The blocked clients of this process.
#[derive(Debug)]
pub(super) struct ClaimWaiters<C, R, S> {
    waiters: BTreeMap<u64, Waiter<C, R>>,
    at: HashMap<Arc<Location>, ClaimQueue, S>,
    /// Where waiters may be served.
    marked: Vec<Arc<Location>>,
    /// Of those that are waiting.
    deadlines: Deadlines,
    last_ticket: u64,
}

impl<C, R, S: BuildHasher> ClaimWaiters<C, R, S> {
    pub(super) fn new(hasher: S) -> Self {
        ClaimWaiters {
            waiters: BTreeMap::new(),
            at: HashMap::with_hasher(hasher),
            marked: Vec::new(),
            deadlines: Deadlines::default(),
            last_ticket: 0,
        }
    }

    /// The ticket for the next waiter; never 0, never twice.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// A client is blocked at `locations`, and gets jobs of the first that can give any.
    pub(super) fn insert(
        &mut self,
        ticket: u64,
        locations: Vec<Location>,
        demand: Demand,
        deadline: Option<Uptime>,
        client: C,
        request: R,
    ) {
        self.deadlines.insert(deadline, ticket);
        let mut places = Vec::with_capacity(locations.len());
        for location in locations {
            let known = self.at.get_key_value(&location).map(|(place, _)| Arc::clone(place));
            let place = known.unwrap_or_else(|| Arc::new(location));
            if self.at.entry(Arc::clone(&place)).or_default().insert(ticket, demand) {
                places.push(place);
            }
        }
        let (places, stage) = (places.into(), WaiterStage::Waiting);
        let (client, request) = (Some(client), Some(request));
        self.waiters.insert(ticket, Waiter { places, demand, stage, deadline, client, request });
    }

    /// Clients that the server has not let go of, replied to or not.
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// How many wait at a location.
    pub(super) fn waiting_at(&self, db: i32, name: &[u8]) -> usize {
        self.at.get(&LocationRef(db, name)).map_or(0, ClaimQueue::waiting)
    }

    /// How many of the `claimable` jobs at a location belong to waiters.
    pub(super) fn promised(&self, db: i32, name: &[u8], claimable: usize) -> usize {
        self.at.get(&LocationRef(db, name)).map_or(0, |queue| queue.promised(claimable))
    }

    /// Marks a location if a waiter there can be served from `claimable` jobs. True if it was not marked
    /// before.
    pub(super) fn mark_if_servable(&mut self, db: i32, name: &[u8], claimable: usize) -> bool {
        match self.at.get_key_value(&LocationRef(db, name)) {
            Some((place, queue)) if queue.is_servable(claimable) => self.mark(&Arc::clone(place)),
            _ => false,
        }
    }

    /// Marks the location of that name in the database of a waiter. True if it was not marked before. Without
    /// an allocation otherwise: the server may ask for every waiter of a key.
    pub(super) fn mark_for(&mut self, ticket: u64, name: &[u8]) -> bool {
        let place = self.waiters.get(&ticket).and_then(|waiter| waiter.places.first());
        let Some(db) = place.map(|place| place.db) else { return false };
        match self.at.get_key_value(&LocationRef(db, name)) {
            Some((place, _)) => self.mark(&Arc::clone(place)),
            None => false,
        }
    }

    /// The marked locations.
    pub(super) fn marked(&self) -> &[Arc<Location>] {
        &self.marked
    }

    /// The marked locations; they are marked no more.
    pub(super) fn take_marked(&mut self) -> Vec<Arc<Location>> {
        let locations = std::mem::take(&mut self.marked);
        for location in &locations {
            if let Some(queue) = self.at.get_mut(location) {
                queue.unmark();
            }
        }
        locations
    }

    /// Whether a location is marked.
    pub(super) fn has_marked(&self) -> bool {
        !self.marked.is_empty()
    }

    /// Grants the jobs that are `claimable` at each location to waiters, at most to `most` of them. Who came
    /// first is first, and takes what there is at the first of its places that has enough. Returns the clients
    /// to be unblocked; where more could be served the location is marked.
    pub(super) fn grant(&mut self, claimable: &BTreeMap<Arc<Location>, usize>, most: usize) -> Vec<C> {
        let mut clients = Vec::new();
        let mut next: BinaryHeap<_> =
            claimable.iter().filter_map(|(place, jobs)| self.first_servable(place, *jobs)).collect();
        while let Some(Reverse((ticket, place))) = next.pop() {
            if clients.len() == most {
                self.mark(place);
                continue;
            }
            // Not where it has been granted jobs of another place meanwhile.
            if let Some(first) = self.first_with_enough(ticket, claimable) {
                clients.extend(self.grant_at(ticket, &first));
            }
            let jobs = claimable.get(place).copied().unwrap_or(0);
            next.extend(self.first_servable(place, jobs));
        }
        clients
    }

    /// Of the waiters at a place that can be served from `claimable` jobs, the one that came first.
    fn first_servable<'p>(
        &self,
        place: &'p Arc<Location>,
        claimable: usize,
    ) -> Option<Reverse<(u64, &'p Arc<Location>)>> {
        Some(Reverse((self.at.get(place)?.first_servable(claimable)?, place)))
    }

    /// Of the places of a waiter, the first that has enough for it.
    fn first_with_enough(
        &self,
        ticket: u64,
        claimable: &BTreeMap<Arc<Location>, usize>,
    ) -> Option<Arc<Location>> {
        let waiter = self.waiters.get(&ticket).filter(|waiter| waiter.stage.is_in_line())?;
        let has_enough = |place: &&Arc<Location>| {
            let (jobs, queue) = (claimable.get(*place), self.at.get(*place));
            jobs.zip(queue).is_some_and(|(jobs, queue)| queue.has_enough(*jobs, waiter.demand))
        };
        waiter.places.iter().find(has_enough).cloned()
    }

    /// A waiter leaves all its places and is promised jobs at one of them.
    fn grant_at(&mut self, ticket: u64, place: &Arc<Location>) -> Option<C> {
        let waiter = self.waiters.get_mut(&ticket)?;
        waiter.stage = WaiterStage::Granted;
        self.deadlines.remove(waiter.deadline, ticket);
        let (client, demand) = (waiter.client.take(), waiter.demand);
        let places = std::mem::replace(&mut waiter.places, [Arc::clone(place)].into());
        // First of all: a queue without a waiter and without a grant would go.
        if let Some(queue) = self.at.get_mut(place) {
            queue.grant(ticket, demand);
        }
        for other in places.iter().filter(|other| *other != place) {
            self.leave(ticket, other, demand, WaiterStage::Waiting);
        }
        client
    }

    pub(super) fn first_deadline(&self) -> Option<Uptime> {
        self.deadlines.first()
    }

    /// The clients whose deadline is not after `now`. They keep their places until they have their reply.
    pub(super) fn take_overdue(&mut self, now: Uptime) -> Vec<C> {
        let mut clients = Vec::new();
        while let Some(ticket) = self.deadlines.pop(now) {
            let Some(waiter) = self.waiters.get_mut(&ticket) else { continue };
            waiter.stage = WaiterStage::Overdue;
            clients.extend(waiter.client.take());
        }
        clients
    }

    /// The waiter gets its reply now: how far it had come, where it was granted jobs, or else the first place
    /// where it waited, and what it asked for. None if it had one.
    pub(super) fn take_request(&mut self, ticket: u64) -> Option<(WaiterStage, Arc<Location>, R)> {
        let waiter = self.waiters.get_mut(&ticket)?;
        let request = waiter.request.take()?;
        let stage = std::mem::replace(&mut waiter.stage, WaiterStage::Replied);
        let (places, demand) = (std::mem::take(&mut waiter.places), waiter.demand);
        self.deadlines.remove(waiter.deadline, ticket);
        for place in &places {
            self.leave(ticket, place, demand, stage);
        }
        Some((stage, places.first().cloned()?, request))
    }

    /// The server has let go of the client. True if it had a grant and no reply: its jobs are another's now,
    /// and the location is marked.
    pub(super) fn remove(&mut self, ticket: u64) -> bool {
        let Some(waiter) = self.waiters.remove(&ticket) else { return false };
        self.deadlines.remove(waiter.deadline, ticket);
        for place in &waiter.places {
            self.leave(ticket, place, waiter.demand, waiter.stage);
        }
        waiter.stage == WaiterStage::Granted && waiter.places.iter().any(|place| self.mark(place))
    }

    fn mark(&mut self, place: &Arc<Location>) -> bool {
        let newly = self.at.get_mut(place).is_some_and(ClaimQueue::mark);
        if newly {
            self.marked.push(Arc::clone(place));
        }
        newly
    }

    /// Takes a waiter out of the queue of a key, and the queue away when it was the last.
    fn leave(&mut self, ticket: u64, place: &Arc<Location>, demand: Demand, stage: WaiterStage) {
        let Some(queue) = self.at.get_mut(place) else { return };
        match stage {
            WaiterStage::Waiting | WaiterStage::Overdue => queue.remove(ticket, demand),
            WaiterStage::Granted => queue.end_grant(demand),
            WaiterStage::Replied => return,
        }
        if queue.is_empty() {
            self.at.remove(place);
        }
    }
}

#[cfg(test)]
mod tests;
