//! One line of clients that wait for jobs at one key, and the order in which they are called. Pure.
//!
//! ```text
//!   Line:  MIN 1  ──► tickets 3, 7, 8 ...    first come, first served
//!          MIN 50 ──► ticket 5               called when 50 are there; until then it stops nobody
//! ```
//!
//! A waiter that is called has left the line, but what it was promised is still counted until it has its answer.

use hashbrown::Equivalent;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// A key, whether or not anything is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) db: i32,
    pub(super) name: Box<[u8]>,
}

/// The same, lent.
pub(super) struct At<'a>(pub(super) i32, pub(super) &'a [u8]);

impl Hash for At<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        At(self.db, &self.name).hash(state);
    }
}

impl Equivalent<Place> for At<'_> {
    fn equivalent(&self, place: &Place) -> bool {
        self.0 == place.db && *self.1 == *place.name
    }
}

/// What a waiter wants: at least so many jobs at once, at most so many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) least: usize,
    pub(super) most: usize,
}

/// The waiters of one key.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// By how many they want at least; no entry is empty.
    lanes: BTreeMap<usize, Lane>,
    waiting: usize,
    /// Jobs promised to waiters that are called, and how many these are.
    promised: usize,
    called: usize,
    marked: bool,
}

/// Those who want the same least, by ticket.
#[derive(Debug, Default)]
struct Lane {
    tickets: BTreeSet<u64>,
    wanted: usize,
}

/// Who and what is ahead of a client that does not wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ahead {
    /// Clients in line.
    pub(super) waiters: usize,
    /// Claimable jobs that are theirs.
    pub(super) promised: usize,
}

impl Line {
    /// A ticket joins.
    pub(super) fn join(&mut self, ticket: u64, wish: Wish) {
        let lane = self.lanes.entry(wish.least).or_default();
        lane.tickets.insert(ticket);
        lane.wanted = lane.wanted.saturating_add(wish.most);
        self.waiting += 1;
    }

    /// A ticket gives up.
    pub(super) fn leave(&mut self, ticket: u64, wish: Wish) {
        let Some(lane) = self.lanes.get_mut(&wish.least) else { return };
        if lane.tickets.remove(&ticket) {
            lane.wanted = lane.wanted.saturating_sub(wish.most);
            self.waiting -= 1;
        }
        if lane.tickets.is_empty() {
            self.lanes.remove(&wish.least);
        }
    }

    /// A ticket is called: it leaves, and is promised what it wants.
    pub(super) fn call(&mut self, ticket: u64, wish: Wish) {
        self.leave(ticket, wish);
        self.called += 1;
        self.promised = self.promised.saturating_add(wish.most);
    }

    /// A ticket that was called has its answer, or will never have one.
    pub(super) fn release(&mut self, wish: Wish) {
        self.called -= 1;
        // The sum may have been cut at the largest number; without anybody it is certainly 0.
        self.promised = if self.called == 0 { 0 } else { self.promised.saturating_sub(wish.most) };
    }

    /// Whether nobody is in line and nobody called.
    pub(super) fn is_over(&self) -> bool {
        self.waiting == 0 && self.called == 0
    }

    /// Whether somebody can be served from `claimable` jobs.
    pub(super) fn is_servable(&self, claimable: usize) -> bool {
        self.servable(claimable).next().is_some()
    }

    /// Of those who can be served, the one who came first. O(different wishes).
    pub(super) fn first_servable(&self, claimable: usize) -> Option<u64> {
        self.servable(claimable).filter_map(|lane| lane.tickets.first()).min().copied()
    }

    /// What a client that finds `claimable` jobs has ahead of it. O(different wishes).
    pub(super) fn ahead(&self, claimable: usize) -> Ahead {
        let wanted = self.servable(claimable).map(|lane| lane.wanted);
        Ahead { waiters: self.waiting, promised: wanted.fold(self.promised, usize::saturating_add) }
    }

    /// The lanes whose least is there, of what is not promised to those who are called.
    fn servable(&self, claimable: usize) -> impl Iterator<Item = &Lane> {
        let left = claimable.saturating_sub(self.promised);
        self.lanes.range(..=left).map(|(_, lane)| lane)
    }

    /// Sets or clears the mark that somebody should look at this line; tells what it was.
    pub(super) fn mark(&mut self, marked: bool) -> bool {
        std::mem::replace(&mut self.marked, marked)
    }
}
