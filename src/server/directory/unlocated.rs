//! The queues whose key went away without the value being freed, as after RENAME or MOVE: for a while it is
//! not known where they live on. Pure.

use crate::server::clock::Uptime;
use crate::server::key_handle::KeyHandle;
use std::sync::Arc;

/// How long, in milliseconds, a value has to be freed after its key went away, before it is searched for.
const GRACE: u64 = 150;
/// A queue that has not been found for so long, in milliseconds, is given up.
const GIVEN_UP: u64 = 60_000;
/// So many are kept before the first pruning.
const FIRST_PRUNING: usize = 64;

/// The name of a queue's key before it went away, and the queue's handle.
pub(in crate::server) type MaybeMoved = (Box<[u8]>, Arc<KeyHandle>);

#[derive(Debug)]
struct Lost {
    /// The name of its key before.
    name: Box<[u8]>,
    handle: Arc<KeyHandle>,
    since: Uptime,
    other_databases_searched: bool,
}

#[derive(Debug)]
pub(super) struct Unlocated {
    lost: Vec<Lost>,
    prune_at: usize,
}

impl Unlocated {
    pub(super) fn new() -> Self {
        Unlocated { lost: Vec::new(), prune_at: FIRST_PRUNING }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// The key of a queue has gone away.
    pub(super) fn insert(&mut self, name: &[u8], handle: &Arc<KeyHandle>, now: Uptime) {
        handle.lose();
        if self.lost.len() >= self.prune_at {
            self.prune();
        }
        let (name, handle) = (name.into(), Arc::clone(handle));
        self.lost.push(Lost { name, handle, since: now, other_databases_searched: false });
    }

    /// Drops those that are freed or found. Then whether one has been unlocated for so long that a search is
    /// called for.
    pub(super) fn search_is_due(&mut self, now: Uptime) -> bool {
        self.prune();
        self.lost.iter().any(|lost| lost.since.after(GRACE) <= now)
    }

    /// Those that have not been looked for under their name in other databases: MOVE keeps the name. Each is
    /// returned once.
    pub(super) fn take_maybe_moved(&mut self, now: Uptime, most: usize) -> Vec<MaybeMoved> {
        let ripe = self
            .lost
            .iter_mut()
            .filter(|lost| !lost.other_databases_searched && lost.since.after(GRACE) <= now);
        ripe.take(most)
            .map(|lost| {
                lost.other_databases_searched = true;
                (lost.name.clone(), Arc::clone(&lost.handle))
            })
            .collect()
    }

    /// A search of everything has found no more: gives up those that are missing for long.
    pub(super) fn searched(&mut self, now: Uptime) {
        self.lost.retain(|lost| {
            let goes_on = lost.since.after(GIVEN_UP) > now;
            if !goes_on {
                lost.handle.end_search();
            }
            goes_on
        });
    }

    fn prune(&mut self) {
        self.lost.retain(|lost| lost.handle.is_unlocated());
        self.prune_at = (self.lost.len() * 2).max(FIRST_PRUNING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(unlocated: &mut Unlocated, since: u64) -> Arc<KeyHandle> {
        let handle = Arc::new(KeyHandle::new());
        unlocated.insert(b"old", &handle, Uptime(since));
        handle
    }

    #[test]
    fn a_renamed_queue_is_searched_for_until_it_is_found() {
        let mut unlocated = Unlocated::new();
        let handle = lost(&mut unlocated, 1000);
        assert!(!unlocated.search_is_due(Uptime(1100)));
        assert!(unlocated.search_is_due(Uptime(1150)));
        assert_eq!(unlocated.take_maybe_moved(Uptime(1150), 9).len(), 1);
        assert_eq!(unlocated.take_maybe_moved(Uptime(1150), 9).len(), 0);
        handle.end_search();
        assert!(!unlocated.search_is_due(Uptime(1150)) && unlocated.is_empty());
    }

    #[test]
    fn the_search_for_a_freed_value_ends() {
        let mut unlocated = Unlocated::new();
        let handle = lost(&mut unlocated, 0);
        handle.freed();
        assert!(!unlocated.search_is_due(Uptime(1000)));
    }

    #[test]
    fn a_queue_that_is_not_found_is_given_up() {
        let mut unlocated = Unlocated::new();
        let handle = lost(&mut unlocated, 0);
        unlocated.searched(Uptime(59_999));
        assert!(handle.is_unlocated() && !unlocated.is_empty());
        unlocated.searched(Uptime(60_000));
        assert!(!handle.is_unlocated() && unlocated.is_empty());
    }
}
