//! The expiry rules of all queues: which queues are to get the name of an expired key. Pure.
//!
//! ```text
//!   by_prefix   database ──► prefix ──► handles of the queues with a rule for it there
//!   by_name     database ──► name ──► handle
//!   unlocated   their key went away without the value being freed (RENAME, MOVE): whatever expires anywhere
//!               is postponed for them until they are found; then they get what expired in their database
//! ```
//!
//! Where a queue is said to be is a hint: who opens the key compares the handle of the value found there.

use super::due::Entry;
use crate::queue::prefixes_of;
use crate::server::key_handle::KeyHandle;
use crate::server::location::{is_flushed, swapped, Location};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The "database" whose prefixes match in all of them.
const ANYWHERE: i32 = -1;

/// A queue with expiry rules.
#[derive(Debug)]
struct Subscription {
    handle: Arc<KeyHandle>,
    db: i32,
    /// None while it is unlocated.
    name: Option<Box<[u8]>>,
    prefixes: Vec<Box<[u8]>>,
}

impl Subscription {
    fn is_unlocated(&self) -> bool {
        self.name.is_none()
    }

    /// The database in which its prefixes match.
    fn scope(&self) -> i32 {
        if self.is_unlocated() {
            ANYWHERE
        } else {
            self.db
        }
    }
}

/// A queue that is to get an expired key.
#[derive(Debug, Clone)]
pub(in crate::server) struct Subscriber {
    pub(in crate::server) handle: Arc<KeyHandle>,
    /// The name of its key; None while it is unlocated.
    pub(in crate::server) name: Option<Box<[u8]>>,
}

/// The queues of this process that have expiry rules.
#[derive(Debug, Default)]
pub(super) struct ExpirySubscriptions {
    by_handle: BTreeMap<u64, Subscription>,
    by_prefix: BTreeMap<i32, BTreeMap<Box<[u8]>, BTreeSet<u64>>>,
    by_name: BTreeMap<i32, BTreeMap<Box<[u8]>, u64>>,
    /// Queues that the timer has to open, for postponed keys or to find out whether they have a TTL.
    to_open: BTreeSet<u64>,
}

impl ExpirySubscriptions {
    /// How many queues there are.
    pub(super) fn len(&self) -> usize {
        self.by_handle.len()
    }

    /// The handles from `from` on, at most `most`, and where to go on if that were not all.
    pub(super) fn handles_from(&self, from: u64, most: usize) -> (Vec<Arc<KeyHandle>>, Option<u64>) {
        let mut left = self.by_handle.range(from..);
        let handles = left.by_ref().take(most).map(|(_, it)| Arc::clone(&it.handle)).collect();
        (handles, left.next().map(|(id, _)| *id))
    }

    /// Whether the timer has queues to open.
    pub(super) fn has_queues_to_open(&self) -> bool {
        !self.to_open.is_empty()
    }

    /// The queue of `handle` is at `name` and has rules for `prefixes`, which are those of its `version`.
    pub(super) fn set<'p>(
        &mut self,
        db: i32,
        name: &[u8],
        handle: &Arc<KeyHandle>,
        version: u64,
        prefixes: impl Iterator<Item = &'p [u8]>,
    ) {
        self.remove(handle);
        handle.set_rules_version(version);
        let prefixes: Vec<Box<[u8]>> = prefixes.map(Box::from).collect();
        if !prefixes.is_empty() {
            let (handle, name) = (Arc::clone(handle), Some(name.into()));
            self.put(Subscription { handle, db, name, prefixes });
        }
    }

    /// Removes a queue.
    pub(super) fn remove(&mut self, handle: &KeyHandle) {
        handle.set_rules_version(0);
        self.take(handle.id());
    }

    /// The key of a queue goes away, the value may live on. False: it had no rules.
    pub(super) fn unlinked(&mut self, handle: &KeyHandle) -> bool {
        handle.set_rules_version(0);
        let Some(mut subscription) = self.take(handle.id()) else { return false };
        if handle.is_freed() {
            return false;
        }
        handle.lose();
        subscription.name = None;
        self.put(subscription);
        true
    }

    /// A database, or all of them (None), is emptied. What is unlocated may be in another one by now.
    pub(super) fn flushed(&mut self, db: Option<i32>) {
        let all = self.by_handle.values();
        let gone = all.filter(|it| db.is_none() || (is_flushed(it.db, db) && !it.is_unlocated()));
        let handles: Vec<_> = gone.map(|subscription| Arc::clone(&subscription.handle)).collect();
        for handle in handles {
            self.remove(&handle);
        }
    }

    /// Two databases have changed places.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        let ids: Vec<u64> = self.by_handle.keys().copied().collect();
        for id in ids {
            let is_to_be_opened = self.to_open.contains(&id);
            let Some(mut subscription) = self.take(id) else { continue };
            subscription.db = swapped(subscription.db, one, other);
            subscription.handle.swap_postponed(one, other);
            self.put(subscription);
            if is_to_be_opened {
                self.to_open.insert(id);
            }
        }
    }

    /// The queues that are to get the key `name` of database `db`, each once.
    pub(super) fn subscribers(&self, db: i32, name: &[u8]) -> Vec<Subscriber> {
        let mut ids: Vec<u64> = [db, ANYWHERE]
            .into_iter()
            .filter_map(|scope| self.by_prefix.get(&scope))
            .flat_map(|map| prefixes_of(map, name).flat_map(|(_, ids)| ids.iter().copied()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let found = ids.into_iter().filter_map(|id| self.by_handle.get(&id));
        found.map(|it| Subscriber { handle: Arc::clone(&it.handle), name: it.name.clone() }).collect()
    }

    /// The handle of the queue at the key `name` of database `db`.
    pub(super) fn at(&self, db: i32, name: &[u8]) -> Option<&Arc<KeyHandle>> {
        let id = self.by_name.get(&db)?.get(name)?;
        self.by_handle.get(id).map(|subscription| &subscription.handle)
    }

    /// The timer is to open this queue, if it is located.
    pub(super) fn request_opening(&mut self, handle: &KeyHandle) {
        if self.by_handle.get(&handle.id()).is_some_and(|subscription| !subscription.is_unlocated()) {
            self.to_open.insert(handle.id());
        }
    }

    /// Takes the queues that the timer has to open.
    pub(super) fn take_queues_to_open(&mut self) -> Vec<Entry> {
        let ids = std::mem::take(&mut self.to_open);
        let found = ids.iter().filter_map(|id| self.by_handle.get(id));
        let entries = found.filter_map(|it| {
            let location = Location { db: it.db, name: it.name.clone()? };
            Some(Entry { location, handle: Arc::clone(&it.handle) })
        });
        entries.collect()
    }

    /// Removes unlocated queues that are freed or given up.
    pub(super) fn prune(&mut self) {
        let all = self.by_handle.values();
        let gone = all.filter(|it| it.is_unlocated() && !it.handle.is_unlocated());
        let ids: Vec<u64> = gone.map(|subscription| subscription.handle.id()).collect();
        for id in ids {
            self.take(id);
        }
    }

    fn put(&mut self, subscription: Subscription) {
        let id = subscription.handle.id();
        let by_prefix = self.by_prefix.entry(subscription.scope()).or_default();
        for prefix in &subscription.prefixes {
            by_prefix.entry(prefix.clone()).or_default().insert(id);
        }
        if let Some(name) = &subscription.name {
            self.by_name.entry(subscription.db).or_default().insert(name.clone(), id);
        }
        self.by_handle.insert(id, subscription);
    }

    fn take(&mut self, id: u64) -> Option<Subscription> {
        let subscription = self.by_handle.remove(&id)?;
        self.to_open.remove(&id);
        if let Some(by_prefix) = self.by_prefix.get_mut(&subscription.scope()) {
            for prefix in &subscription.prefixes {
                let Some(ids) = by_prefix.get_mut(prefix) else { continue };
                ids.remove(&id);
                if ids.is_empty() {
                    by_prefix.remove(prefix);
                }
            }
        }
        if let (Some(by_name), Some(name)) = (self.by_name.get_mut(&subscription.db), &subscription.name) {
            // Under one name there can be two values for a moment; the newer one stays.
            if by_name.get(name) == Some(&id) {
                by_name.remove(name);
            }
        }
        Some(subscription)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscribed(all: &mut ExpirySubscriptions, db: i32, name: &[u8], prefixes: &[&[u8]]) -> Arc<KeyHandle> {
        let handle = Arc::new(KeyHandle::new());
        all.set(db, name, &handle, 1, prefixes.iter().copied());
        handle
    }

    fn names(all: &ExpirySubscriptions, db: i32, key: &[u8]) -> Vec<Option<Box<[u8]>>> {
        all.subscribers(db, key).into_iter().map(|subscriber| subscriber.name).collect()
    }

    fn named(names: &[&[u8]]) -> Vec<Option<Box<[u8]>>> {
        names.iter().map(|name| Some(Box::from(*name))).collect()
    }

    #[test]
    fn each_queue_of_the_database_is_found_once() {
        let mut all = ExpirySubscriptions::default();
        subscribed(&mut all, 0, b"one", &[b"t:", b"t:long", b""]);
        subscribed(&mut all, 0, b"two", &[b"t:l"]);
        subscribed(&mut all, 1, b"far", &[b"t:"]);
        assert_eq!(names(&all, 0, b"t:longer"), named(&[b"one", b"two"]));
        assert_eq!(names(&all, 0, b"t"), named(&[b"one"]));
        assert_eq!(names(&all, 1, b"t:"), named(&[b"far"]));
        assert_eq!(names(&all, 2, b"t:"), named(&[]));
    }

    #[test]
    fn the_unlocated_get_keys_of_all_databases_until_they_are_found_or_freed() {
        let mut all = ExpirySubscriptions::default();
        let handle = subscribed(&mut all, 0, b"old", &[b"t:"]);
        assert!(all.unlinked(&handle));
        assert_eq!(names(&all, 7, b"t:a"), [None]);
        assert!(handle.postpone(7, b"t:a") && !handle.has_rules_version(1));
        all.prune();
        assert_eq!(all.len(), 1, "it is still searched for");
        all.request_opening(&handle);
        assert!(!all.has_queues_to_open(), "it is not known where it is");
        all.set(7, b"new", &handle, 1, [&b"t:"[..]].into_iter());
        assert_eq!(names(&all, 0, b"t:a"), named(&[]));
        all.request_opening(&handle);
        let opened = all.take_queues_to_open();
        assert_eq!((opened[0].location.db, &*opened[0].location.name, opened.len()), (7, &b"new"[..], 1));

        let freed = subscribed(&mut all, 0, b"gone", &[b"t:"]);
        all.unlinked(&freed);
        freed.freed();
        assert!(!freed.postpone(0, b"t:a"));
        all.prune();
        assert_eq!(names(&all, 0, b"t:a"), named(&[]));
    }

    #[test]
    fn the_old_value_going_away_leaves_the_new_one_of_that_name() {
        let mut all = ExpirySubscriptions::default();
        let old = subscribed(&mut all, 0, b"q", &[b"t:"]);
        let new = subscribed(&mut all, 0, b"q", &[b"s:"]);
        all.remove(&old);
        assert_eq!(names(&all, 0, b"t:a"), named(&[]));
        assert_eq!(names(&all, 0, b"s:a"), named(&[b"q"]));
        assert_eq!(all.at(0, b"q").map(|handle| handle.id()), Some(new.id()));
    }

    #[test]
    fn flushed_and_swapped_databases_are_followed() {
        let mut all = ExpirySubscriptions::default();
        subscribed(&mut all, 0, b"zero", &[b"t:"]);
        let one = subscribed(&mut all, 1, b"one", &[b"t:"]);
        let moved = subscribed(&mut all, 1, b"moved", &[b"t:"]);
        all.unlinked(&moved);
        assert!(one.postpone(1, b"t:late") && moved.postpone(0, b"t:late"));
        all.swapped(0, 1);
        assert_eq!(names(&all, 0, b"t:a"), vec![Some(Box::from(&b"one"[..])), None]);
        assert_eq!([&one, &moved].map(|handle| handle.take_postponed(9)[0].0), [0, 1]);
        all.flushed(Some(0));
        assert_eq!((all.len(), one.has_rules_version(0)), (2, true), "what was moved may be elsewhere");
        all.flushed(None);
        assert_eq!((all.len(), all.has_queues_to_open()), (0, false));
    }
}
