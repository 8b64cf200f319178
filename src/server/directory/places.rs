//! Where queues are: what the rest of the server says of keys that come, change and go, and asks.

use super::due::Entry;
use super::expiry_rules::Subscriber;
use super::state::{with, WITH_EXPIRY_RULES};
use crate::queue::UnixMs;
use crate::redis::context::Context;
use crate::redis::keyspace::has_post_notification_jobs;
use crate::server::key_handle::KeyHandle;
use crate::server::value::Value;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

/// The queue at `name` in the selected database has changed: ensures that the timer fires when something is
/// due. Costs two comparisons if the next due instant is not earlier than it was and the expiry rules are the
/// same.
pub(in crate::server) fn schedule(ctx: Context<'_>, name: &[u8], value: &Value) {
    if !value.handle.covers(value.due()) || !has_rules_of(value) {
        found(ctx.db(), name, value);
    }
}

/// A queue is at `name` in database `db`: loaded, copied, changed there, or found by a search.
pub(in crate::server) fn found(db: i32, name: &[u8], value: &Value) {
    let due = value.due();
    if !value.handle.covers(due) {
        set_due(db, name, &value.handle, due);
    }
    set_expiry_rules(db, name, value);
}

/// Whether the directory should know where this queue is and does not.
pub(in crate::server) fn is_unknown(value: &Value) -> bool {
    (!value.handle.is_indexed() && value.due().is_some()) || !has_rules_of(value)
}

/// A queue that has had its share of the timer goes behind all others that are due `now`.
pub(in crate::server) fn put_behind(entry: &Entry, now: UnixMs) {
    if entry.handle.due().is_some_and(|due| due < now) {
        set_due(entry.location.db, &entry.location.name, &entry.handle, Some(now));
    }
}

/// A queue that the timer has taken is visited again at `instant`, whatever is due in it.
pub(in crate::server) fn visit_at(entry: &Entry, instant: UnixMs) {
    set_due(entry.location.db, &entry.location.name, &entry.handle, Some(instant));
}

/// Puts queues back that the timer had no time for.
pub(in crate::server) fn put_back(entries: impl Iterator<Item = (UnixMs, Entry)>) {
    for (due, Entry { location, handle }) in entries {
        set_due(location.db, &location.name, &handle, Some(due));
    }
}

fn set_due(db: i32, name: &[u8], handle: &Arc<KeyHandle>, due: Option<UnixMs>) {
    with(|directory| {
        directory.due.set(db, name, handle, due);
        if let Some(due) = due {
            directory.set_timer_for(due);
        }
    });
}

/// Whether the directory has the expiry rules of this queue as they are.
fn has_rules_of(value: &Value) -> bool {
    value.handle.has_rules_version(value.queue.expiry_rules().version())
}

fn set_expiry_rules(db: i32, name: &[u8], value: &Value) {
    if has_rules_of(value) {
        return;
    }
    let (rules, handle) = (value.queue.expiry_rules(), &value.handle);
    with(|directory| {
        let prefixes = rules.iter().map(|(prefix, _)| prefix);
        directory.expiry_rules.set(db, name, handle, rules.version(), prefixes);
        // Asked only now, since setting rules forgets what was known of the TTL.
        let must_know_ttl = !has_post_notification_jobs() && !handle.has_no_ttl();
        if must_know_ttl || handle.has_postponed() {
            directory.expiry_rules.request_opening(handle);
        }
        if directory.expiry_rules.has_queues_to_open() {
            directory.timer_set_in(0);
        }
    });
}

/// The key of `value` goes away.
pub(in crate::server) fn unlinked(name: &[u8], value: &Value) {
    let handle = &value.handle;
    if WITH_EXPIRY_RULES.load(Relaxed) > 0 || handle.is_indexed() {
        with(|directory| {
            let had_rules = directory.expiry_rules.unlinked(handle);
            if had_rules || handle.is_indexed() {
                directory.lose(name, handle);
            }
        });
    }
}

/// A queue with expiry rules is not at `name`, where it was said to be.
pub(in crate::server) fn missing(name: &[u8], handle: &Arc<KeyHandle>) {
    with(|directory| {
        if directory.expiry_rules.unlinked(handle) {
            directory.lose(name, handle);
        }
    });
}

/// A database, or all of them (None), is emptied.
pub(in crate::server) fn flushed(db: Option<i32>) {
    with(|directory| {
        directory.due.flushed(db);
        directory.expiry_rules.flushed(db);
    });
}

/// Two databases change places. A search that is under way begins again.
pub(in crate::server) fn swapped(one: i32, other: i32) {
    with(|directory| {
        directory.due.swapped(one, other);
        directory.expiry_rules.swapped(one, other);
        directory.search = None;
    });
}

/// How many queues have expiry rules.
pub(in crate::server) fn with_expiry_rules() -> usize {
    WITH_EXPIRY_RULES.load(Relaxed)
}

/// The queues that are to get the expired key `name` of database `db`.
pub(in crate::server) fn subscribers(db: i32, name: &[u8]) -> Vec<Subscriber> {
    with(|directory| directory.expiry_rules.subscribers(db, name))
}

/// The timer is to open the queue of `handle` soon: keys are postponed for it.
pub(in crate::server) fn request_opening(handle: &KeyHandle) {
    with(|directory| {
        directory.expiry_rules.request_opening(handle);
        directory.timer_set_in(0);
    });
}

/// The TTL of the key at `name` was set or taken away. If it is a queue with expiry rules, the timer finds
/// out whether it has a TTL.
pub(in crate::server) fn ttl_changed(db: i32, name: &[u8]) {
    with(|directory| {
        if let Some(handle) = directory.expiry_rules.at(db, name).map(Arc::clone) {
            handle.forget_ttl();
            directory.expiry_rules.request_opening(&handle);
            directory.timer_set_in(0);
        }
    });
}

/// Takes the queues that are to be opened because of their expiry rules.
pub(in crate::server) fn take_queues_to_open() -> Vec<Entry> {
    with(|directory| directory.expiry_rules.take_queues_to_open())
}
