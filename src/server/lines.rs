//! Who waits for jobs, where, and until when. Pure: calling them is for the caller.
//!
//! ```text
//!   place (database, name) ──► Line of tickets
//!   ticket ──► Waiter: waiting ──► called ──► answered ──► gone
//! ```

use super::ends::Ends;
use super::line::{Ahead, At, Line, Place, Wish};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// How far a waiter has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// In line.
    Waiting,
    /// To be served as soon as the server lets it.
    Called,
    /// Has its answer; the server has not let go of it yet.
    Answered,
}

/// One client in line; `C` is what it takes to call it, `R` what it asked for.
#[derive(Debug)]
struct Waiter<C, R> {
    place: Place,
    wish: Wish,
    stage: Stage,
    /// When its time is over; u64::MAX: never.
    ends: u64,
    client: Option<C>,
    request: Option<R>,
}

/// All lines of this process.
#[derive(Debug)]
pub(super) struct Lines<C, R, S> {
    waiters: BTreeMap<u64, Waiter<C, R>>,
    at: HashMap<Place, Line, S>,
    /// Places at which somebody may be served.
    marked: Vec<Place>,
    /// Those in line whose time ends.
    ends: Ends,
    last_ticket: u64,
}

impl<C, R, S: BuildHasher> Lines<C, R, S> {
    pub(super) fn new(hasher: S) -> Self {
        Lines {
            waiters: BTreeMap::new(),
            at: HashMap::with_hasher(hasher),
            marked: Vec::new(),
            ends: Ends::default(),
            last_ticket: 0,
        }
    }

    /// The ticket for the next who joins; never 0, never twice.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Joins the line at `place`, until `ends`.
    pub(super) fn join(&mut self, ticket: u64, place: Place, wish: Wish, ends: u64, client: C, request: R) {
        self.ends.add(ends, ticket);
        let line = self.at.entry(place.clone()).or_default();
        line.join(ticket, wish);
        let (client, request) = (Some(client), Some(request));
        self.waiters.insert(ticket, Waiter { place, wish, stage: Stage::Waiting, ends, client, request });
    }

    /// Clients that have not left, answered or not.
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Who is ahead of a client that comes now and finds `claimable` jobs.
    pub(super) fn ahead(&self, db: i32, name: &[u8], claimable: usize) -> Ahead {
        self.at.get(&At(db, name)).map_or(Ahead::default(), |line| line.ahead(claimable))
    }

    /// Marks a place if somebody there can be served from `claimable` jobs. True if it was not marked before.
    pub(super) fn mark_if_servable(&mut self, db: i32, name: &[u8], claimable: usize) -> bool {
        let newly = self
            .at
            .get_mut(&At(db, name))
            .is_some_and(|line| line.is_servable(claimable) && !line.mark(true));
        if newly {
            self.marked.push(Place { db, name: name.into() });
        }
        newly
    }

    /// Marks the place of a waiter, so that somebody looks whether anybody there can be served. True if it was
    /// not marked before. Without an allocation then: the server may ask for every waiter of a key.
    pub(super) fn mark_place_of(&mut self, ticket: u64) -> bool {
        let Some(place) = self.waiters.get(&ticket).map(|waiter| &waiter.place) else { return false };
        let newly = self.at.get_mut(place).is_some_and(|line| !line.mark(true));
        if newly {
            self.marked.push(place.clone());
        }
        newly
    }

    fn mark(&mut self, place: Place) -> bool {
        let newly = self.at.get_mut(&place).is_some_and(|line| !line.mark(true));
        if newly {
            self.marked.push(place);
        }
        newly
    }

    /// The marked places; they are marked no more.
    pub(super) fn take_marked(&mut self) -> Vec<Place> {
        let places = std::mem::take(&mut self.marked);
        for place in &places {
            if let Some(line) = self.at.get_mut(place) {
                line.mark(false);
            }
        }
        places
    }

    /// Calls, in order, those who can be served from `claimable` jobs, at most `most` of them.
    pub(super) fn call(&mut self, place: &Place, claimable: usize, most: usize) -> Vec<C> {
        let Some(line) = self.at.get_mut(place) else { return Vec::new() };
        let mut clients = Vec::new();
        while clients.len() < most {
            let Some(ticket) = line.first_servable(claimable) else { break };
            let Some(waiter) = self.waiters.get_mut(&ticket) else { break };
            line.call(ticket, waiter.wish);
            self.ends.remove(waiter.ends, ticket);
            waiter.stage = Stage::Called;
            clients.extend(waiter.client.take());
        }
        clients
    }

    /// When the next time ends.
    pub(super) fn first_end(&self) -> Option<u64> {
        self.ends.first()
    }

    /// Those whose time was over at `now`. They are still in line, until they have their answer.
    pub(super) fn take_ended(&mut self, now: u64) -> Vec<C> {
        let mut clients = Vec::new();
        while let Some(ticket) = self.ends.pop(now) {
            clients.extend(self.waiters.get_mut(&ticket).and_then(|waiter| waiter.client.take()));
        }
        clients
    }

    /// The waiter gets its answer now: its stage so far, its place and what it asked for. None if it had one.
    pub(super) fn answer(&mut self, ticket: u64) -> Option<(Stage, Place, R)> {
        let waiter = self.waiters.get_mut(&ticket)?;
        let stage = std::mem::replace(&mut waiter.stage, Stage::Answered);
        let (place, wish, request) = (waiter.place.clone(), waiter.wish, waiter.request.take()?);
        self.ends.remove(waiter.ends, ticket);
        self.settle(ticket, &place, wish, stage);
        Some((stage, place, request))
    }

    /// The server has let go of the client. True if it had been called but not answered: its turn is another's
    /// now, and the place is marked.
    pub(super) fn left(&mut self, ticket: u64) -> bool {
        let Some(waiter) = self.waiters.remove(&ticket) else { return false };
        self.ends.remove(waiter.ends, ticket);
        self.settle(ticket, &waiter.place, waiter.wish, waiter.stage);
        waiter.stage == Stage::Called && self.mark(waiter.place)
    }

    /// Takes a waiter out of its line's books, and the line away when it was the last.
    fn settle(&mut self, ticket: u64, place: &Place, wish: Wish, stage: Stage) {
        let Some(line) = self.at.get_mut(place) else { return };
        match stage {
            Stage::Waiting => line.leave(ticket, wish),
            Stage::Called => line.release(wish),
            Stage::Answered => return,
        }
        if line.is_over() {
            self.at.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Lines<char, (), ahash::RandomState>;

    fn q() -> Place {
        Place { db: 0, name: (*b"q").into() }
    }

    /// Waiters named by letters, tickets counted from 1.
    fn waiting(wishes: &[(char, usize, usize)]) -> Names {
        let mut lines = Names::new(ahash::RandomState::new());
        for &(name, least, most) in wishes {
            let ticket = lines.next_ticket();
            lines.join(ticket, q(), Wish { least, most }, 100 + ticket, name, ());
        }
        lines
    }

    fn called(lines: &mut Names, claimable: usize) -> String {
        lines.call(&q(), claimable, 99).into_iter().collect()
    }

    #[test]
    fn first_come_first_served_and_each_takes_what_it_wants() {
        let mut lines = waiting(&[('a', 1, 1), ('b', 1, 3), ('c', 1, 1), ('d', 1, 1)]);
        assert_eq!(called(&mut lines, 3), "ab");
        assert_eq!(called(&mut lines, 3), "", "all three are promised");
        lines.answer(1);
        lines.answer(2);
        assert_eq!(called(&mut lines, 1), "c");
    }

    #[test]
    fn one_who_wants_many_keeps_its_place_and_stops_nobody() {
        let mut lines = waiting(&[('a', 5, 5), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(called(&mut lines, 1), "b");
        lines.answer(2);
        assert_eq!(called(&mut lines, 6), "ac");
    }

    #[test]
    fn no_more_are_called_than_asked_for() {
        let mut lines = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(lines.call(&q(), 3, 2), ['a', 'b']);
        assert_eq!(called(&mut lines, 3), "c");
    }

    #[test]
    fn what_is_promised_counts_those_who_can_be_served() {
        let mut lines = waiting(&[('a', 1, 2), ('b', 4, 4)]);
        assert_eq!(lines.ahead(0, b"q", 3), Ahead { waiters: 2, promised: 2 });
        assert_eq!(lines.ahead(0, b"q", 4), Ahead { waiters: 2, promised: 6 });
        assert_eq!(called(&mut lines, 3), "a");
        assert_eq!(lines.ahead(0, b"q", 3), Ahead { waiters: 1, promised: 2 });
        assert_eq!(lines.ahead(1, b"q", 3), Ahead::default());
    }

    #[test]
    fn one_who_vanishes_after_being_called_gives_its_turn_away() {
        let mut lines = waiting(&[('a', 1, 1), ('b', 1, 1)]);
        assert_eq!(called(&mut lines, 1), "a");
        assert!(lines.left(1));
        assert_eq!(lines.take_marked(), [q()]);
        assert_eq!(called(&mut lines, 1), "b");
    }

    #[test]
    fn those_whose_time_is_over_are_told_apart_from_those_who_were_served() {
        let mut lines = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
        assert_eq!(called(&mut lines, 1), "a");
        assert_eq!(lines.first_end(), Some(102));
        assert_eq!(lines.take_ended(102), ['b']);
        assert!(matches!(lines.answer(2), Some((Stage::Waiting, _, ()))));
        lines.left(3);
        assert_eq!((lines.first_end(), lines.take_ended(999)), (None, vec![]));
    }

    #[test]
    fn one_who_gives_up_is_not_called_and_leaves_nothing_behind() {
        let mut lines = waiting(&[('a', 1, 1)]);
        assert!(lines.mark_if_servable(0, b"q", 1));
        assert!(!lines.mark_if_servable(0, b"q", 1), "once is enough");
        assert!(matches!(lines.answer(1), Some((Stage::Waiting, _, ()))));
        assert!(lines.answer(1).is_none());
        assert!(!lines.left(1));
        assert_eq!((lines.len(), lines.at.len()), (0, 0));
        assert_eq!(lines.take_marked(), [q()], "a mark for nobody does no harm");
        assert_eq!(called(&mut lines, 1), "");
    }
}
