//! Which workers wait in JQ.CLAIM, by the key at which they wait and by name: what JQ.WORKERS lists. Pure.

use crate::commands::WaitingWorker;
use crate::server::location::{Location, LocationRef};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// The blocked clients of each worker, by ticket.
type Clients = BTreeSet<u64>;

/// Where a client waits, and for whom.
#[derive(Debug)]
struct Waiting {
    locations: Vec<Arc<Location>>,
    name: Arc<[u8]>,
    /// Unix ms.
    since: u64,
}

/// The workers of all blocked clients.
#[derive(Debug)]
pub(super) struct WorkerIndex<S> {
    by_ticket: BTreeMap<u64, Waiting>,
    at: HashMap<Arc<Location>, BTreeMap<Arc<[u8]>, Clients>, S>,
}

impl<S: BuildHasher> WorkerIndex<S> {
    pub(super) fn new(hasher: S) -> Self {
        WorkerIndex { by_ticket: BTreeMap::new(), at: HashMap::with_hasher(hasher) }
    }

    /// A client waits at a location since `since` (Unix ms). One client may wait at several.
    pub(super) fn insert(&mut self, ticket: u64, location: &Location, worker: &[u8], since: u64) {
        let waiting = self.by_ticket.entry(ticket).or_insert_with(|| Waiting {
            locations: Vec::new(),
            name: worker.into(),
            since,
        });
        // One copy of the name of a key, however many clients wait there.
        let known = self.at.get_key_value(location).map(|(known, _)| Arc::clone(known));
        let location = known.unwrap_or_else(|| Arc::new(location.clone()));
        let here = self.at.entry(Arc::clone(&location)).or_default();
        here.entry(Arc::clone(&waiting.name)).or_default().insert(ticket);
        waiting.locations.push(location);
    }

    /// A client waits no more.
    pub(super) fn remove(&mut self, ticket: u64) {
        let Some(Waiting { locations, name, .. }) = self.by_ticket.remove(&ticket) else { return };
        for location in locations {
            let Some(here) = self.at.get_mut(&location) else { continue };
            let is_last = here.get_mut(&name).is_some_and(|clients| {
                clients.remove(&ticket);
                clients.is_empty()
            });
            if is_last {
                here.remove(&name);
            }
            if here.is_empty() {
                self.at.remove(&location);
            }
        }
    }

    /// At most `count` workers that wait at a location, by name, from a name on.
    pub(super) fn from(&self, db: i32, key: &[u8], name: &[u8], count: usize) -> Vec<WaitingWorker> {
        let Some(here) = self.at.get(&LocationRef(db, key)) else { return Vec::new() };
        let workers = here.range::<[u8], _>((Included(name), Unbounded)).take(count);
        workers.map(|(name, clients)| self.worker(name, clients)).collect()
    }

    fn worker(&self, name: &Arc<[u8]>, clients: &Clients) -> WaitingWorker {
        // Tickets are given in the order of time.
        let first = clients.first().and_then(|ticket| self.by_ticket.get(ticket));
        let since = first.map_or(0, |waiting| waiting.since);
        WaitingWorker { name: Arc::clone(name), clients: clients.len(), since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &[u8]) -> Location {
        Location { db: 0, name: name.into() }
    }

    fn listed(index: &WorkerIndex<ahash::RandomState>, key: &[u8], from: &[u8]) -> String {
        let worker =
            |it: WaitingWorker| format!("{} {} {}", String::from_utf8_lossy(&it.name), it.clients, it.since);
        index.from(0, key, from, 2).into_iter().map(worker).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn workers_are_listed_by_name_since_their_first_client_came() {
        let mut index = WorkerIndex::new(ahash::RandomState::new());
        for (ticket, worker, since) in [(1, "b", 10), (2, "a", 20), (3, "b", 30), (4, "c", 40)] {
            index.insert(ticket, &at(b"q"), worker.as_bytes(), since);
        }
        index.insert(4, &at(b"r"), b"c", 40);
        assert_eq!(listed(&index, b"q", b""), "a 1 20, b 2 10");
        assert_eq!(listed(&index, b"q", b"b"), "b 2 10, c 1 40");
        index.remove(1);
        assert_eq!(listed(&index, b"q", b"b"), "b 1 30, c 1 40");
        index.remove(4);
        index.remove(4);
        assert_eq!((listed(&index, b"q", b"b"), listed(&index, b"r", b"")), ("b 1 30".into(), String::new()));
        index.remove(2);
        index.remove(3);
        assert!(index.by_ticket.is_empty() && index.at.is_empty());
    }
}
