//! The clients that are blocked in JQ.AWAIT and JQ.EVENTS: where each waits, and for what. Pure.
//!
//! ```text
//!   location (database, name) ──► what is awaited ──► tickets
//!   ticket ──► Awaiter: waiting ──event──► ready ──► replied ──► gone
//! ```
//!
//! An awaiter that is ready carries its event: when it gets its reply, the queue may have forgotten all about
//! it.

use super::deadlines::Deadlines;
use crate::commands::AwaitRequest;
use crate::queue::{AwaitEvent, Awaited};
use crate::server::clock::Uptime;
use crate::server::location::{is_flushed, Location, LocationRef};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;

/// One blocked client; `C` is what it takes to unblock it.
#[derive(Debug)]
struct Awaiter<C> {
    location: Location,
    request: AwaitRequest,
    deadline: Option<Uptime>,
    client: Option<C>,
    event: Option<Arc<AwaitEvent>>,
    is_waiting: bool,
}

/// What a client is to get as its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum Answer {
    /// What has happened.
    Event(Arc<AwaitEvent>),
    /// Nothing has, or what a reader finds in the log: what is known now of this, there.
    Present(Location, AwaitRequest),
}

/// The blocked clients of this process.
#[derive(Debug)]
pub(super) struct AwaitIndex<C, S> {
    awaiters: BTreeMap<u64, Awaiter<C>>,
    at: HashMap<Location, BTreeMap<Awaited, BTreeSet<u64>>, S>,
    /// Those with an event that are to be unblocked, in the order of the events.
    ready: VecDeque<u64>,
    /// Of those that are waiting.
    deadlines: Deadlines,
    /// What no client waits for any more, though the queue there may not know.
    stale: Vec<(Location, Awaited)>,
    last_ticket: u64,
}

impl<C, S: BuildHasher> AwaitIndex<C, S> {
    pub(super) fn new(hasher: S) -> Self {
        AwaitIndex {
            awaiters: BTreeMap::new(),
            at: HashMap::with_hasher(hasher),
            ready: VecDeque::new(),
            deadlines: Deadlines::default(),
            stale: Vec::new(),
            last_ticket: 0,
        }
    }

    /// The ticket for the next client; never 0, never twice.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Clients that the server has not let go of, replied to or not.
    pub(super) fn len(&self) -> usize {
        self.awaiters.len()
    }

    /// A client is blocked at `location`.
    pub(super) fn insert(
        &mut self,
        ticket: u64,
        location: Location,
        request: AwaitRequest,
        deadline: Option<Uptime>,
        client: C,
    ) {
        self.deadlines.insert(deadline, ticket);
        let here = self.at.entry(location.clone()).or_default();
        here.entry(request.awaited.clone()).or_default().insert(ticket);
        let (client, event, is_waiting) = (Some(client), None, true);
        self.awaiters.insert(ticket, Awaiter { location, request, deadline, client, event, is_waiting });
    }

    /// What is `awaited` at a location has happened. O(log n) for each client that waits for it.
    pub(super) fn deliver(&mut self, db: i32, name: &[u8], awaited: &Awaited, event: AwaitEvent) {
        let Some(here) = self.at.get_mut(&LocationRef(db, name)) else { return };
        let Some(tickets) = here.remove(awaited) else { return };
        if here.is_empty() {
            self.at.remove(&LocationRef(db, name));
        }
        let event = Arc::new(event);
        for ticket in tickets {
            self.make_ready(ticket, &event);
        }
    }

    /// A key has appeared where this client waits. One that reads the log looks whether there is something for it.
    pub(super) fn key_appeared(&mut self, ticket: u64) {
        let Some(awaiter) = self.awaiters.get(&ticket).filter(|awaiter| awaiter.is_waiting) else { return };
        let Awaiter { location, request, .. } = awaiter;
        if matches!(request.awaited, Awaited::Logged(_)) {
            let (Location { db, name }, awaited) = (location.clone(), request.awaited.clone());
            self.deliver(db, &name, &awaited, AwaitEvent::Logged);
        }
    }

    /// The queue at a location is gone.
    pub(super) fn unlinked(&mut self, db: i32, name: &[u8]) {
        let Some(here) = self.at.remove(&LocationRef(db, name)) else { return };
        let event = Arc::new(AwaitEvent::QueueGone);
        for ticket in here.into_values().flatten() {
            self.make_ready(ticket, &event);
        }
    }

    /// A database, or all of them (None), is emptied.
    pub(super) fn flushed(&mut self, db: Option<i32>) {
        let gone = self.at.keys().filter(|location| is_flushed(location.db, db));
        for location in gone.cloned().collect::<Vec<_>>() {
            self.unlinked(location.db, &location.name);
        }
    }

    /// Two databases have changed places: their queues are gone from where they were awaited, but live on.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        for (from, to) in [(one, other), (other, one)] {
            for (location, here) in self.at.iter().filter(|(location, _)| location.db == from) {
                let moved = Location { db: to, name: location.name.clone() };
                self.stale.extend(here.keys().map(|awaited| (moved.clone(), awaited.clone())));
            }
            self.flushed(Some(from));
        }
    }

    /// At most `most` clients that have an event and are to be unblocked.
    pub(super) fn take_ready(&mut self, most: usize) -> Vec<C> {
        let mut clients = Vec::new();
        while clients.len() < most {
            let Some(ticket) = self.ready.pop_front() else { break };
            clients.extend(self.awaiters.get_mut(&ticket).and_then(|awaiter| awaiter.client.take()));
        }
        clients
    }

    /// Whether clients are to be unblocked or queues are to forget what is stale.
    pub(super) fn has_work(&self) -> bool {
        !self.ready.is_empty() || !self.stale.is_empty()
    }

    pub(super) fn first_deadline(&self) -> Option<Uptime> {
        self.deadlines.first()
    }

    /// The clients whose deadline is not after `now`.
    pub(super) fn take_overdue(&mut self, now: Uptime) -> Vec<C> {
        let mut clients = Vec::new();
        while let Some(ticket) = self.deadlines.pop(now) {
            clients.extend(self.awaiters.get_mut(&ticket).and_then(|awaiter| awaiter.client.take()));
        }
        clients
    }

    /// The client gets its reply now. None if it had one.
    pub(super) fn take_answer(&mut self, ticket: u64) -> Option<Answer> {
        let awaiter = self.awaiters.get_mut(&ticket)?;
        let present = Answer::Present(awaiter.location.clone(), awaiter.request.clone());
        match awaiter.event.take() {
            Some(event) if *event == AwaitEvent::Logged => Some(present),
            Some(event) => Some(Answer::Event(event)),
            None => self.stop_waiting(ticket).then_some(present),
        }
    }

    /// The server has let go of the client.
    pub(super) fn remove(&mut self, ticket: u64) {
        self.stop_waiting(ticket);
        self.awaiters.remove(&ticket);
    }

    /// What is awaited no more at locations where queues may think it is.
    pub(super) fn take_stale(&mut self) -> Vec<(Location, Awaited)> {
        let mut stale = std::mem::take(&mut self.stale);
        // A client may have begun to wait for it again.
        stale.retain(|(location, awaited)| {
            !self.at.get(location).is_some_and(|here| here.contains_key(awaited))
        });
        stale
    }

    fn make_ready(&mut self, ticket: u64, event: &Arc<AwaitEvent>) {
        let Some(awaiter) = self.awaiters.get_mut(&ticket) else { return };
        self.deadlines.remove(awaiter.deadline, ticket);
        awaiter.is_waiting = false;
        awaiter.event = Some(Arc::clone(event));
        self.ready.push_back(ticket);
    }

    /// False if the client was not waiting.
    fn stop_waiting(&mut self, ticket: u64) -> bool {
        let Some(awaiter) = self.awaiters.get_mut(&ticket) else { return false };
        if !std::mem::replace(&mut awaiter.is_waiting, false) {
            return false;
        }
        self.deadlines.remove(awaiter.deadline, ticket);
        let Some(here) = self.at.get_mut(&awaiter.location) else { return true };
        let awaited = &awaiter.request.awaited;
        let Some(tickets) = here.get_mut(awaited) else { return true };
        tickets.remove(&ticket);
        if tickets.is_empty() {
            here.remove(awaited);
            self.stale.push((awaiter.location.clone(), awaited.clone()));
        }
        if here.is_empty() {
            self.at.remove(&awaiter.location);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::PageRequest;
    use crate::queue::EventFilter;

    type AwaitNames = AwaitIndex<char, ahash::RandomState>;

    fn q() -> Location {
        Location { db: 0, name: (*b"q").into() }
    }

    fn job(id: &[u8]) -> Awaited {
        Awaited::Job(id.into())
    }

    fn request(awaited: Awaited) -> AwaitRequest {
        AwaitRequest { awaited, page: PageRequest::default(), block: 0 }
    }

    /// Clients named by letters; tickets are counted from 1.
    fn waiting(clients: &[(char, &[u8])]) -> AwaitNames {
        let mut index = AwaitNames::new(ahash::RandomState::new());
        for &(name, id) in clients {
            let ticket = index.next_ticket();
            index.insert(ticket, q(), request(job(id)), Some(Uptime(100 + ticket)), name);
        }
        index
    }

    #[test]
    fn an_event_is_for_those_that_await_it() {
        let mut index = waiting(&[('a', b"x"), ('b', b"y"), ('c', b"x")]);
        index.deliver(0, b"q", &job(b"x"), AwaitEvent::Gone);
        index.deliver(1, b"q", &job(b"y"), AwaitEvent::Gone);
        assert_eq!(index.take_ready(1), ['a']);
        assert_eq!(index.take_ready(9), ['c']);
        assert_eq!(index.take_answer(1), Some(Answer::Event(Arc::new(AwaitEvent::Gone))));
        assert_eq!(index.take_answer(1), None);
        assert_eq!(index.take_answer(2), Some(Answer::Present(q(), request(job(b"y")))));
        assert_eq!(index.first_deadline(), None);
    }

    #[test]
    fn a_queue_that_goes_away_is_an_event_for_all() {
        let mut index = waiting(&[('a', b"x"), ('b', b"y")]);
        index.unlinked(0, b"other");
        assert!(!index.has_work());
        index.flushed(Some(0));
        assert_eq!(index.take_ready(9), ['a', 'b']);
        assert_eq!(index.take_stale(), []);
    }

    #[test]
    fn what_the_last_one_leaves_is_stale_unless_another_comes() {
        let mut index = waiting(&[('a', b"x"), ('b', b"x"), ('c', b"y")]);
        index.remove(1);
        assert!(!index.has_work());
        index.remove(2);
        index.remove(3);
        let ticket = index.next_ticket();
        index.insert(ticket, q(), request(job(b"y")), None, 'd');
        assert_eq!(index.take_stale(), [(q(), job(b"x"))]);
        assert_eq!((index.len(), index.first_deadline()), (1, None));
    }

    #[test]
    fn readers_of_the_log_are_not_done_when_a_key_appears_but_read_it() {
        let mut index = waiting(&[('a', b"x")]);
        let reader = index.next_ticket();
        let events = request(Awaited::Logged(EventFilter::default()));
        index.insert(reader, q(), events.clone(), None, 'r');
        index.key_appeared(1);
        assert!(!index.has_work());
        index.key_appeared(reader);
        assert_eq!(index.take_ready(9), ['r']);
        assert_eq!(index.take_answer(reader), Some(Answer::Present(q(), events)));
        assert_eq!(index.take_answer(reader), None);
    }

    #[test]
    fn swapped_databases_take_their_queues_with_them() {
        let mut index = waiting(&[('a', b"x")]);
        index.swapped(0, 5);
        assert_eq!(index.take_ready(9), ['a']);
        assert_eq!(index.take_stale(), [(Location { db: 5, name: (*b"q").into() }, job(b"x"))]);
    }

    #[test]
    fn a_client_whose_deadline_is_over_gets_one_reply() {
        let mut index = waiting(&[('a', b"x"), ('b', b"x")]);
        assert_eq!(index.take_overdue(Uptime(101)), ['a']);
        assert!(matches!(index.take_answer(1), Some(Answer::Present(..))));
        index.remove(1);
        index.deliver(0, b"q", &job(b"x"), AwaitEvent::Gone);
        assert_eq!(index.take_ready(9), ['b']);
        assert!(index.take_overdue(Uptime(999)).is_empty());
    }
}
