//! Which queues need somebody to look after them, and when. Pure: the timekeeper asks the server, not this.
//!
//! Only queues with something due are listed. An entry is a hint: whoever comes to look compares the home of the
//! value he finds, and drops the entry if it is another's.

use super::home::{Home, NEVER};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long, in milliseconds, a value whose key went away has to be freed before it is looked for.
const GRACE: u64 = 150;
/// Homes are dropped when they have not been found for so long, in milliseconds.
const GIVEN_UP: u64 = 60_000;
/// So many homeless are kept before the first pruning.
const FIRST_PRUNING: usize = 64;

/// A listed queue.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) db: i32,
    pub(super) name: Box<[u8]>,
    pub(super) home: Arc<Home>,
}

/// A value whose key went away while it was listed: freed soon, or renamed.
#[derive(Debug)]
struct Homeless {
    entry: Entry,
    since: u64,
    asked_for: bool,
}

/// The queues of this process that have something due.
#[derive(Debug)]
pub(super) struct Registry {
    entries: BTreeMap<u64, Entry>,
    /// Due, then id of the home; the same members as `entries`.
    line: BTreeSet<(u64, u64)>,
    homeless: Vec<Homeless>,
    prune_at: usize,
}

impl Registry {
    pub(super) fn new() -> Self {
        Registry {
            entries: BTreeMap::new(),
            line: BTreeSet::new(),
            homeless: Vec::new(),
            prune_at: FIRST_PRUNING,
        }
    }

    /// How many are listed.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Lists a queue for `due`, or changes what it is listed for.
    pub(super) fn list(&mut self, db: i32, name: &[u8], home: &Arc<Home>, due: u64) {
        if due == NEVER {
            self.strike(home);
            return;
        }
        // A home that is listed has not moved: its key's going away would have struck it.
        if home.is_listed() {
            self.line.remove(&(home.due(), home.id()));
        } else {
            self.entries.insert(home.id(), Entry { db, name: name.into(), home: Arc::clone(home) });
        }
        home.listed(due);
        self.line.insert((due, home.id()));
    }

    /// Strikes a queue off; None if it was not listed.
    pub(super) fn strike(&mut self, home: &Home) -> Option<Entry> {
        self.line.remove(&(home.due(), home.id()));
        home.listed(NEVER);
        self.entries.remove(&home.id())
    }

    /// The earliest due instant.
    pub(super) fn first_due(&self) -> Option<u64> {
        self.line.first().map(|(due, _)| *due)
    }

    /// Strikes off those that are due at `now`, earliest first, at most `most`, each with what it was listed for.
    pub(super) fn take_due(&mut self, now: u64, most: usize) -> Vec<(u64, Entry)> {
        let due: Vec<_> = self.line.range(..=(now, u64::MAX)).take(most).copied().collect();
        let entries = due.into_iter().filter_map(|(due, id)| {
            let home = Arc::clone(&self.entries.get(&id)?.home);
            Some((due, self.strike(&home)?))
        });
        entries.collect()
    }

    /// The key of a value goes away. True if the value has to be looked for later, should it live on: it was listed,
    /// or is homeless already because it listens.
    pub(super) fn unlinked(&mut self, db: i32, name: &[u8], home: &Arc<Home>, now: u64) -> bool {
        if self.strike(home).is_none() && !home.is_homeless() {
            return false;
        }
        home.unlinked();
        if self.homeless.len() >= self.prune_at {
            self.prune();
        }
        let entry = Entry { db, name: name.into(), home: Arc::clone(home) };
        self.homeless.push(Homeless { entry, since: now, asked_for: false });
        true
    }

    /// Everything in a database, or in all of them, is gone.
    pub(super) fn flushed(&mut self, db: Option<i32>) {
        let gone = |entry: &Entry| db.is_none_or(|db| db == entry.db);
        let homes: Vec<_> = self.entries.values().filter(|e| gone(e)).map(|e| Arc::clone(&e.home)).collect();
        for home in homes {
            self.strike(&home);
        }
        // Who was moved to another database is not gone; who is, is freed.
        if db.is_none() {
            self.homeless.clear();
        }
    }

    /// Two databases have changed places.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        let listed = self.entries.values_mut();
        for entry in listed.chain(self.homeless.iter_mut().map(|homeless| &mut homeless.entry)) {
            if entry.db == one {
                entry.db = other;
            } else if entry.db == other {
                entry.db = one;
            }
        }
    }

    /// Whether somebody is homeless.
    pub(super) fn has_homeless(&self) -> bool {
        !self.homeless.is_empty()
    }

    /// Drops those who are freed or found. Then whether somebody has been homeless for so long that a search
    /// is called for.
    pub(super) fn search_is_due(&mut self, now: u64) -> bool {
        self.prune();
        self.homeless.iter().any(|homeless| homeless.since + GRACE <= now)
    }

    /// Those who have not been asked for in other databases yet: a moved key keeps its name.
    pub(super) fn not_asked_for(&mut self, now: u64, most: usize) -> Vec<Entry> {
        let ripe = self.homeless.iter_mut().filter(|h| !h.asked_for && h.since + GRACE <= now);
        ripe.take(most)
            .map(|homeless| {
                homeless.asked_for = true;
                homeless.entry.clone()
            })
            .collect()
    }

    /// A search of everything found nothing more: gives up those who are missing for long.
    pub(super) fn searched(&mut self, now: u64) {
        self.homeless.retain(|homeless| {
            let goes_on = homeless.since + GIVEN_UP > now;
            if !goes_on {
                homeless.entry.home.given_up();
            }
            goes_on
        });
    }

    fn prune(&mut self) {
        self.homeless.retain(|homeless| homeless.entry.home.is_homeless());
        self.prune_at = (self.homeless.len() * 2).max(FIRST_PRUNING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(registry: &mut Registry, db: i32, name: &[u8], due: u64) -> Arc<Home> {
        let home = Arc::new(Home::new());
        registry.list(db, name, &home, due);
        home
    }

    fn names(taken: &[(u64, Entry)]) -> Vec<&[u8]> {
        taken.iter().map(|(_, entry)| &*entry.name).collect()
    }

    #[test]
    fn the_due_are_taken_in_order_and_no_more_than_asked_for() {
        let mut registry = Registry::new();
        for (name, due) in [(b"c", 30), (b"a", 10), (b"b", 20), (b"d", 40)] {
            listed(&mut registry, 0, name, due);
        }
        assert_eq!(names(&registry.take_due(30, 2)), [b"a", b"b"]);
        assert_eq!(names(&registry.take_due(30, 2)), [b"c"]);
        assert_eq!((registry.first_due(), registry.len()), (Some(40), 1));
    }

    #[test]
    fn a_new_instant_replaces_the_old_one() {
        let mut registry = Registry::new();
        let home = listed(&mut registry, 0, b"a", 30);
        registry.list(0, b"a", &home, 20);
        assert!(home.covers(20) && home.covers(25) && !home.covers(19));
        assert_eq!((registry.first_due(), registry.len(), registry.line.len()), (Some(20), 1, 1));
        registry.list(0, b"a", &home, NEVER);
        assert_eq!((registry.first_due(), registry.len()), (None, 0));
    }

    #[test]
    fn the_old_value_going_away_leaves_the_new_one_of_that_name_listed() {
        let mut registry = Registry::new();
        let old = listed(&mut registry, 0, b"q", 30);
        let new = listed(&mut registry, 0, b"q", 40);
        assert!(registry.unlinked(0, b"q", &old, 0));
        assert_eq!(registry.first_due(), Some(40));
        assert!(new.covers(40) && !old.covers(30));
    }

    #[test]
    fn a_renamed_queue_is_searched_for_until_it_is_listed_again() {
        let mut registry = Registry::new();
        let home = listed(&mut registry, 0, b"old", 30);
        registry.unlinked(0, b"old", &home, 1000);
        assert!(!registry.search_is_due(1100));
        assert!(registry.search_is_due(1150));
        assert_eq!(registry.not_asked_for(1150, 9).len(), 1);
        assert_eq!(registry.not_asked_for(1150, 9).len(), 0);
        registry.list(0, b"new", &home, 30);
        assert!(!registry.search_is_due(1150) && !registry.has_homeless());
    }

    #[test]
    fn a_value_that_was_not_listed_or_is_freed_is_not_searched_for() {
        let mut registry = Registry::new();
        assert!(!registry.unlinked(0, b"quiet", &Arc::new(Home::new()), 0));
        let value = super::super::home::Value::new(crate::queue::Queue::default());
        registry.list(0, b"q", &value.home, 30);
        assert!(registry.unlinked(0, b"q", &value.home, 0));
        super::super::home::free(value);
        assert!(!registry.search_is_due(1000));
    }

    #[test]
    fn flushed_and_swapped_databases_are_followed() {
        let mut registry = Registry::new();
        let zero = listed(&mut registry, 0, b"zero", 10);
        listed(&mut registry, 1, b"one", 20);
        registry.swapped(0, 1);
        registry.flushed(Some(1));
        assert!(!zero.covers(10));
        let left = registry.take_due(100, 9);
        assert_eq!((names(&left), left[0].1.db), (vec![&b"one"[..]], 0));
        listed(&mut registry, 5, b"five", 1);
        registry.flushed(None);
        assert_eq!(registry.len(), 0);
    }
}
