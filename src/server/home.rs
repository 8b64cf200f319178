//! What a key holds: the queue, and what the process knows of its whereabouts.
//!
//! ```text
//!   key ──► Value { queue, home ─┐ }          shared, because a value can be freed by another thread while
//!                                ▼            the registry still knows of it
//!   registry ────────────────► Home { id, due, state }
//! ```
//!
//! Registry entries are found by the id of the home, not by the key's name: under one name there can be two values
//! for a moment (RESTORE REPLACE loads the new one before the old one goes), and a value can change its name without
//! a word (RENAME).

use super::ffi::context;
use crate::queue::Queue;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// No instant.
pub(super) const NEVER: u64 = u64::MAX;

/// The value of a key.
pub(super) struct Value {
    /// The queue.
    pub(super) queue: Queue,
    /// Its whereabouts. A copy of a queue has a home of its own.
    pub(super) home: Arc<Home>,
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
}

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
        Box::new(Value { queue, home: Arc::new(Home::new()) })
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
        self.state.store(UNLINKED, Relaxed);
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
