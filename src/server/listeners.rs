//! Which queues listen for which keys. Pure: [`super::hearing`] asks the server, not this.
//!
//! ```text
//!   prefixes   database ──► prefix ──► homes of the queues that listen for it there
//!   names      database ──► name ──► home
//!   homeless   their key went away without the value being freed (RENAME, MOVE): whatever expires anywhere is kept
//!              for them until they are found, and then they are told what expired in the database they are in
//! ```
//!
//! An entry is a hint, as in [`super::registry`]: whoever opens the queue compares the home of the value he finds.

use super::home::Home;
use crate::queue::prefixes_of;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The "database" whose prefixes match in all of them.
const ANYWHERE: i32 = -1;

/// A queue that listens.
#[derive(Debug)]
struct Listener {
    home: Arc<Home>,
    db: i32,
    /// None while it is homeless.
    name: Option<Box<[u8]>>,
    prefixes: Vec<Box<[u8]>>,
}

impl Listener {
    fn is_homeless(&self) -> bool {
        self.name.is_none()
    }

    /// Where its prefixes match.
    fn reach(&self) -> i32 {
        if self.is_homeless() {
            ANYWHERE
        } else {
            self.db
        }
    }
}

/// A queue that wants to know of a key.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) home: Arc<Home>,
    /// The key it is under; None: nobody knows.
    pub(super) name: Option<Box<[u8]>>,
}

/// A queue to come round to.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) db: i32,
    pub(super) name: Box<[u8]>,
    pub(super) home: Arc<Home>,
}

/// The queues of this process that listen for expired keys.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    by_home: BTreeMap<u64, Listener>,
    by_prefix: BTreeMap<i32, BTreeMap<Box<[u8]>, BTreeSet<u64>>>,
    by_name: BTreeMap<i32, BTreeMap<Box<[u8]>, u64>>,
    visits: BTreeSet<u64>,
}

impl Listeners {
    /// How many queues listen.
    pub(super) fn len(&self) -> usize {
        self.by_home.len()
    }

    /// Whether somebody has to come round to a queue.
    pub(super) fn has_visits(&self) -> bool {
        !self.visits.is_empty()
    }

    /// The queue of `home` is at `name` and listens for `prefixes`, which are those of its `version`.
    pub(super) fn list<'p>(
        &mut self,
        db: i32,
        name: &[u8],
        home: &Arc<Home>,
        version: u64,
        prefixes: impl Iterator<Item = &'p [u8]>,
    ) {
        self.strike(home);
        home.listens_as(version);
        let prefixes: Vec<Box<[u8]>> = prefixes.map(Box::from).collect();
        if !prefixes.is_empty() {
            self.enter(Listener { home: Arc::clone(home), db, name: Some(name.into()), prefixes });
            if home.wants_a_visit() {
                self.visits.insert(home.id());
            }
        }
    }

    /// Forgets a queue. False: it was not listed.
    pub(super) fn strike(&mut self, home: &Home) -> bool {
        home.listens_as(0);
        self.leave(home.id()).is_some()
    }

    /// The key of a queue goes away, the value may live on. False: it did not listen.
    pub(super) fn unlinked(&mut self, home: &Home) -> bool {
        home.listens_as(0);
        let Some(mut listener) = self.leave(home.id()) else { return false };
        if home.is_freed() {
            return false;
        }
        home.unlinked();
        listener.name = None;
        self.enter(listener);
        true
    }

    /// Everything in a database, or in all of them, is gone. Who is homeless may be in another one by now.
    pub(super) fn flushed(&mut self, db: Option<i32>) {
        let listed = self.by_home.values();
        let gone = listed.filter(|l| db.is_none_or(|db| l.db == db && !l.is_homeless()));
        let homes: Vec<_> = gone.map(|listener| Arc::clone(&listener.home)).collect();
        for home in homes {
            self.strike(&home);
        }
    }

    /// Two databases have changed places.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        let ids: Vec<u64> = self.by_home.keys().copied().collect();
        for id in ids {
            let visit = self.visits.contains(&id);
            let Some(mut listener) = self.leave(id) else { continue };
            listener.db = if listener.db == one {
                other
            } else if listener.db == other {
                one
            } else {
                listener.db
            };
            listener.home.swap_kept(one, other);
            self.enter(listener);
            if visit {
                self.visits.insert(id);
            }
        }
    }

    /// The queues that want to know of the key `name` of database `db`, each once.
    pub(super) fn listening_for(&self, db: i32, name: &[u8]) -> Vec<Hit> {
        let mut ids: Vec<u64> = [db, ANYWHERE]
            .into_iter()
            .filter_map(|reach| self.by_prefix.get(&reach))
            .flat_map(|map| prefixes_of(map, name).flat_map(|(_, ids)| ids.iter().copied()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let listeners = ids.into_iter().filter_map(|id| self.by_home.get(&id));
        listeners.map(|l| Hit { home: Arc::clone(&l.home), name: l.name.clone() }).collect()
    }

    /// The home listed for the key `name` of database `db`.
    pub(super) fn at(&self, db: i32, name: &[u8]) -> Option<&Arc<Home>> {
        let id = self.by_name.get(&db)?.get(name)?;
        self.by_home.get(id).map(|listener| &listener.home)
    }

    /// Somebody has to come round to the queue of this home, if it is listed.
    pub(super) fn call_on(&mut self, home: &Home) {
        if self.by_home.get(&home.id()).is_some_and(|listener| !listener.is_homeless()) {
            self.visits.insert(home.id());
        }
    }

    /// Takes the next queue to come round to.
    pub(super) fn take_visit(&mut self) -> Option<Visit> {
        while let Some(id) = self.visits.pop_first() {
            let Some(listener) = self.by_home.get(&id) else { continue };
            let Some(name) = listener.name.clone() else { continue };
            return Some(Visit { db: listener.db, name, home: Arc::clone(&listener.home) });
        }
        None
    }

    /// Forgets those homeless who are freed, or given up.
    pub(super) fn prune(&mut self) {
        let gone = self.by_home.values().filter(|l| l.is_homeless() && !l.home.is_homeless());
        let ids: Vec<u64> = gone.map(|listener| listener.home.id()).collect();
        for id in ids {
            self.leave(id);
        }
    }

    fn enter(&mut self, listener: Listener) {
        let id = listener.home.id();
        let reach = self.by_prefix.entry(listener.reach()).or_default();
        for prefix in &listener.prefixes {
            reach.entry(prefix.clone()).or_default().insert(id);
        }
        if let Some(name) = &listener.name {
            self.by_name.entry(listener.db).or_default().insert(name.clone(), id);
        }
        self.by_home.insert(id, listener);
    }

    fn leave(&mut self, id: u64) -> Option<Listener> {
        let listener = self.by_home.remove(&id)?;
        self.visits.remove(&id);
        if let Some(map) = self.by_prefix.get_mut(&listener.reach()) {
            for prefix in &listener.prefixes {
                let Some(ids) = map.get_mut(prefix) else { continue };
                ids.remove(&id);
                if ids.is_empty() {
                    map.remove(prefix);
                }
            }
        }
        if let (Some(map), Some(name)) = (self.by_name.get_mut(&listener.db), &listener.name) {
            // Under one name there can be two values for a moment; the newer one stays.
            if map.get(name) == Some(&id) {
                map.remove(name);
            }
        }
        Some(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::super::home::{free, Value};
    use super::*;
    use crate::queue::Queue;

    fn listener(listeners: &mut Listeners, db: i32, name: &[u8], prefixes: &[&[u8]]) -> Arc<Home> {
        let home = Arc::new(Home::new());
        listeners.list(db, name, &home, 1, prefixes.iter().copied());
        home
    }

    fn heard_by(listeners: &Listeners, db: i32, key: &[u8]) -> Vec<Option<Box<[u8]>>> {
        listeners.listening_for(db, key).into_iter().map(|hit| hit.name).collect()
    }

    fn named(names: &[&[u8]]) -> Vec<Option<Box<[u8]>>> {
        names.iter().map(|name| Some(Box::from(*name))).collect()
    }

    #[test]
    fn each_queue_of_the_database_is_found_once() {
        let mut listeners = Listeners::default();
        listener(&mut listeners, 0, b"one", &[b"t:", b"t:long", b""]);
        listener(&mut listeners, 0, b"two", &[b"t:l"]);
        listener(&mut listeners, 1, b"far", &[b"t:"]);
        assert_eq!(heard_by(&listeners, 0, b"t:longer"), named(&[b"one", b"two"]));
        assert_eq!(heard_by(&listeners, 0, b"t"), named(&[b"one"]));
        assert_eq!(heard_by(&listeners, 1, b"t:"), named(&[b"far"]));
        assert_eq!(heard_by(&listeners, 2, b"t:"), named(&[]));
    }

    #[test]
    fn the_homeless_hear_of_all_databases_until_they_are_found_or_freed() {
        let mut listeners = Listeners::default();
        let home = listener(&mut listeners, 0, b"old", &[b"t:"]);
        assert!(listeners.unlinked(&home));
        assert_eq!(heard_by(&listeners, 7, b"t:a"), [None]);
        assert!(home.keep(7, b"t:a") && !home.is_listed_as(1));
        listeners.prune();
        assert_eq!(listeners.len(), 1, "it is still looked for");
        listeners.list(7, b"new", &home, 1, [&b"t:"[..]].into_iter());
        assert_eq!(heard_by(&listeners, 0, b"t:a"), named(&[]));
        let visit = listeners.take_visit().map(|visit| (visit.db, visit.name));
        assert_eq!(visit, Some((7, Box::from(&b"new"[..]))), "something is kept for it");

        let value = Value::new(Queue::default());
        listeners.list(0, b"gone", &value.home, 1, [&b"t:"[..]].into_iter());
        let home = Arc::clone(&value.home);
        listeners.unlinked(&home);
        free(value);
        assert!(!home.keep(0, b"t:a"));
        listeners.prune();
        assert_eq!(heard_by(&listeners, 0, b"t:a"), named(&[]));
    }

    #[test]
    fn the_old_value_going_away_leaves_the_new_one_of_that_name() {
        let mut listeners = Listeners::default();
        let old = listener(&mut listeners, 0, b"q", &[b"t:"]);
        let new = listener(&mut listeners, 0, b"q", &[b"s:"]);
        listeners.strike(&old);
        assert_eq!(heard_by(&listeners, 0, b"t:a"), named(&[]));
        assert_eq!(heard_by(&listeners, 0, b"s:a"), named(&[b"q"]));
        assert_eq!(listeners.at(0, b"q").map(|home| home.id()), Some(new.id()));
    }

    #[test]
    fn flushed_and_swapped_databases_are_followed() {
        let mut listeners = Listeners::default();
        listener(&mut listeners, 0, b"zero", &[b"t:"]);
        let one = listener(&mut listeners, 1, b"one", &[b"t:"]);
        let moved = listener(&mut listeners, 1, b"moved", &[b"t:"]);
        listeners.unlinked(&moved);
        assert!(one.keep(1, b"t:kept") && moved.keep(0, b"t:kept"));
        listeners.swapped(0, 1);
        assert_eq!(heard_by(&listeners, 0, b"t:a"), vec![Some(Box::from(&b"one"[..])), None]);
        assert_eq!([&one, &moved].map(|home| home.take_kept(9)[0].0), [0, 1]);
        listeners.flushed(Some(0));
        assert_eq!((listeners.len(), one.is_listed_as(0)), (2, true), "who was moved may be elsewhere");
        listeners.flushed(None);
        assert_eq!((listeners.len(), listeners.has_visits()), (0, false));
    }
}
