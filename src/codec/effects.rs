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

use super::parts::{
    put_addition, put_heard, put_maybe_batch, put_new_job, put_settings, read_addition, read_heard,
    read_maybe_batch, read_new_job, read_settings,
};
use super::schedules::{put_fate, put_plan, read_fate, read_plan};
use super::wire::{Put, Reader};
use super::Refused;
use crate::queue::schedules::{valid, LATEST_TICK};
use crate::queue::{
    valid_batch_name, valid_id, watch_is_sound, BatchNumber, Effect, Journal, NewJob, Now, Queue, Settled,
    Target, MAX_WORKER,
};

/// The rules this module knows.
const VERSION: u8 = 1;

/// A blob is cut here: one command's effects may be many times what one argument can be.
const BLOB_BYTES: usize = 1 << 20;

/// A journal that writes blobs.
#[derive(Debug)]
pub struct Log {
    at: u64,
    full: Vec<Vec<u8>>,
    blob: Vec<u8>,
}

impl Log {
    /// For effects at `now`.
    #[must_use]
    pub fn new(now: Now) -> Self {
        Log { at: now.millis(), full: Vec::new(), blob: Vec::new() }
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

impl Journal for Log {
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

/// Does the effects of a blob to `queue`.
pub(super) fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), Refused> {
    let mut from = Reader::new(blob);
    match from.byte()? {
        VERSION => {}
        version => return Err(Refused::Newer(version)),
    }
    let at = from.number()?;
    while !from.is_empty() {
        let effect = read_effect(&mut from, queue)?;
        queue.apply(&effect, at);
    }
    Ok(())
}

/// The tags. Never reuse a number.
mod tag {
    pub(super) const ADDED: u8 = 1;
    pub(super) const REPLACED: u8 = 2;
    pub(super) const RERUN: u8 = 3;
    pub(super) const DUPLICATES: u8 = 4;
    pub(super) const CLAIMED: u8 = 5;
    pub(super) const LEASED: u8 = 6;
    pub(super) const PROGRESSED: u8 = 7;
    pub(super) const COMPLETED: u8 = 8;
    pub(super) const RETRIED: u8 = 9;
    pub(super) const FAILED: u8 = 10;
    pub(super) const RELEASED: u8 = 11;
    pub(super) const CANCELLED: u8 = 12;
    pub(super) const CANCEL_ASKED: u8 = 13;
    pub(super) const REMOVED: u8 = 14;
    pub(super) const PROMOTED: u8 = 15;
    pub(super) const REVIVED: u8 = 16;
    pub(super) const STALE_ACK: u8 = 17;
    pub(super) const PAUSED: u8 = 18;
    pub(super) const RESUMED: u8 = 19;
    pub(super) const CONFIGURED: u8 = 20;
    pub(super) const SETTLED: u8 = 21;
    pub(super) const SETTLED_JOB: u8 = 22;
    pub(super) const BATCH_OPENED: u8 = 23;
    pub(super) const BATCH_SEALED: u8 = 24;
    pub(super) const BATCH_FORGOTTEN: u8 = 25;
    pub(super) const SCHEDULED: u8 = 30;
    pub(super) const UNSCHEDULED: u8 = 31;
    pub(super) const TICKED: u8 = 32;
    pub(super) const WATCHED: u8 = 40;
    pub(super) const UNWATCHED: u8 = 41;
    pub(super) const HEARD: u8 = 42;
}

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
        Effect::Removed { target } => about(out, tag::REMOVED, target),
        Effect::Promoted { job } => about(out, tag::PROMOTED, job),
        Effect::Revived { job } => about(out, tag::REVIVED, job),
        Effect::SettledJob { job } => about(out, tag::SETTLED_JOB, job),
        Effect::StaleAck => out.push(tag::STALE_ACK),
        Effect::Paused => out.push(tag::PAUSED),
        Effect::Resumed => out.push(tag::RESUMED),
        Effect::Configured(ref settings) => {
            out.push(tag::CONFIGURED);
            put_settings(out, settings);
        }
        Effect::Settled(Settled { jobs, forgotten }) => {
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
        Effect::Watched { prefix, ref addition } => {
            out.push(tag::WATCHED);
            out.bytes(prefix);
            put_addition(out, addition);
        }
        Effect::Unwatched { prefix } => {
            out.push(tag::UNWATCHED);
            out.bytes(prefix);
        }
        Effect::Heard { prefix, heard } => {
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

fn read_due(from: &mut Reader<'_>) -> Result<Option<u64>, Refused> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// A job that belongs where the job it is to follow or replace does.
fn read_untied_job<'a>(from: &mut Reader<'a>) -> Result<NewJob<'a>, Refused> {
    let new = read_new_job(from)?;
    if new.recipe.batch.is_some() || new.after.is_some() {
        return Err(Refused::Damaged("a job with a batch of its own"));
    }
    Ok(new)
}

fn known(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, Refused> {
    queue.batch_name(batch).map(|_| batch).ok_or(Refused::Diverged)
}

/// The name of a schedule that is there.
fn known_schedule<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<&'a [u8], Refused> {
    let name = from.bytes()?;
    queue.schedules.get(name).map(|_| name).ok_or(Refused::Diverged)
}

fn read_effect<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<Effect<'a>, Refused> {
    let find = |from: &mut Reader<'a>| queue.unfinished_job(from.bytes()?).ok_or(Refused::Diverged);
    Ok(match from.byte()? {
        tag::ADDED => {
            let id = from.bytes()?;
            if !valid_id(id) {
                return Err(Refused::Damaged("an id that cannot be"));
            }
            let new = read_new_job(from)?;
            if !queue.knows_batches_of(&new) || queue.unfinished_job(id).is_some() {
                return Err(Refused::Diverged);
            }
            Effect::Added { id, new }
        }
        tag::REPLACED => Effect::Replaced { job: find(from)?, new: read_untied_job(from)? },
        tag::RERUN => Effect::Rerun { job: find(from)?, new: read_untied_job(from)? },
        tag::DUPLICATES => Effect::Duplicates {
            count: from.number()?,
            batch: match read_maybe_batch(from)? {
                None => None,
                Some(batch) => Some(known(batch, queue)?),
            },
        },
        tag::BATCH_OPENED => {
            let name = from.bytes()?;
            if !valid_batch_name(name) || queue.find_batch(name).is_some() {
                return Err(Refused::Damaged("a batch that cannot be"));
            }
            Effect::BatchOpened { name }
        }
        tag::BATCH_SEALED => Effect::BatchSealed { batch: known(BatchNumber(from.number()?), queue)? },
        tag::BATCH_FORGOTTEN => {
            let batch = known(BatchNumber(from.number()?), queue)?;
            if !queue.may_be_forgotten(batch) {
                return Err(Refused::Diverged);
            }
            Effect::BatchForgotten { batch }
        }
        tag::CLAIMED => {
            let (job, token, worker) = (find(from)?, from.number()?, from.bytes()?);
            if !queue.may_be_claimed_with(token) || worker.is_empty() || worker.len() > MAX_WORKER {
                return Err(Refused::Damaged("a claim that cannot be"));
            }
            Effect::Claimed { job, token, worker, lease_until: from.number()? }
        }
        tag::LEASED => Effect::Leased { job: find(from)?, lease_until: from.number()? },
        tag::PROGRESSED => Effect::Progressed { job: find(from)?, data: from.bytes()? },
        tag::COMPLETED => Effect::Completed { job: find(from)?, result: from.maybe()? },
        tag::RETRIED => Effect::Retried { job: find(from)?, due: read_due(from)?, error: from.maybe()? },
        tag::FAILED => Effect::Failed { job: find(from)?, error: from.maybe()? },
        tag::RELEASED => Effect::Released { job: find(from)?, due: read_due(from)? },
        tag::CANCELLED => Effect::Cancelled { job: find(from)? },
        tag::CANCEL_ASKED => Effect::CancelAsked { job: find(from)? },
        tag::REMOVED => {
            Effect::Removed { target: queue.find(from.bytes()?).map(Target).ok_or(Refused::Diverged)? }
        }
        tag::PROMOTED => Effect::Promoted { job: find(from)? },
        tag::REVIVED => Effect::Revived { job: queue.failed_job(from.bytes()?).ok_or(Refused::Diverged)? },
        tag::SETTLED_JOB => Effect::SettledJob { job: find(from)? },
        tag::STALE_ACK => Effect::StaleAck,
        tag::PAUSED => Effect::Paused,
        tag::RESUMED => Effect::Resumed,
        tag::CONFIGURED => Effect::Configured(read_settings(from)?),
        tag::SETTLED => Effect::Settled(Settled { jobs: from.small()?, forgotten: from.small()? }),
        tag::SCHEDULED => {
            let (name, plan, next) = (from.bytes()?, read_plan(from)?, from.number()?);
            if valid(name, &plan, next).is_none() {
                return Err(Refused::Damaged("a schedule that cannot be"));
            }
            Effect::Scheduled { name, plan, next }
        }
        tag::UNSCHEDULED => Effect::Unscheduled { name: known_schedule(from, queue)? },
        tag::TICKED => {
            let (name, at, next) = (known_schedule(from, queue)?, from.number()?, read_due(from)?);
            if at > LATEST_TICK || !queue.schedules.may_tick_next(name, next) {
                return Err(Refused::Damaged("a tick that cannot be"));
            }
            Effect::Ticked { name, at, next, fate: read_fate(from)? }
        }
        tag::WATCHED => read_watched(from)?,
        tag::UNWATCHED => Effect::Unwatched { prefix: read_prefix(from, queue)? },
        tag::HEARD => Effect::Heard { prefix: read_prefix(from, queue)?, heard: read_heard(from)? },
        _ => return Err(Refused::Damaged("unknown effect")),
    })
}

fn read_watched<'a>(from: &mut Reader<'a>) -> Result<Effect<'a>, Refused> {
    let (prefix, addition) = (from.bytes()?, read_addition(from)?);
    if !watch_is_sound(prefix, &addition) {
        return Err(Refused::Damaged("a prefix that cannot be"));
    }
    Ok(Effect::Watched { prefix, addition })
}

/// A prefix that this queue listens for.
fn read_prefix<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<&'a [u8], Refused> {
    let prefix = from.bytes()?;
    let known = queue.expiries().has(prefix);
    known.then_some(prefix).ok_or(Refused::Diverged)
}
