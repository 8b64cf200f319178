//! All clients that are blocked in JQ.CLAIM: at which key each waits, for what, and how far it has come.
//! Pure.
//!
//! ```text
//!   location (database, name) ──► ClaimQueue of tickets
//!   ticket ──► Waiter: waiting ──► granted, or overdue ──► replied ──► gone
//! ```

use super::claim_queue::{Ahead, ClaimQueue, Demand};
use super::deadlines::Deadlines;
use crate::server::clock::Uptime;
use crate::server::location::{Location, LocationRef};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// How far a waiter has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum WaiterStage {
    /// It is in the queue of its key.
    Waiting,
    /// It is served as soon as the server unblocks it.
    Granted,
    /// Its time is over, as the timer of the module found: it gets what there is as soon as the server unblocks it.
    Overdue,
    /// It has its reply; the server has not let go of it yet.
    Replied,
}

/// One blocked client; `C` is what it takes to unblock it, `R` what it asked for.
#[derive(Debug)]
struct Waiter<C, R> {
    location: Location,
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
    at: HashMap<Location, ClaimQueue, S>,
    /// Where waiters may be served.
    marked: Vec<Location>,
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

    /// A client is blocked at `location`.
    pub(super) fn insert(
        &mut self,
        ticket: u64,
        location: Location,
        demand: Demand,
        deadline: Option<Uptime>,
        client: C,
        request: R,
    ) {
        self.deadlines.insert(deadline, ticket);
        self.at.entry(location.clone()).or_default().insert(ticket, demand);
        let (client, request) = (Some(client), Some(request));
        let stage = WaiterStage::Waiting;
        self.waiters.insert(ticket, Waiter { location, demand, stage, deadline, client, request });
    }

    /// Clients that the server has not let go of, replied to or not.
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// The waiters that come before a client that comes now and finds `claimable` jobs.
    pub(super) fn ahead(&self, db: i32, name: &[u8], claimable: usize) -> Ahead {
        self.at.get(&LocationRef(db, name)).map_or(Ahead::default(), |queue| queue.ahead(claimable))
    }

    /// Marks a location if a waiter there can be served from `claimable` jobs. True if it was not marked
    /// before.
    pub(super) fn mark_if_servable(&mut self, db: i32, name: &[u8], claimable: usize) -> bool {
        let queue = self.at.get_mut(&LocationRef(db, name));
        let newly = queue.is_some_and(|queue| queue.is_servable(claimable) && queue.mark());
        if newly {
            self.marked.push(Location { db, name: name.into() });
        }
        newly
    }

    /// Marks the location of a waiter. True if it was not marked before. Without an allocation otherwise: the
    /// server may ask for every waiter of a key.
    pub(super) fn mark_location_of(&mut self, ticket: u64) -> bool {
        let Some(location) = self.waiters.get(&ticket).map(|waiter| &waiter.location) else { return false };
        let newly = self.at.get_mut(location).is_some_and(ClaimQueue::mark);
        if newly {
            self.marked.push(location.clone());
        }
        newly
    }

    /// The marked locations; they are marked no more.
    pub(super) fn take_marked(&mut self) -> Vec<Location> {
        let locations = std::mem::take(&mut self.marked);
        for location in &locations {
            if let Some(queue) = self.at.get_mut(location) {
                queue.unmark();
            }
        }
        locations
    }

    /// Grants `claimable` jobs to waiters, in their order, at most to `most` of them. Returns the clients to
    /// be unblocked.
    pub(super) fn grant(&mut self, location: &Location, claimable: usize, most: usize) -> Vec<C> {
        let Some(queue) = self.at.get_mut(location) else { return Vec::new() };
        let mut clients = Vec::new();
        while clients.len() < most {
            let Some(ticket) = queue.first_servable(claimable) else { break };
            let Some(waiter) = self.waiters.get_mut(&ticket) else { break };
            queue.grant(ticket, waiter.demand);
            self.deadlines.remove(waiter.deadline, ticket);
            waiter.stage = WaiterStage::Granted;
            clients.extend(waiter.client.take());
        }
        clients
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

    /// The waiter gets its reply now: how far it had come, where it waited and what it asked for. None if it
    /// had one.
    pub(super) fn take_request(&mut self, ticket: u64) -> Option<(WaiterStage, Location, R)> {
        let waiter = self.waiters.get_mut(&ticket)?;
        let stage = std::mem::replace(&mut waiter.stage, WaiterStage::Replied);
        let (location, demand, request) = (waiter.location.clone(), waiter.demand, waiter.request.take()?);
        self.deadlines.remove(waiter.deadline, ticket);
        self.leave_queue(ticket, &location, demand, stage);
        Some((stage, location, request))
    }

    /// The server has let go of the client. True if it had a grant and no reply: its jobs are another's now,
    /// and the location is marked.
    pub(super) fn remove(&mut self, ticket: u64) -> bool {
        let Some(waiter) = self.waiters.remove(&ticket) else { return false };
        self.deadlines.remove(waiter.deadline, ticket);
        self.leave_queue(ticket, &waiter.location, waiter.demand, waiter.stage);
        waiter.stage == WaiterStage::Granted && self.mark(waiter.location)
    }

    fn mark(&mut self, location: Location) -> bool {
        let newly = self.at.get_mut(&location).is_some_and(ClaimQueue::mark);
        if newly {
            self.marked.push(location);
        }
        newly
    }

    /// Takes a waiter out of the queue of its key, and the queue away when it was the last.
    fn leave_queue(&mut self, ticket: u64, location: &Location, demand: Demand, stage: WaiterStage) {
        let Some(queue) = self.at.get_mut(location) else { return };
        match stage {
            WaiterStage::Waiting | WaiterStage::Overdue => queue.remove(ticket, demand),
            WaiterStage::Granted => queue.end_grant(demand),
            WaiterStage::Replied => return,
        }
        if queue.is_empty() {
            self.at.remove(location);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type ClaimNames = ClaimWaiters<char, (), ahash::RandomState>;

    fn q() -> Location {
        Location { db: 0, name: (*b"q").into() }
    }

    /// Waiters named by letters, with their MIN and COUNT; tickets are counted from 1.
    fn waiting(demands: &[(char, usize, usize)]) -> ClaimNames {
        let mut waiters = ClaimNames::new(ahash::RandomState::new());
        for &(name, min, max) in demands {
            let ticket = waiters.next_ticket();
            waiters.insert(ticket, q(), Demand { min, max }, Some(Uptime(100 + ticket)), name, ());
        }
        waiters
    }

    fn granted(waiters: &mut ClaimNames, claimable: usize) -> String {
        waiters.grant(&q(), claimable, 99).into_iter().collect()
    }

    #[test]
    fn first_come_first_served_and_each_takes_what_it_asked_for() {
        let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 3), ('c', 1, 1), ('d', 1, 1)]);
        assert_eq!(granted(&mut waiters, 3), "ab");
        assert_eq!(granted(&mut waiters, 3), "", "all three are promised");
        waiters.take_request(1);
        waiters.take_request(2);
        assert_eq!(granted(&mut waiters, 1), "c");
    }

    #[test]
    fn a_large_min_keeps_its_place_and_stops_no_other() {
        let mut waiters = waiting(&[('a', 5, 5), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(granted(&mut waiters, 1), "b");
        waiters.take_request(2);
        assert_eq!(granted(&mut waiters, 6), "ac");
    }

    #[test]
    fn no_more_are_granted_than_asked_for() {
        let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(waiters.grant(&q(), 3, 2), ['a', 'b']);
        assert_eq!(granted(&mut waiters, 3), "c");
    }

    #[test]
    fn what_is_promised_counts_those_that_can_be_served() {
        let mut waiters = waiting(&[('a', 1, 2), ('b', 4, 4)]);
        assert_eq!(waiters.ahead(0, b"q", 3), Ahead { waiters: 2, promised: 2 });
        assert_eq!(waiters.ahead(0, b"q", 4), Ahead { waiters: 2, promised: 6 });
        assert_eq!(granted(&mut waiters, 3), "a");
        assert_eq!(waiters.ahead(0, b"q", 3), Ahead { waiters: 1, promised: 2 });
        assert_eq!(waiters.ahead(1, b"q", 3), Ahead::default());
    }

    #[test]
    fn the_grant_of_a_client_that_vanishes_is_given_to_the_next() {
        let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1)]);
        assert_eq!(granted(&mut waiters, 1), "a");
        assert!(waiters.remove(1));
        assert_eq!(waiters.take_marked(), [q()]);
        assert_eq!(granted(&mut waiters, 1), "b");
    }

    #[test]
    fn a_deadline_that_is_over_is_told_apart_from_a_grant() {
        let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(granted(&mut waiters, 1), "a");
        assert_eq!(waiters.first_deadline(), Some(Uptime(102)));
        assert_eq!(waiters.take_overdue(Uptime(102)), ['b']);
        assert!(matches!(waiters.take_request(2), Some((WaiterStage::Overdue, _, ()))));
        waiters.remove(3);
        assert_eq!((waiters.first_deadline(), waiters.take_overdue(Uptime(999))), (None, vec![]));
    }

    #[test]
    fn a_client_that_gives_up_gets_no_grant_and_leaves_nothing_behind() {
        let mut waiters = waiting(&[('a', 1, 1)]);
        assert!(waiters.mark_if_servable(0, b"q", 1));
        assert!(!waiters.mark_if_servable(0, b"q", 1), "once is enough");
        assert!(matches!(waiters.take_request(1), Some((WaiterStage::Waiting, _, ()))));
        assert!(waiters.take_request(1).is_none());
        assert!(!waiters.remove(1));
        assert_eq!((waiters.len(), waiters.at.len()), (0, 0));
        assert_eq!(waiters.take_marked(), [q()], "a mark without a waiter does no harm");
        assert_eq!(granted(&mut waiters, 1), "");
    }
}
