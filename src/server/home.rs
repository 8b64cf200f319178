//! What a key holds: the queue, and what the process knows of its whereabouts.
//!
//! ```text
//!   key ──► Value { queue, home ─┐, share }   shared, because a value can be freed by another thread while
//!                                ▼            the registry still knows of it
//!   registry ────────────────► Home { id, due, state }
//! ```
//!
//! Registry entries are found by the id of the home, not by the key's name: under one name there can be two values
//! for a moment (RESTORE REPLACE loads the new one before the old one goes), and a value can change its name without
//! a word (RENAME).

use super::census::{Share, When};
use crate::queue::Queue;
use crate::redis::context;
use crate::redis::keyspace::has_post_notification_jobs;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// No instant.
pub(super) const NEVER: u64 = u64::MAX;

/// The value of a key.
pub(super) struct Value {
    /// The queue.
    pub(super) queue: Queue,
    /// Its whereabouts. A copy of a queue has a home of its own.
    pub(super) home: Arc<Home>,
    share: Share,
}

/// Where a value is, as far as the registry knows. Written on the main thread, except for its end.
#[derive(Debug)]
pub(super) struct Home {
    id: u64,
    /// The instant the registry has it listed for; NEVER while it is not listed.
    due: AtomicU64,
    state: AtomicU8,
    /// Its key went away while somebody waited for news of it.
    left_its_audience: AtomicBool,
    /// The version of the prefixes that are listed; 0: none are.
    version: AtomicU64,
    /// Whether it is known to have no TTL. Asked for on Redis 7.0 only.
    immortal: AtomicBool,
    /// Keys that expired, with their databases, while the queue could not be told.
    kept: Mutex<Vec<Kept>>,
}

/// An expired key: its database and its name.
type Kept = (i32, Box<[u8]>);

/// Jobs, remembered ids and schedules that are freed in a millisecond or so.
const LARGE: usize = 10_000;

lazy_static! {
    static ref MAIN_THREAD: ThreadId = thread::current().id();
}

/// Called once, on the main thread, before there is any queue.
pub(super) fn note_main_thread() {
    lazy_static::initialize(&MAIN_THREAD);
}

/// States of a home.
const QUIET: u8 = 0;
const UNLINKED: u8 = 1;
const FREED: u8 = 2;

impl Value {
    /// A queue in a home of its own.
    pub(super) fn new(queue: Queue) -> Box<Self> {
        Box::new(Value { queue, home: Arc::new(Home::new()), share: Share::default() })
    }

    /// Counts what the queue holds now.
    pub(super) fn count(&mut self, when: When) {
        self.share.update(&self.queue, self.bytes(), when);
    }

    /// Memory held.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() - size_of::<Queue>() + size_of::<Home>() + self.queue.bytes()
    }

    /// When the queue needs somebody to look after it.
    pub(super) fn due(&self) -> u64 {
        self.queue.next_due().unwrap_or(NEVER)
    }
}

impl Home {
    pub(super) fn new() -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = LAST_ID.fetch_add(1, Relaxed);
        Home {
            id,
            due: AtomicU64::new(NEVER),
            state: AtomicU8::new(QUIET),
            left_its_audience: AtomicBool::new(false),
            version: AtomicU64::new(0),
            immortal: AtomicBool::new(false),
            kept: Mutex::default(),
        }
    }

    /// Unique in this process.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whether the registry will come round in time for `due`. This is all a command has to ask.
    pub(super) fn covers(&self, due: u64) -> bool {
        self.due.load(Relaxed) <= due
    }

    /// The instant it is listed for; NEVER: it is not listed.
    pub(super) fn due(&self) -> u64 {
        self.due.load(Relaxed)
    }

    /// Whether it is listed.
    pub(super) fn is_listed(&self) -> bool {
        self.due() != NEVER
    }

    /// The registry has it listed for `due`; NEVER: no longer listed.
    pub(super) fn listed(&self, due: u64) {
        self.due.store(due, Relaxed);
        if due != NEVER {
            self.state.store(QUIET, Relaxed);
        }
    }

    /// It was listed, and its key has gone away.
    pub(super) fn unlinked(&self) {
        let _ = self.state.compare_exchange(QUIET, UNLINKED, Relaxed, Relaxed);
    }

    /// Whether the value is no more.
    pub(super) fn is_freed(&self) -> bool {
        self.state.load(Relaxed) == FREED
    }

    /// It was looked for in vain and for long: nobody looks for it any more.
    pub(super) fn given_up(&self) {
        let _ = self.state.compare_exchange(UNLINKED, QUIET, Relaxed, Relaxed);
    }

    /// Whether the prefixes of this version are listed.
    pub(super) fn is_listed_as(&self, version: u64) -> bool {
        self.version.load(Relaxed) == version
    }

    /// They are, and so the queue has been found; 0: none are.
    pub(super) fn listens_as(&self, version: u64) {
        self.version.store(version, Relaxed);
        if version == 0 {
            self.immortal.store(false, Relaxed);
        } else {
            self.given_up();
        }
    }

    /// Whether the queue is known to have no TTL.
    pub(super) fn is_immortal(&self) -> bool {
        self.immortal.load(Relaxed)
    }

    pub(super) fn set_immortal(&self, is: bool) {
        self.immortal.store(is, Relaxed);
    }

    /// Whether there is something to tell the queue or to find out about it.
    pub(super) fn wants_a_visit(&self) -> bool {
        self.has_kept() || (!has_post_notification_jobs() && !self.is_immortal())
    }

    /// Keeps an expired key for the queue. False: the queue is gone.
    pub(super) fn keep(&self, db: i32, key: &[u8]) -> bool {
        let lives = !self.is_freed();
        if lives {
            self.kept().push((db, key.into()));
        }
        lives
    }

    /// Whether keys are kept for it.
    pub(super) fn has_kept(&self) -> bool {
        !self.kept().is_empty()
    }

    /// Takes the oldest of them, at most `most`.
    pub(super) fn take_kept(&self, most: usize) -> Vec<Kept> {
        let mut kept = self.kept();
        let count = kept.len().min(most);
        kept.drain(..count).collect()
    }

    /// Two databases have changed places.
    pub(super) fn swap_kept(&self, one: i32, other: i32) {
        for (db, _) in self.kept().iter_mut() {
            *db = if *db == one {
                other
            } else if *db == other {
                one
            } else {
                *db
            };
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its key has gone away, and those who waited there for news have been told so.
    pub(super) fn left_its_audience(&self) {
        self.left_its_audience.store(true, Relaxed);
    }

    /// Whether that was so since this was last asked.
    pub(super) fn has_left_its_audience(&self) -> bool {
        self.left_its_audience.swap(false, Relaxed)
    }

    /// Whether it may live on under a name the registry does not know.
    pub(super) fn is_homeless(&self) -> bool {
        self.state.load(Relaxed) == UNLINKED
    }
}

/// The end of a value, on whatever thread the server chooses: nothing here or in any `Drop` of a queue may touch
/// the server or the module's statics.
///
/// Large ones that come on the main thread get a thread of their own: UNLINK frees in the background everywhere, but
/// a plain DEL, a SET over the key, RESTORE REPLACE, expiry and FLUSHALL SYNC do not on some servers, and a million jobs
/// would take a tenth of a second. Not while the server evicts: it counts what each key gives back before it takes
/// the next.
pub(super) fn free(value: Box<Value>) {
    // First, so that nobody looks for it while the jobs are being freed.
    value.home.state.store(FREED, Relaxed);
    let is_large = value.queue.pieces() > LARGE;
    let is_main = thread::current().id() == *MAIN_THREAD;
    let end = move || {
        super::guarded("freeing a queue", || drop(value));
    };
    if is_large && is_main && !context::evicts() {
        // Without a thread to be had the closure is dropped, and the value with it, here and now.
        drop(thread::Builder::new().name("jq-free".into()).spawn(end));
    } else {
        end();
    }
}
