//! The value behind a key: the queue, its handle, and what INFO counts of it.
//!
//! ```text
//!   key ──────────► Value { queue, handle ─┐, counted }
//!                                          ▼
//!   directory ───────────────────────► KeyHandle
//! ```

use super::key_handle::KeyHandle;
use super::panics::catch_panic;
use super::totals::{Occurred, Share};
use crate::queue::{Queue, UnixMs};
use crate::redis::context;
use lazy_static::lazy_static;
use std::sync::Arc;
use std::thread::{self, ThreadId};

pub(super) struct Value {
    pub(super) queue: Queue,
    /// A copy of a queue has a handle of its own.
    pub(super) handle: Arc<KeyHandle>,
    counted: Share,
}

/// Jobs, remembered ids and schedules that are freed in a millisecond or so.
const LARGE: usize = 10_000;

lazy_static! {
    static ref MAIN_THREAD: ThreadId = thread::current().id();
}

/// To be called once, on the main thread, before there is any queue.
pub(super) fn note_main_thread() {
    lazy_static::initialize(&MAIN_THREAD);
}

impl Value {
    pub(super) fn new(queue: Queue) -> Box<Self> {
        Box::new(Value { queue, handle: Arc::new(KeyHandle::new()), counted: Share::default() })
    }

    /// Brings the totals of INFO up to what the queue holds now.
    pub(super) fn count(&mut self, occurred: Occurred) {
        self.counted.update(&self.queue, self.bytes(), occurred);
    }

    /// Memory held.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() - size_of::<Queue>() + size_of::<KeyHandle>() + self.queue.bytes()
    }

    /// The earliest instant at which time changes the queue.
    pub(super) fn due(&self) -> Option<UnixMs> {
        self.queue.next_due()
    }
}

/// The end of a value, on whatever thread Redis chooses: nothing here or in any `Drop` of a queue may call
/// Redis or touch the module's statics.
///
/// Large ones that come on the main thread get a thread of their own: UNLINK frees in the background
/// everywhere, but a plain DEL, a SET over the key, RESTORE REPLACE, expiry and FLUSHALL SYNC do not on some
/// servers, and a million jobs would take a tenth of a second. Not while the server evicts: it counts what
/// each key gives back before it takes the next.
pub(super) fn free(value: Box<Value>) {
    // First, so that the directory does not search for it while the jobs are being freed.
    value.handle.freed();
    let is_large = value.queue.pieces() > LARGE;
    let is_main = thread::current().id() == *MAIN_THREAD;
    let end = move || {
        catch_panic("freeing a queue", || drop(value));
    };
    if is_large && is_main && !context::evicts() {
        // If no thread can be had the closure is dropped, and the value with it, here and now.
        drop(thread::Builder::new().name("jq-free".into()).spawn(end));
    } else {
        end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Settings;

    #[test]
    fn a_queue_without_jobs_takes_little() {
        // 1,280 is a size that allocators serve without waste; the next one is 1,536.
        assert!(size_of::<Value>() <= 1280, "{}", size_of::<Value>());
        let value = Value::new(Queue::new(Settings::default()));
        assert_eq!(value.bytes(), size_of::<Value>() + size_of::<KeyHandle>());
    }
}
