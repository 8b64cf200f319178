//! The one way in which a queue under a key is changed: by a command, the timer, a blocked client, an expired
//! key, JQ.APPLY.
//!
//! ```text
//!   open the key ──► is it the queue that is meant? ──► session: time, then the work
//!     ──► replicate the journal ──► schedule the timer ──► count for INFO ──► wake blocked clients
//!     ──► store a new value ──► close the key ──► notify
//! ```
//!
//! So this holds everywhere: the journal is written before a new value is stored, and the key is closed
//! before subscribers are notified, who may open it again. What happened before a panic has happened, here
//! and on the replicas.

use super::blocked::{awaits, claims};
use super::key_handle::KeyHandle;
use super::notifications::notify;
use super::panics::catch_panic;
use super::totals::Occurred;
use super::value::Value;
use super::{clock, directory, journal_memory};
use crate::codec::effects::JournalWriter;
use crate::codec::{self, Refusal};
use crate::queue::{Events, MemoryPressure, Now, Queue, Session, Settings};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode, OccupiedKey, VacantKey};
use crate::redis::name::Name;
use std::ffi::CStr;
use std::sync::Arc;

/// The command that carries effects and sections of snapshots to replicas and AOF files.
pub(super) const APPLY: &CStr = c"JQ.APPLY";

/// Which queue is to be changed, and on whose account its key is opened.
#[derive(Clone, Copy)]
pub(super) enum Access<'h> {
    /// A client changes the queue at the name, or a new one with these settings.
    OrNew(fn() -> Settings),
    /// A client changes the queue at the name.
    Existing,
    /// The module changes the queue of this handle, which does not count as a use of the key.
    Only(&'h Arc<KeyHandle>),
    /// The same, and a key whose TTL is over is not deleted by this (but on Redis 7.0).
    OnlyAsIs(&'h Arc<KeyHandle>),
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is nothing at the name.
    Missing,
    /// There is a value of another type.
    OtherType,
    /// There is another queue than the one that was meant.
    OtherQueue,
}

/// What came of an edit.
pub(super) struct Edited<R> {
    /// What the work returned; None: it panicked, and the server's log says so.
    pub(super) outcome: Option<R>,
    /// Whether the queue has changed.
    pub(super) changed: bool,
}

/// Where a change of a queue comes from.
enum QueueChange {
    /// There is none.
    None,
    /// It was decided here; replicas and files are to get the journal.
    Decided(JournalWriter),
    /// It was decided by the primary.
    Replicated,
    /// It happened before, and was read from a file.
    Loaded,
}

/// Where effects come from that were decided elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The primary, just now.
    Primary,
    /// A file, in which they were written down before.
    File,
}

/// Changes the queue at `name` in the selected database: time does its part as of `now`, then `work` decides.
pub(super) fn decide<R>(
    ctx: Context<'_>,
    name: Name<'_>,
    access: Access<'_>,
    now: Now,
    work: impl FnOnce(&mut Session<'_>) -> R,
) -> Result<Edited<R>, Denied> {
    edit(ctx, name, access, |value| {
        let mut journal = JournalWriter::new(now, journal_memory::lend());
        let outcome =
            catch_panic("a change of a queue", || work(&mut begin(ctx, &mut value.queue, now, &mut journal)));
        let change = if journal.is_empty() {
            journal_memory::give_back(journal.finish(|_| {}));
            QueueChange::None
        } else {
            QueueChange::Decided(journal)
        };
        let changed = !matches!(change, QueueChange::None);
        (change, Edited { outcome, changed })
    })
}

/// Makes the effects of `journal` happen to the queue at `name` in the selected database, or to a new one.
/// Only called by a command that came with them: it is replicated as it came.
pub(super) fn replay(
    ctx: Context<'_>,
    name: Name<'_>,
    journal: &[u8],
    source: Source,
) -> Result<Result<(), Refusal>, Denied> {
    edit(ctx, name, Access::OrNew(Settings::default), |value| {
        let replayed = codec::replay(&mut value.queue, journal);
        clock::note_instant(value.queue.heard_at());
        let applied = replayed.as_ref().map_or_else(|refusal| refusal.applied > 0, |()| true);
        // What was applied in part goes on as it came: the next in the chain refuses the same part of it.
        let change = match source {
            _ if !applied => QueueChange::None,
            Source::Primary => QueueChange::Replicated,
            Source::File => QueueChange::Loaded,
        };
        (change, replayed)
    })
}

fn edit<R>(
    ctx: Context<'_>,
    name: Name<'_>,
    access: Access<'_>,
    work: impl FnOnce(&mut Value) -> (QueueChange, R),
) -> Result<R, Denied> {
    let mut place = check(Key::open(ctx, name, access.mode()), access)?;
    let value = place.value();
    awaits::catch_up(value);
    let (change, result) = work(value);
    let events = match (change, place) {
        // A new queue to which nothing happened goes as it came.
        (QueueChange::None, Place::New(..)) => Events::default(),
        (QueueChange::None, Place::Stored(mut value)) => {
            unchanged(ctx, name, &mut value);
            Events::default()
        }
        (change, Place::Stored(mut value)) => changed(ctx, name, &mut value, change),
        (change, Place::New(mut value, key)) => {
            let events = changed(ctx, name, &mut value, change);
            key.store(value);
            events
        }
    };
    notify(ctx, name, events);
    Ok(result)
}

/// Whether what was found is what is meant.
fn check<'c>(key: Key<'c, Value>, access: Access<'_>) -> Result<Place<'c>, Denied> {
    match (key, access) {
        (Key::Occupied(value), Access::OrNew(_) | Access::Existing) => Ok(Place::Stored(value)),
        (Key::Occupied(value), Access::Only(handle) | Access::OnlyAsIs(handle)) => {
            if Arc::ptr_eq(&value.handle, handle) {
                Ok(Place::Stored(value))
            } else {
                Err(Denied::OtherQueue)
            }
        }
        (Key::Vacant(key), Access::OrNew(settings)) => {
            Ok(Place::New(Value::new(Queue::new(settings())), key))
        }
        (Key::Vacant(_), Access::Existing | Access::Only(_) | Access::OnlyAsIs(_)) => Err(Denied::Missing),
        (Key::OtherType, _) => Err(Denied::OtherType),
    }
}

/// Where the queue is that is changed.
enum Place<'c> {
    /// Under its key.
    Stored(OccupiedKey<'c, Value>),
    /// Nowhere yet.
    New(Box<Value>, VacantKey<'c, Value>),
}

impl Place<'_> {
    fn value(&mut self) -> &mut Value {
        match self {
            Place::Stored(value) => value,
            Place::New(value, _) => value,
        }
    }
}

impl Access<'_> {
    fn mode(self) -> Mode {
        match self {
            Access::OrNew(_) | Access::Existing => Mode::Write,
            Access::Only(_) => Mode::NoTouch,
            Access::OnlyAsIs(_) => Mode::NoTouchNoExpire,
        }
    }
}

/// Begins a session. How much memory there is has its price: it is asked for when a schedule is due.
fn begin<'q>(
    ctx: Context<'_>,
    queue: &'q mut Queue,
    now: Now,
    journal: &'q mut JournalWriter,
) -> Session<'q> {
    let ticks = queue.next_tick().is_some_and(|due| due <= now.unix_ms());
    let memory =
        if ticks && ctx.flags().memory_is_full() { MemoryPressure::AtLimit } else { MemoryPressure::Normal };
    Session::begin_with(memory, queue, now, journal)
}

/// What follows from a change, until the key is closed. Returns what is to be notified then.
fn changed(ctx: Context<'_>, name: Name<'_>, value: &mut Value, change: QueueChange) -> Events {
    // What is read from a file happened before, and no client is there to be notified.
    let occurred = if matches!(change, QueueChange::Loaded) { Occurred::Before } else { Occurred::Now };
    replicate(ctx, name, change);
    let key = name.bytes();
    directory::schedule(ctx, key, value);
    value.count(occurred);
    claims::wake(ctx, key, value.queue.claimable());
    awaits::deliver(ctx, key, value);
    let events = value.queue.take_events();
    match occurred {
        Occurred::Now => events,
        Occurred::Before => Events::default(),
    }
}

/// Replicas, the AOF, WATCH and client-side caches get to know of a change.
fn replicate(ctx: Context<'_>, name: Name<'_>, change: QueueChange) {
    match change {
        QueueChange::None => return,
        QueueChange::Decided(journal) => {
            journal_memory::give_back(journal.finish(|blob| ctx.replicate(APPLY, name, blob)));
        }
        QueueChange::Replicated | QueueChange::Loaded => ctx.replicate_verbatim(),
    }
    ctx.signal_modified(name);
}

/// What follows when a queue has not changed: refused adds may be counted in it, the timer may just have
/// taken it off the due index, and a client that was granted jobs may have left them to the next.
fn unchanged(ctx: Context<'_>, name: Name<'_>, value: &mut Value) {
    let counted = value.queue.has_pending_duplicates();
    if counted || !value.handle.is_indexed() {
        directory::schedule(ctx, name.bytes(), value);
    }
    if counted {
        value.count(Occurred::Now);
    }
    claims::wake(ctx, name.bytes(), value.queue.claimable());
}
