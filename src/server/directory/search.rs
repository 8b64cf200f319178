//! The search for unlocated queues: a walk over all keys of all databases, a fraction of a millisecond at a
//! time.
//!
//! The server does not say under which name a value lives on after RENAME or MOVE (it would, to modules that
//! subscribe to the classes that [`crate::redis::keyspace`] warns of). So the databases are walked over, but
//! only if a queue that has something due, or expiry rules, has gone away without being freed.

use crate::redis::context::Context;
use crate::redis::scan::Cursor;
use crate::server::clock::Stopwatch;
use crate::server::value::Value;
use std::time::Duration;

/// How long one step may take.
const STEP: Duration = Duration::from_micros(300);
/// The clock is read once in so many keys.
const KEYS_BETWEEN_CLOCK_READS: usize = 16;

/// How far the walk has come.
#[derive(Debug, Default)]
pub(in crate::server) struct KeySearch {
    db: i32,
    cursor: Option<Cursor>,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum SearchProgress {
    Ongoing,
    Done,
}

/// What is done with each queue: its database, its name and its value. It must not call Redis.
type OnQueue<'v> = &'v mut dyn FnMut(i32, &[u8], &Value);

impl KeySearch {
    /// Goes on for a moment.
    pub(in crate::server) fn step(&mut self, ctx: Context<'_>, visit: OnQueue<'_>) -> SearchProgress {
        let watch = Stopwatch::start();
        while ctx.select(self.db) {
            if self.walk(ctx, &watch, visit) == SearchProgress::Ongoing {
                return SearchProgress::Ongoing;
            }
            self.db = self.db.saturating_add(1);
            if watch.is_over(STEP) {
                return SearchProgress::Ongoing;
            }
        }
        SearchProgress::Done
    }

    /// Walks on in the selected database.
    fn walk(&mut self, ctx: Context<'_>, watch: &Stopwatch, visit: OnQueue<'_>) -> SearchProgress {
        let Some(mut cursor) = self.cursor.take().or_else(Cursor::new) else { return SearchProgress::Done };
        let db = self.db;
        let mut visit = |name: &[u8], value: &Value| visit(db, name, value);
        let mut more = true;
        while more {
            more = (0..KEYS_BETWEEN_CLOCK_READS).all(|_| cursor.step(ctx, &mut visit));
            if watch.is_over(STEP) {
                break;
            }
        }
        if more {
            self.cursor = Some(cursor);
            return SearchProgress::Ongoing;
        }
        SearchProgress::Done
    }
}
