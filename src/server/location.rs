//! The location of a key: its database and its name, owned or lent.

use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A database and the name of a key in it, whether or not anything is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    pub(super) db: i32,
    pub(super) name: Box<[u8]>,
}

/// A lent [`Location`], to look one up in a hash table.
pub(super) struct LocationRef<'a>(pub(super) i32, pub(super) &'a [u8]);

impl Hash for LocationRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}

impl Hash for Location {
    fn hash<H: Hasher>(&self, state: &mut H) {
        LocationRef(self.db, &self.name).hash(state);
    }
}

impl Equivalent<Location> for LocationRef<'_> {
    fn equivalent(&self, location: &Location) -> bool {
        self.0 == location.db && *self.1 == *location.name
    }
}

impl Equivalent<Arc<Location>> for LocationRef<'_> {
    fn equivalent(&self, location: &Arc<Location>) -> bool {
        self.equivalent(location.as_ref())
    }
}

/// Where the database `db` is after SWAPDB of `one` and `other`.
pub(super) fn swapped(db: i32, one: i32, other: i32) -> i32 {
    if db == one {
        other
    } else if db == other {
        one
    } else {
        db
    }
}

/// Whether the database `db` is empty after FLUSHDB of `flushed`; None: after FLUSHALL.
pub(super) fn is_flushed(db: i32, flushed: Option<i32>) -> bool {
    flushed.is_none_or(|flushed| flushed == db)
}
