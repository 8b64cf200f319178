//! Expired keys: which queues get them, and when.
//!
//! ```text
//!   the server deletes an expired key ──► expired() ──► no queue has a rule for it: done
//!        on servers that can: a job right after the deletion, in one transaction with it
//!        on Redis 7.0: here and now, before the deletion is replicated
//!      ──► the queue is where it was ──► deliver(): an edit of the queue
//!      ──► the queue is unlocated, or (7.0) might be deleted by opening it ──► postpone()
//!        ──► open_queue(), by the timer
//! ```
//!
//! In these moments no other database may be selected and no client gets a reply: the context is that of the
//! client or job that came upon the key. Replicas and servers that load do nothing; what the primary made of
//! the key comes as effects. So do nodes of a cluster that have the key but do not serve its slot, and what the node
//! that does made of it comes to whom the slot goes.
//!
//! Opening a key whose own TTL is over deletes it, while the server may be walking over the very table of
//! TTLs. From 7.2 on a key can be opened without that. On 7.0 only a queue that is known to have no TTL is
//! opened here: the timer finds out, and EXPIRE (an event) makes it find out again.

use crate::redis::cluster::serves_slot_of;
use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::keyspace::{
    add_post_notification_job, has_post_notification_jobs, OnExpired, OnTtlChanged,
};
use crate::redis::name::OwnedName;
use crate::server::clock;
use crate::server::directory::{self, Entry, Subscriber};
use crate::server::edit::{self, Access, Denied};
use crate::server::key_handle::KeyHandle;
use crate::server::panics::catch_panic;
use crate::server::value::Value;
use std::sync::Arc;

/// So many keys are delivered to one queue before others have the server, about a millisecond.
const AT_ONCE: usize = 500;

/// Gets the keys that expire, and on Redis 7.0 those whose TTL changes.
pub(in crate::server) struct ExpiredKeys;

impl OnExpired for ExpiredKeys {
    fn expired(ctx: Context<'_>, key: &[u8]) {
        if directory::with_expiry_rules() > 0 {
            catch_panic("an expired key", || expired(ctx, key));
        }
    }

    fn post_notification_job(ctx: Context<'_>, key: &[u8]) {
        catch_panic("the delivery of an expired key", || deliver_to_all(ctx, key));
    }
}

impl OnTtlChanged for ExpiredKeys {
    fn ttl_changed(ctx: Context<'_>, key: &[u8]) {
        if directory::with_expiry_rules() > 0 {
            directory::ttl_changed(ctx.db(), key);
        }
    }
}

/// A key has expired; its deletion is under way.
fn expired(ctx: Context<'_>, key: &[u8]) {
    if directory::subscribers(ctx.db(), key).is_empty() {
        return;
    }
    let flags = ctx.flags();
    if flags.replica() || flags.loading() || !serves_slot_of(OwnedName::new(key).lend()) {
        return;
    }
    if has_post_notification_jobs() {
        add_post_notification_job::<ExpiredKeys>(ctx, key);
    } else {
        deliver_to_all(ctx, key);
    }
}

/// Delivers an expired key to the queues with a rule for it.
fn deliver_to_all(ctx: Context<'_>, key: &[u8]) {
    let db = ctx.db();
    for Subscriber { handle, name } in directory::subscribers(db, key) {
        match name {
            Some(name) if has_post_notification_jobs() || handle.has_no_ttl() => {
                deliver(ctx, &name, &handle, key);
            }
            Some(_) | None => postpone(db, &handle, key),
        }
    }
}

/// Keeps a key for a queue that cannot be opened now.
fn postpone(db: i32, handle: &KeyHandle, key: &[u8]) {
    if handle.postpone(db, key) {
        directory::request_opening(handle);
    }
}

fn deliver(ctx: Context<'_>, name: &[u8], handle: &Arc<KeyHandle>, key: &[u8]) {
    let owned = OwnedName::new(name);
    let now = clock::of_command();
    match edit::decide(ctx, owned.lend(), Access::OnlyAsIs(handle), now, |session| session.key_expired(key)) {
        Ok(_) => {}
        // Its own TTL is over: it goes with all that is in it. Or it was never there: a RESTORE that failed.
        Err(Denied::Missing) if !handle.is_freed() => {}
        // The hint was wrong. Nothing says how that could be, so the queue is searched for.
        Err(Denied::Missing | Denied::OtherType | Denied::OtherQueue) => {
            let db = ctx.db();
            directory::missing(name, handle);
            postpone(db, handle, key);
        }
    }
}

/// The timer: delivers postponed keys, and finds out whether queues have a TTL. Called while writing and
/// replicating are allowed.
pub(super) fn open_queues(ctx: Context<'_>) {
    for entry in directory::take_queues_to_open() {
        catch_panic("the timer, for a queue with expiry rules", || open_queue(ctx, &entry));
    }
}

fn open_queue(ctx: Context<'_>, Entry { location, handle }: &Entry) {
    if !ctx.select(location.db) {
        return;
    }
    let name = OwnedName::new(&location.name);
    if !serves_slot_of(name.lend()) {
        return;
    }
    let has_ttl = match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
        Key::Occupied(key) => key.has_ttl(),
        Key::Vacant(_) | Key::OtherType => true,
    };
    let edited = edit::decide(ctx, name.lend(), Access::Only(handle), clock::of_timer(), |session| {
        if has_ttl {
            handle.forget_ttl();
        } else {
            handle.note_no_ttl();
        }
        for (db, key) in handle.take_postponed(AT_ONCE) {
            // Keys of other databases than the one in which the queue turned out to be are not its business.
            if db == location.db {
                session.key_expired(&key);
            }
        }
    });
    match edited {
        Ok(_) if handle.has_postponed() => directory::request_opening(handle),
        Ok(_) => {}
        Err(_) => directory::missing(&location.name, handle),
    }
}
