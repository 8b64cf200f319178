//! The due index: the queues for which time will do something, by the earliest instant. Pure.

use crate::queue::UnixMs;
use crate::server::key_handle::KeyHandle;
use crate::server::location::{is_flushed, swapped, Location};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A queue, and where its key was last. That is a hint: who opens the key compares the handle of the value
/// found there.
#[derive(Debug, Clone)]
pub(in crate::server) struct Entry {
    pub(in crate::server) location: Location,
    pub(in crate::server) handle: Arc<KeyHandle>,
}

/// Only queues with something due are in it.
#[derive(Debug, Default)]
pub(super) struct DueIndex {
    entries: BTreeMap<u64, Entry>,
    /// Due, then id of the handle; the same members as `entries`.
    order: BTreeSet<(UnixMs, u64)>,
}

impl DueIndex {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Inserts a queue for `due`, or moves it there; None removes it.
    pub(super) fn set(&mut self, db: i32, name: &[u8], handle: &Arc<KeyHandle>, due: Option<UnixMs>) {
        let Some(at) = due else {
            self.remove(handle);
            return;
        };
        // What is in the index has not moved to another key: it would have been removed when its key went
        // away.
        if let Some(before) = handle.due() {
            self.order.remove(&(before, handle.id()));
        } else {
            let location = Location { db, name: name.into() };
            self.entries.insert(handle.id(), Entry { location, handle: Arc::clone(handle) });
        }
        handle.set_due(due);
        self.order.insert((at, handle.id()));
    }

    /// Removes a queue. None: it was not there.
    pub(super) fn remove(&mut self, handle: &KeyHandle) -> Option<Entry> {
        self.order.remove(&(handle.due()?, handle.id()));
        handle.set_due(None);
        self.entries.remove(&handle.id())
    }

    /// Removes queues in the order of their handles, from `from` on, at most `most`. Returns them, and where to go on if
    /// that were not all.
    pub(super) fn take_from(&mut self, from: u64, most: usize) -> (Vec<Entry>, Option<u64>) {
        let (handles, rest) = self.handles_from(from, most);
        (handles.into_iter().filter_map(|handle| self.remove(&handle)).collect(), rest)
    }

    /// The handles from `from` on, at most `most`, and where to go on if that were not all.
    pub(super) fn handles_from(&self, from: u64, most: usize) -> (Vec<Arc<KeyHandle>>, Option<u64>) {
        let mut left = self.entries.range(from..);
        let handles = left.by_ref().take(most).map(|(_, entry)| Arc::clone(&entry.handle)).collect();
        (handles, left.next().map(|(id, _)| *id))
    }

    /// The earliest due instant.
    pub(super) fn first(&self) -> Option<UnixMs> {
        self.order.first().map(|(due, _)| *due)
    }

    /// Removes the queues that are due at `now`, the earliest first, at most `most`. Returns each with its
    /// due instant.
    pub(super) fn take_due(&mut self, now: UnixMs, most: usize) -> Vec<(UnixMs, Entry)> {
        let due: Vec<_> = self.order.range(..=(now, u64::MAX)).take(most).copied().collect();
        let entries = due.into_iter().filter_map(|(due, id)| {
            let handle = Arc::clone(&self.entries.get(&id)?.handle);
            Some((due, self.remove(&handle)?))
        });
        entries.collect()
    }

    /// A database, or all of them (None), is emptied.
    pub(super) fn flushed(&mut self, db: Option<i32>) {
        let gone = self.entries.values().filter(|entry| is_flushed(entry.location.db, db));
        let handles: Vec<_> = gone.map(|entry| Arc::clone(&entry.handle)).collect();
        for handle in handles {
            self.remove(&handle);
        }
    }

    /// Two databases have changed places.
    pub(super) fn swapped(&mut self, one: i32, other: i32) {
        for entry in self.entries.values_mut() {
            entry.location.db = swapped(entry.location.db, one, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(index: &mut DueIndex, db: i32, name: &[u8], due: u64) -> Arc<KeyHandle> {
        let handle = Arc::new(KeyHandle::new());
        index.set(db, name, &handle, Some(UnixMs(due)));
        handle
    }

    fn names(taken: &[(UnixMs, Entry)]) -> Vec<&[u8]> {
        taken.iter().map(|(_, entry)| &*entry.location.name).collect()
    }

    #[test]
    fn the_due_are_taken_in_order_and_no_more_than_asked_for() {
        let mut index = DueIndex::default();
        for (name, due) in [(b"c", 30), (b"a", 10), (b"b", 20), (b"d", 40)] {
            indexed(&mut index, 0, name, due);
        }
        assert_eq!(names(&index.take_due(UnixMs(30), 2)), [b"a", b"b"]);
        assert_eq!(names(&index.take_due(UnixMs(30), 2)), [b"c"]);
        assert_eq!((index.first(), index.len()), (Some(UnixMs(40)), 1));
    }

    #[test]
    fn a_new_instant_replaces_the_old_one() {
        let mut index = DueIndex::default();
        let handle = indexed(&mut index, 0, b"a", 30);
        index.set(0, b"a", &handle, Some(UnixMs(20)));
        assert!(
            [20, 25].iter().all(|due| handle.covers(Some(UnixMs(*due)))) && !handle.covers(Some(UnixMs(19)))
        );
        assert_eq!((index.first(), index.len(), index.order.len()), (Some(UnixMs(20)), 1, 1));
        index.set(0, b"a", &handle, None);
        assert_eq!((index.first(), index.len()), (None, 0));
    }

    #[test]
    fn the_old_value_going_away_leaves_the_new_one_of_that_name() {
        let mut index = DueIndex::default();
        let old = indexed(&mut index, 0, b"q", 30);
        let new = indexed(&mut index, 0, b"q", 40);
        assert!(index.remove(&old).is_some());
        assert_eq!(index.first(), Some(UnixMs(40)));
        assert!(new.covers(Some(UnixMs(40))) && !old.covers(Some(UnixMs(30))));
    }

    #[test]
    fn flushed_and_swapped_databases_are_followed() {
        let mut index = DueIndex::default();
        let zero = indexed(&mut index, 0, b"zero", 10);
        indexed(&mut index, 1, b"one", 20);
        index.swapped(0, 1);
        index.flushed(Some(1));
        assert!(!zero.is_indexed());
        let left = index.take_due(UnixMs(100), 9);
        assert_eq!((names(&left), left[0].1.location.db), (vec![&b"one"[..]], 0));
        indexed(&mut index, 5, b"five", 1);
        index.flushed(None);
        assert_eq!(index.len(), 0);
    }
}
