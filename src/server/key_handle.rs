//! The key handle: what the process knows of where a queue's key is, shared by the queue's value and the
//! directory.
//!
//! Queues are told apart by the id of their handle, not by the key's name: under one name there can be two
//! values for a moment (RESTORE REPLACE loads the new one before the old one goes), and a value can change
//! its name without a word (RENAME).
//!
//! A handle is shared because another thread can free a value while the directory still knows of it. It is
//! written on the main thread alone, but for [`KeyHandle::freed`].

use super::location;
use crate::queue::UnixMs;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(super) struct KeyHandle {
    id: u64,
    /// The instant for which the due index has it; [`NOT_INDEXED`] while it has not.
    due: AtomicU64,
    whereabouts: AtomicU8,
    /// Its key went away while clients were blocked there in JQ.AWAIT.
    left_awaits_behind: AtomicBool,
    /// The version of its expiry rules that the directory has; 0: it has none.
    rules_version: AtomicU64,
    /// Whether its key is known to have no TTL. Only asked on Redis 7.0.
    has_no_ttl: AtomicBool,
    /// Keys that expired while the queue could not be opened.
    postponed: Mutex<Vec<ExpiredKey>>,
}

/// An expired key: its database and its name.
type ExpiredKey = (i32, Box<[u8]>);

const NOT_INDEXED: u64 = u64::MAX;

/// As far as is known the key is where the directory says, or the directory does not know the queue.
const LOCATED: u8 = 0;
/// The key went away, and the value may live on under another name.
const UNLOCATED: u8 = 1;
/// The value is gone.
const FREED: u8 = 2;

/// Whether a value was freed that the directory still knew: the server did not say that its key went away.
static LEFT_BEHIND: AtomicBool = AtomicBool::new(false);

/// Whether there was one since this was last asked.
pub(super) fn take_left_behind() -> bool {
    LEFT_BEHIND.swap(false, Relaxed)
}

impl KeyHandle {
    pub(super) fn new() -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = LAST_ID.fetch_add(1, Relaxed);
        KeyHandle {
            id,
            due: AtomicU64::new(NOT_INDEXED),
            whereabouts: AtomicU8::new(LOCATED),
            left_awaits_behind: AtomicBool::new(false),
            rules_version: AtomicU64::new(0),
            has_no_ttl: AtomicBool::new(false),
            postponed: Mutex::default(),
        }
    }

    /// Unique in this process.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whether the timer fires early enough for a queue that is `due` then. This is all that a command has to
    /// ask.
    pub(super) fn covers(&self, due: Option<UnixMs>) -> bool {
        due.is_none_or(|due| self.due.load(Relaxed) <= due.0)
    }

    /// The instant for which the due index has it.
    pub(super) fn due(&self) -> Option<UnixMs> {
        Some(self.due.load(Relaxed)).filter(|due| *due != NOT_INDEXED).map(UnixMs)
    }

    /// Whether the due index has it.
    pub(super) fn is_indexed(&self) -> bool {
        self.due().is_some()
    }

    /// The due index has it now for `due`; None: no more.
    pub(super) fn set_due(&self, due: Option<UnixMs>) {
        self.due.store(due.map_or(NOT_INDEXED, |due| due.0), Relaxed);
        if due.is_some() {
            self.whereabouts.store(LOCATED, Relaxed);
        }
    }

    /// Its key has gone away.
    pub(super) fn lose(&self) {
        let _ = self.whereabouts.compare_exchange(LOCATED, UNLOCATED, Relaxed, Relaxed);
    }

    /// It has been found, or the search for it has been given up.
    pub(super) fn end_search(&self) {
        let _ = self.whereabouts.compare_exchange(UNLOCATED, LOCATED, Relaxed, Relaxed);
    }

    /// Whether it may live on under a name that the directory does not know.
    pub(super) fn is_unlocated(&self) -> bool {
        self.whereabouts.load(Relaxed) == UNLOCATED
    }

    /// Its value is no more.
    pub(super) fn freed(&self) {
        self.whereabouts.store(FREED, Relaxed);
        if self.is_indexed() || !self.has_rules_version(0) {
            LEFT_BEHIND.store(true, Relaxed);
        }
    }

    pub(super) fn is_freed(&self) -> bool {
        self.whereabouts.load(Relaxed) == FREED
    }

    /// Whether the directory has the expiry rules of this version.
    pub(super) fn has_rules_version(&self, version: u64) -> bool {
        self.rules_version.load(Relaxed) == version
    }

    /// The directory has them now, and so the queue has been found; 0: it has none.
    pub(super) fn set_rules_version(&self, version: u64) {
        self.rules_version.store(version, Relaxed);
        if version == 0 {
            self.forget_ttl();
        } else {
            self.end_search();
        }
    }

    /// Whether its key is known to have no TTL.
    pub(super) fn has_no_ttl(&self) -> bool {
        self.has_no_ttl.load(Relaxed)
    }

    /// Its key was found to have no TTL.
    pub(super) fn note_no_ttl(&self) {
        self.has_no_ttl.store(true, Relaxed);
    }

    /// Its key has a TTL, or nothing is known of it.
    pub(super) fn forget_ttl(&self) {
        self.has_no_ttl.store(false, Relaxed);
    }

    /// Keeps an expired key until the queue can be opened. False: the queue is gone.
    pub(super) fn postpone(&self, db: i32, key: &[u8]) -> bool {
        let lives = !self.is_freed();
        if lives {
            self.postponed().push((db, key.into()));
        }
        lives
    }

    pub(super) fn has_postponed(&self) -> bool {
        !self.postponed().is_empty()
    }

    /// Takes the oldest postponed keys, at most `most`.
    pub(super) fn take_postponed(&self, most: usize) -> Vec<ExpiredKey> {
        let mut postponed = self.postponed();
        let count = postponed.len().min(most);
        postponed.drain(..count).collect()
    }

    /// Two databases have changed places.
    pub(super) fn swap_postponed(&self, one: i32, other: i32) {
        for (db, _) in self.postponed().iter_mut() {
            *db = location::swapped(*db, one, other);
        }
    }

    fn postponed(&self) -> MutexGuard<'_, Vec<ExpiredKey>> {
        self.postponed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its key has gone away, and the clients that were blocked there in JQ.AWAIT are unblocked.
    pub(super) fn leave_awaits_behind(&self) {
        self.left_awaits_behind.store(true, Relaxed);
    }

    /// Whether that was so since this was last asked.
    pub(super) fn take_left_awaits_behind(&self) -> bool {
        self.left_awaits_behind.swap(false, Relaxed)
    }
}
