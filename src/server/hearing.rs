//! Keys that expire: who is told, and when.
//!
//! ```text
//!   the server deletes an expired key ──► expired() ──► nobody listens for it: done
//!        on servers that can: a job right after the deletion, in one transaction with it
//!        on Redis 7.0: here and now, before the deletion is written down
//!      ──► queue is where it was ──► tell(): one turn on the queue
//!      ──► queue is homeless, or (7.0) might be deleted by opening it ──► kept at its home ──► visit(), by the timer
//! ```
//!
//! In these moments no other database is selected and nobody is answered: the context is that of whoever stumbled
//! over the key. Replicas and servers that load hear nothing; what the primary made of it comes as effects.
//!
//! Opening a key whose own TTL is over deletes it, while the server may be walking over the very table of TTLs.
//! From 7.2 on a key can be opened without that. On 7.0 only a queue that is known to have no TTL is opened here:
//! the timer finds out, and EXPIRE (an event) makes it find out again.

use super::edit::{self, Access, Denied};
use super::home::{Home, Value};
use super::listeners::{Hit, Listeners, Visit};
use super::{clock, guarded, timekeeper};
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::keyspace::{
    add_post_notification_job, has_post_notification_jobs, OnExpired, OnTtlChanged,
};
use crate::redis::name::OwnedName;
use lazy_static::lazy_static;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// So many keys are told to one queue before others get their turn with the server, about a millisecond.
const AT_ONCE: usize = 500;

lazy_static! {
    static ref LISTENERS: Mutex<Listeners> = Mutex::new(Listeners::default());
}
/// Queues that listen: while it is 0, an expired key costs one comparison.
static LISTENING: AtomicUsize = AtomicUsize::new(0);
/// Whether somebody has to come round to a queue.
static VISITS: AtomicBool = AtomicBool::new(false);

/// Works on the listeners. `work` must not call the server.
fn with<R>(work: impl FnOnce(&mut Listeners) -> R) -> R {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    let result = work(&mut listeners);
    LISTENING.store(listeners.len(), Relaxed);
    VISITS.store(listeners.has_visits(), Relaxed);
    result
}

/// Queues that listen.
pub(super) fn listening() -> usize {
    LISTENING.load(Relaxed)
}

/// Whether the timer has queues to come round to.
pub(super) fn has_visits() -> bool {
    VISITS.load(Relaxed)
}

/// Whether what the queue listens for is listed. This is all a command has to ask.
pub(super) fn knows(value: &Value) -> bool {
    value.home.is_listed_as(value.queue.expiries().version())
}

/// The queue at `name` listens for other prefixes than are listed, or has been found.
pub(super) fn list(db: i32, name: &[u8], value: &Value) {
    let expiries = value.queue.expiries();
    let prefixes = expiries.iter().map(|(prefix, _)| prefix);
    with(|listeners| listeners.list(db, name, &value.home, expiries.version(), prefixes));
}

/// The key of the queue goes away. True: it listened, and has to be looked for.
pub(super) fn unlinked(home: &Home) -> bool {
    listening() > 0 && with(|listeners| listeners.unlinked(home))
}

/// A database, or all of them, is emptied.
pub(super) fn flushed(db: Option<i32>) {
    with(|listeners| listeners.flushed(db));
}

/// Two databases change places.
pub(super) fn swapped(one: i32, other: i32) {
    with(|listeners| listeners.swapped(one, other));
}

/// Forgets queues that are no longer looked for.
pub(super) fn prune() {
    if listening() > 0 {
        with(Listeners::prune);
    }
}

/// The keys that expire, and on Redis 7.0 those whose TTL changes.
pub(super) struct ExpiredKeys;

impl OnExpired for ExpiredKeys {
    fn expired(ctx: Context<'_>, key: &[u8]) {
        expired(ctx, key);
    }

    fn post_notification_job(ctx: Context<'_>, key: &[u8]) {
        tell_all(ctx, key);
    }
}

impl OnTtlChanged for ExpiredKeys {
    fn ttl_changed(ctx: Context<'_>, key: &[u8]) {
        ttl_changed(ctx, key);
    }
}

/// A key has expired; its deletion is under way.
fn expired(ctx: Context<'_>, key: &[u8]) {
    if listening() == 0 {
        return;
    }
    guarded("hearing of an expired key", || {
        let db = ctx.db();
        if with(|listeners| listeners.listening_for(db, key)).is_empty() {
            return;
        }
        let flags = ctx.flags();
        if flags.replica() || flags.loading() {
            return;
        }
        if has_post_notification_jobs() {
            add_post_notification_job::<ExpiredKeys>(ctx, key);
        } else {
            tell_all(ctx, key);
        }
    });
}

/// A key has expired, and now is the time to do something about it.
fn tell_all(ctx: Context<'_>, key: &[u8]) {
    guarded("telling of an expired key", || {
        let db = ctx.db();
        for Hit { home, name } in with(|listeners| listeners.listening_for(db, key)) {
            match name {
                Some(name) if has_post_notification_jobs() || home.is_immortal() => {
                    tell(ctx, &name, &home, key);
                }
                _ => keep(db, &home, key),
            }
        }
    });
}

/// Keeps a key for a queue that cannot be told now.
fn keep(db: i32, home: &Home, key: &[u8]) {
    if home.keep(db, key) {
        with(|listeners| listeners.call_on(home));
        timekeeper::come_soon();
    }
}

fn tell(ctx: Context<'_>, name: &[u8], home: &Arc<Home>, key: &[u8]) {
    let owned = OwnedName::new(name);
    let now = clock::of_command();
    match edit::decide(ctx, owned.lend(), Access::OnlyAsIs(home), now, |session| session.hear(key)) {
        Ok(_) => {}
        // Its own TTL is over: it goes with all that is in it. Or it was never there: a RESTORE that failed.
        Err(Denied::Missing) if !home.is_freed() => {}
        // The hint was wrong; nothing tells how this could be, so the queue is looked for.
        Err(Denied::Missing | Denied::OtherType | Denied::OtherQueue) => {
            let db = ctx.db();
            timekeeper::lost(db, name, home);
            keep(db, home, key);
        }
    }
}

/// The timer: tells queues what was kept for them, and finds out whether they have a TTL. Called while writing and
/// replicating are allowed.
pub(super) fn visit_all(ctx: Context<'_>) {
    // Those that are left over are visited by the next tick.
    let visits: Vec<Visit> = with(|listeners| std::iter::from_fn(|| listeners.take_visit()).collect());
    for visit in visits {
        guarded("the timer, for a queue that listens", || call_at(ctx, &visit));
    }
}

fn call_at(ctx: Context<'_>, visit: &Visit) {
    let Visit { db, name, home } = visit;
    if !ctx.select(*db) {
        return;
    }
    let owned = OwnedName::new(name);
    let has_ttl = match Key::<Value>::open(ctx, owned.lend(), Mode::NoTouch) {
        Key::Occupied(key) => key.has_ttl(),
        Key::Vacant(_) | Key::OtherType => false,
    };
    let edited = edit::decide(ctx, owned.lend(), Access::Only(home), clock::of_timer(), |session| {
        home.set_immortal(!has_ttl);
        for (of, key) in home.take_kept(AT_ONCE) {
            // Keys of other databases than the one it turned out to be in are not its business.
            if of == *db {
                session.hear(&key);
            }
        }
    });
    match edited {
        Ok(_) if home.has_kept() => with(|listeners| listeners.call_on(home)),
        Ok(_) => {}
        Err(_) => timekeeper::lost(*db, name, home),
    }
}

/// On Redis 7.0: the TTL of a key was set or taken away.
fn ttl_changed(ctx: Context<'_>, key: &[u8]) {
    if listening() == 0 {
        return;
    }
    let db = ctx.db();
    let changed = with(|listeners| {
        let home = listeners.at(db, key).map(Arc::clone)?;
        home.set_immortal(false);
        listeners.call_on(&home);
        Some(())
    });
    if changed.is_some() {
        timekeeper::come_soon();
    }
}
