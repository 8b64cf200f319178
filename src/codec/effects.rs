//! The journal of one command or tick, as it goes to replicas and into the append-only file.
//!
//! ```text
//!   blob     version byte (1), the instant as a number, then effects until the end
//!   effect   tag byte, id of the job as bytes (where it is about one), then its fields
//! ```
//!
//! The version is that of the rules, not only of the bytes: a replica whose rules would do something else with an
//! effect must refuse it. Whoever changes what an effect does raises [`VERSION`] and keeps the old meaning for the
//! old number.

use super::parts::{put_addition, put_heard, put_maybe_batch, put_new_job, put_settings};
use super::schedules::{put_fate, put_plan};
use super::wire::Put;
use crate::queue::{Effect, Journal, Now, Queue, Steps, Target};

/// The rules this module knows.
pub(super) const VERSION: u8 = 1;

/// A blob is cut here: one command's effects may be many times what one argument can be.
const BLOB_BYTES: usize = 1 << 20;

/// A journal that writes blobs.
#[derive(Debug)]
pub struct JournalWriter {
    at: u64,
    full: Vec<Vec<u8>>,
    blob: Vec<u8>,
}

impl JournalWriter {
    /// For effects at `now`.
    #[must_use]
    pub fn new(now: Now) -> Self {
        JournalWriter { at: now.millis(), full: Vec::new(), blob: Vec::new() }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty() && self.full.is_empty()
    }

    /// What happened, in blobs that are each a command for the replicas.
    pub fn into_blobs(self) -> impl Iterator<Item = Vec<u8>> {
        self.full.into_iter().chain(Some(self.blob).filter(|blob| !blob.is_empty()))
    }
}

impl Journal for JournalWriter {
    fn record(&mut self, queue: &Queue, effect: &Effect<'_>) {
        if self.blob.len() >= BLOB_BYTES {
            self.full.push(std::mem::take(&mut self.blob));
        }
        if self.blob.is_empty() {
            // One allocation for the blob of one effect: a third of a small command's cost is allocations.
            self.blob.reserve(64 + carried(effect));
            self.blob.push(VERSION);
            self.blob.number(self.at);
        }
        put_effect(&mut self.blob, queue, effect);
    }
}

/// Bytes that an effect carries beside numbers and the id of a known job.
fn carried(effect: &Effect<'_>) -> usize {
    match effect {
        Effect::Added { id, new } => id.len() + new.payload.len(),
        Effect::Replaced { new, .. } | Effect::Rerun { new, .. } => new.payload.len(),
        Effect::Progressed { data, .. } | Effect::Completed { result: Some(data), .. } => data.len(),
        Effect::Scheduled { name, plan, .. } => name.len() + plan.addition.job.payload.len(),
        _ => 0,
    }
}

/// The tags. Never reuse a number.
pub(super) mod tag {
    pub(crate) const ADDED: u8 = 1;
    pub(crate) const REPLACED: u8 = 2;
    pub(crate) const RERUN: u8 = 3;
    pub(crate) const DUPLICATES: u8 = 4;
    pub(crate) const CLAIMED: u8 = 5;
    pub(crate) const LEASED: u8 = 6;
    pub(crate) const PROGRESSED: u8 = 7;
    pub(crate) const COMPLETED: u8 = 8;
    pub(crate) const RETRIED: u8 = 9;
    pub(crate) const FAILED: u8 = 10;
    pub(crate) const RELEASED: u8 = 11;
    pub(crate) const CANCELLED: u8 = 12;
    pub(crate) const CANCEL_ASKED: u8 = 13;
    pub(crate) const REMOVED: u8 = 14;
    pub(crate) const PROMOTED: u8 = 15;
    pub(crate) const REVIVED: u8 = 16;
    pub(crate) const STALE_ACK: u8 = 17;
    pub(crate) const PAUSED: u8 = 18;
    pub(crate) const RESUMED: u8 = 19;
    pub(crate) const CONFIGURED: u8 = 20;
    pub(crate) const SETTLED: u8 = 21;
    pub(crate) const SETTLED_JOB: u8 = 22;
    pub(crate) const BATCH_OPENED: u8 = 23;
    pub(crate) const BATCH_SEALED: u8 = 24;
    pub(crate) const BATCH_FORGOTTEN: u8 = 25;
    pub(crate) const SCHEDULED: u8 = 30;
    pub(crate) const UNSCHEDULED: u8 = 31;
    pub(crate) const TICKED: u8 = 32;
    pub(crate) const WATCHED: u8 = 40;
    pub(crate) const UNWATCHED: u8 = 41;
    pub(crate) const HEARD: u8 = 42;
    pub(crate) const PURGED: u8 = 50;
}

#[allow(clippy::too_many_lines, reason = "a table: an arm for each effect")]
fn put_effect(out: &mut Vec<u8>, queue: &Queue, effect: &Effect<'_>) {
    let about = |out: &mut Vec<u8>, tag: u8, target: Target| {
        out.push(tag);
        out.bytes(queue.id_of(target.0));
    };
    match *effect {
        Effect::Added { id, ref new } => {
            out.push(tag::ADDED);
            out.bytes(id);
            put_new_job(out, new);
        }
        Effect::Replaced { job, ref new } => {
            about(out, tag::REPLACED, job);
            put_new_job(out, new);
        }
        Effect::Rerun { job, ref new } => {
            about(out, tag::RERUN, job);
            put_new_job(out, new);
        }
        Effect::Duplicates { count, batch } => {
            out.push(tag::DUPLICATES);
            out.number(count);
            put_maybe_batch(out, batch);
        }
        Effect::BatchOpened { name } => {
            out.push(tag::BATCH_OPENED);
            out.bytes(name);
        }
        Effect::BatchSealed { batch } => {
            out.push(tag::BATCH_SEALED);
            out.number(batch.0);
        }
        Effect::BatchForgotten { batch } => {
            out.push(tag::BATCH_FORGOTTEN);
            out.number(batch.0);
        }
        Effect::Claimed { job, token, worker, lease_until } => {
            about(out, tag::CLAIMED, job);
            out.number(token);
            out.bytes(worker);
            out.number(lease_until);
        }
        Effect::Leased { job, lease_until } => {
            about(out, tag::LEASED, job);
            out.number(lease_until);
        }
        Effect::Progressed { job, data } => {
            about(out, tag::PROGRESSED, job);
            out.bytes(data);
        }
        Effect::Completed { job, result } => {
            about(out, tag::COMPLETED, job);
            out.maybe(result);
        }
        Effect::Retried { job, due, error } => {
            about(out, tag::RETRIED, job);
            put_due(out, due);
            out.maybe(error);
        }
        Effect::Failed { job, error } => {
            about(out, tag::FAILED, job);
            out.maybe(error);
        }
        Effect::Released { job, due } => {
            about(out, tag::RELEASED, job);
            put_due(out, due);
        }
        Effect::Cancelled { job } => about(out, tag::CANCELLED, job),
        Effect::CancelAsked { job } => about(out, tag::CANCEL_ASKED, job),
        Effect::Purged { record } => about(out, tag::PURGED, record),
        Effect::Removed { target } => about(out, tag::REMOVED, target),
        Effect::Promoted { job } => about(out, tag::PROMOTED, job),
        Effect::Revived { job } => about(out, tag::REVIVED, job),
        Effect::JobAdvanced { job } => about(out, tag::SETTLED_JOB, job),
        Effect::StaleAck => out.push(tag::STALE_ACK),
        Effect::Paused => out.push(tag::PAUSED),
        Effect::Resumed => out.push(tag::RESUMED),
        Effect::Configured(ref settings) => {
            out.push(tag::CONFIGURED);
            put_settings(out, settings);
        }
        Effect::Advanced(Steps { jobs, forgotten }) => {
            out.push(tag::SETTLED);
            out.number(jobs.into());
            out.number(forgotten.into());
        }
        Effect::Scheduled { name, ref plan, next } => {
            out.push(tag::SCHEDULED);
            out.bytes(name);
            put_plan(out, plan);
            out.number(next);
        }
        Effect::Unscheduled { name } => {
            out.push(tag::UNSCHEDULED);
            out.bytes(name);
        }
        Effect::Ticked { name, at, next, fate } => {
            out.push(tag::TICKED);
            out.bytes(name);
            out.number(at);
            put_due(out, next);
            put_fate(out, fate);
        }
        Effect::ExpiryRuleSet { prefix, ref addition } => {
            out.push(tag::WATCHED);
            out.bytes(prefix);
            put_addition(out, addition);
        }
        Effect::ExpiryRuleRemoved { prefix } => {
            out.push(tag::UNWATCHED);
            out.bytes(prefix);
        }
        Effect::KeyExpired { prefix, heard } => {
            out.push(tag::HEARD);
            out.bytes(prefix);
            put_heard(out, heard);
        }
    }
}

/// An instant that is never 0 when it is there.
fn put_due(out: &mut Vec<u8>, due: Option<u64>) {
    out.number(due.unwrap_or(0));
}
