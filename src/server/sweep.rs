//! Finding queues that changed their name while they were idle.
//!
//! The server does not tell under which name a value lives on after RENAME or MOVE (it would, to modules that
//! subscribe to classes that [`crate::redis::keyspace`] warns of). So the databases are walked over, a fraction of a millisecond at a time, and only if a queue with something due, or
//! one that listens for expired keys, has gone away without being freed.

use super::clock::Stopwatch;
use super::home::{Value, NEVER};
use super::registry::Entry;
use super::{hearing, timekeeper};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::OwnedName;
use crate::redis::scan::Cursor;
use std::sync::Arc;
use std::time::Duration;

/// How long one step may take.
const STEP: Duration = Duration::from_micros(300);
/// The clock is read once in so many keys.
const KEYS_BETWEEN_LOOKS: usize = 16;
/// How many databases are asked for a moved key; a server has 16 unless it was told otherwise.
const DATABASES: i32 = 64;

/// A walk over all databases.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    db: i32,
    cursor: Option<Cursor>,
}

impl Sweep {
    /// Goes on for a moment. True: everything has been seen.
    pub(super) fn step(&mut self, ctx: Context<'_>) -> bool {
        let watch = Stopwatch::start();
        while ctx.select(self.db) {
            if !self.walk(ctx, &watch) {
                return false;
            }
            self.db = self.db.saturating_add(1);
            if watch.is_over(STEP) {
                return false;
            }
        }
        true
    }

    /// Walks on in the selected database. True: to its end.
    fn walk(&mut self, ctx: Context<'_>, watch: &Stopwatch) -> bool {
        let Some(mut cursor) = self.cursor.take().or_else(Cursor::new) else { return true };
        let (mut found, db) = (Vec::new(), self.db);
        let mut visit = |name: &[u8], value: &Value| {
            if !value.home.is_listed() && value.due() != NEVER {
                found.push((Box::<[u8]>::from(name), Arc::clone(&value.home), value.due()));
            }
            if !hearing::knows(value) {
                hearing::list(db, name, value);
            }
        };
        let mut more = true;
        while more {
            more = (0..KEYS_BETWEEN_LOOKS).all(|_| cursor.step(ctx, &mut visit));
            if watch.is_over(STEP) {
                break;
            }
        }
        for (name, home, due) in found {
            timekeeper::list(self.db, &name, &home, due);
        }
        if more {
            self.cursor = Some(cursor);
        }
        !more
    }
}

/// Asks the other databases for a key of the same name: that is where MOVE takes it.
pub(super) fn ask_other_databases(ctx: Context<'_>, entry: &Entry) {
    let name = OwnedName::new(&entry.name);
    for db in (0..DATABASES).take_while(|db| ctx.select(*db)) {
        if let Key::Occupied(value) = Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
            if Arc::ptr_eq(&value.home, &entry.home) {
                timekeeper::note_in(db, &entry.name, &value);
                return;
            }
        }
    }
}
