//! Who waits to hear what, and where. Pure: telling them is for the caller.
//!
//! ```text
//!   place (database, name) ──► what is awaited ──► tickets
//!   ticket ──► Listener: waiting ──news──► called ──► answered ──► gone
//! ```
//!
//! A listener that is called carries its news: when it gets to read them, the queue may have forgotten all about it.

use super::ends::Ends;
use super::line::{At, Place};
use crate::queue::{AwaitEvent, Awaited};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;

/// One client; `C` is what it takes to call it.
#[derive(Debug)]
struct Listener<C> {
    place: Place,
    awaited: Awaited,
    /// When its time is over; u64::MAX: never.
    ends: u64,
    client: Option<C>,
    news: Option<Arc<AwaitEvent>>,
    is_waiting: bool,
}

/// What a listener is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// What has happened.
    AwaitEvent(Arc<AwaitEvent>),
    /// Nothing has: what is known now about this, there.
    Present(Place, Awaited),
}

/// All listeners of this process.
#[derive(Debug)]
pub(super) struct Audience<C, S> {
    listeners: BTreeMap<u64, Listener<C>>,
    at: HashMap<Place, BTreeMap<Awaited, BTreeSet<u64>>, S>,
    /// Those with news, in the order in which these came.
    called: VecDeque<u64>,
    /// Those waiting whose time ends.
    ends: Ends,
    /// What nobody waits for any more, though the queue there may not know.
    stale: Vec<(Place, Awaited)>,
    last_ticket: u64,
}

impl<C, S: BuildHasher> Audience<C, S> {
    pub(super) fn new(hasher: S) -> Self {
        Audience {
            listeners: BTreeMap::new(),
            at: HashMap::with_hasher(hasher),
            called: VecDeque::new(),
            ends: Ends::default(),
            stale: Vec::new(),
            last_ticket: 0,
        }
    }

    /// The ticket for the next who joins; never 0, never twice.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Clients that have not left, answered or not.
    pub(super) fn len(&self) -> usize {
        self.listeners.len()
    }

    /// Listens until `ends`.
    pub(super) fn join(&mut self, ticket: u64, place: Place, awaited: Awaited, ends: u64, client: C) {
        self.ends.add(ends, ticket);
        let here = self.at.entry(place.clone()).or_default();
        here.entry(awaited.clone()).or_default().insert(ticket);
        let client = Some(client);
        let listener = Listener { place, awaited, ends, client, news: None, is_waiting: true };
        self.listeners.insert(ticket, listener);
    }

    /// Calls everybody at a place who waits for `awaited`. O(log n) for each of them.
    pub(super) fn tell(&mut self, db: i32, name: &[u8], awaited: &Awaited, news: AwaitEvent) {
        let Some(here) = self.at.get_mut(&At(db, name)) else { return };
        let Some(tickets) = here.remove(awaited) else { return };
        if here.is_empty() {
            self.at.remove(&At(db, name));
        }
        let news = Arc::new(news);
        for ticket in tickets {
            self.call(ticket, &news);
        }
    }

    /// The queue at a place is gone.
    pub(super) fn vanished(&mut self, db: i32, name: &[u8]) {
        let Some(here) = self.at.remove(&At(db, name)) else { return };
        let news = Arc::new(AwaitEvent::Gone);
        for ticket in here.into_values().flatten() {
            self.call(ticket, &news);
        }
    }

    /// All queues of a database, or of all, are gone.
    pub(super) fn emptied(&mut self, db: Option<i32>) {
        let places = self.at.keys().filter(|place| db.is_none_or(|db| db == place.db));
        for place in places.cloned().collect::<Vec<_>>() {
            self.vanished(place.db, &place.name);
        }
    }

    /// Two databases have changed places: their queues are gone from where they were waited for, but live on.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        for (from, to) in [(one, other), (other, one)] {
            for (place, here) in self.at.iter().filter(|(place, _)| place.db == from) {
                let moved = Place { db: to, name: place.name.clone() };
                self.stale.extend(here.keys().map(|awaited| (moved.clone(), awaited.clone())));
            }
            self.emptied(Some(from));
        }
    }

    /// At most `most` clients that were called and are to be let go.
    pub(super) fn take_called(&mut self, most: usize) -> Vec<C> {
        let mut clients = Vec::new();
        while clients.len() < most {
            let Some(ticket) = self.called.pop_front() else { break };
            clients.extend(self.listeners.get_mut(&ticket).and_then(|listener| listener.client.take()));
        }
        clients
    }

    /// Whether somebody is to be let go, or something is to be told to queues.
    pub(super) fn has_work(&self) -> bool {
        !self.called.is_empty() || !self.stale.is_empty()
    }

    /// When the next time ends.
    pub(super) fn first_end(&self) -> Option<u64> {
        self.ends.first()
    }

    /// Those whose time was over at `now`.
    pub(super) fn take_ended(&mut self, now: u64) -> Vec<C> {
        let mut clients = Vec::new();
        while let Some(ticket) = self.ends.pop(now) {
            clients.extend(self.listeners.get_mut(&ticket).and_then(|listener| listener.client.take()));
        }
        clients
    }

    /// The listener gets its answer now. None if it had one.
    pub(super) fn answer(&mut self, ticket: u64) -> Option<Answer> {
        let listener = self.listeners.get_mut(&ticket)?;
        if let Some(news) = listener.news.take() {
            return Some(Answer::AwaitEvent(news));
        }
        let answer = Answer::Present(listener.place.clone(), listener.awaited.clone());
        self.leave(ticket).then_some(answer)
    }

    /// The server has let go of the client.
    pub(super) fn left(&mut self, ticket: u64) {
        self.leave(ticket);
        self.listeners.remove(&ticket);
    }

    /// What is awaited no more at places where queues may think it is.
    pub(super) fn take_stale(&mut self) -> Vec<(Place, Awaited)> {
        let mut stale = std::mem::take(&mut self.stale);
        // Somebody may have begun to wait for it again.
        stale.retain(|(place, awaited)| !self.at.get(place).is_some_and(|here| here.contains_key(awaited)));
        stale
    }

    fn call(&mut self, ticket: u64, news: &Arc<AwaitEvent>) {
        let Some(listener) = self.listeners.get_mut(&ticket) else { return };
        self.ends.remove(listener.ends, ticket);
        listener.is_waiting = false;
        listener.news = Some(Arc::clone(news));
        self.called.push_back(ticket);
    }

    /// Takes a listener out of the books; false if it was not waiting.
    fn leave(&mut self, ticket: u64) -> bool {
        let Some(listener) = self.listeners.get_mut(&ticket) else { return false };
        if !std::mem::replace(&mut listener.is_waiting, false) {
            return false;
        }
        self.ends.remove(listener.ends, ticket);
        let Some(here) = self.at.get_mut(&listener.place) else { return true };
        let Some(tickets) = here.get_mut(&listener.awaited) else { return true };
        tickets.remove(&ticket);
        if tickets.is_empty() {
            here.remove(&listener.awaited);
            self.stale.push((listener.place.clone(), listener.awaited.clone()));
        }
        if here.is_empty() {
            self.at.remove(&listener.place);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Audience<char, ahash::RandomState>;

    fn q() -> Place {
        Place { db: 0, name: (*b"q").into() }
    }

    fn job(id: &[u8]) -> Awaited {
        Awaited::Job(id.into())
    }

    /// Listeners named by letters, tickets counted from 1.
    fn listening(to: &[(char, &[u8])]) -> Names {
        let mut audience = Names::new(ahash::RandomState::new());
        for &(name, id) in to {
            let ticket = audience.next_ticket();
            audience.join(ticket, q(), job(id), 100 + ticket, name);
        }
        audience
    }

    #[test]
    fn only_those_are_called_whom_it_concerns() {
        let mut audience = listening(&[('a', b"x"), ('b', b"y"), ('c', b"x")]);
        audience.tell(0, b"q", &job(b"x"), AwaitEvent::Gone);
        audience.tell(1, b"q", &job(b"y"), AwaitEvent::Gone);
        assert_eq!(audience.take_called(1), ['a']);
        assert_eq!(audience.take_called(9), ['c']);
        assert_eq!(audience.answer(1), Some(Answer::AwaitEvent(Arc::new(AwaitEvent::Gone))));
        assert_eq!(audience.answer(1), None);
        assert_eq!(audience.answer(2), Some(Answer::Present(q(), job(b"y"))));
        assert_eq!(audience.first_end(), None);
    }

    #[test]
    fn a_queue_that_vanishes_calls_all_of_its_listeners() {
        let mut audience = listening(&[('a', b"x"), ('b', b"y")]);
        audience.vanished(0, b"other");
        assert!(!audience.has_work());
        audience.emptied(Some(0));
        assert_eq!(audience.take_called(9), ['a', 'b']);
        assert_eq!(audience.take_stale(), []);
    }

    #[test]
    fn what_the_last_one_leaves_is_stale_unless_somebody_comes_back() {
        let mut audience = listening(&[('a', b"x"), ('b', b"x"), ('c', b"y")]);
        audience.left(1);
        assert!(!audience.has_work());
        audience.left(2);
        audience.left(3);
        let ticket = audience.next_ticket();
        audience.join(ticket, q(), job(b"y"), u64::MAX, 'd');
        assert_eq!(audience.take_stale(), [(q(), job(b"x"))]);
        assert_eq!((audience.len(), audience.first_end()), (1, None));
    }

    #[test]
    fn swapped_databases_take_their_queues_with_them() {
        let mut audience = listening(&[('a', b"x")]);
        audience.swapped(0, 5);
        assert_eq!(audience.take_called(9), ['a']);
        assert_eq!(audience.take_stale(), [(Place { db: 5, name: (*b"q").into() }, job(b"x"))]);
    }

    #[test]
    fn those_whose_time_is_over_are_answered_once() {
        let mut audience = listening(&[('a', b"x"), ('b', b"x")]);
        assert_eq!(audience.take_ended(101), ['a']);
        assert!(matches!(audience.answer(1), Some(Answer::Present(..))));
        audience.left(1);
        audience.tell(0, b"q", &job(b"x"), AwaitEvent::Gone);
        assert_eq!(audience.take_called(9), ['b']);
        assert!(audience.take_ended(999).is_empty());
    }
}
