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

use super::parts::{put_new_job, put_settings, read_new_job, read_settings};
use super::wire::{Put, Reader};
use super::Refused;
use crate::queue::{
    valid_batch_name, valid_id, BatchNumber, Effect, Journal, NewJob, Now, Queue, Settled, Target, MAX_WORKER,
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
    pub(super) const DUPLICATE: u8 = 4;
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
        Effect::Duplicate { batch } => {
            out.push(tag::DUPLICATE);
            // The number after it, so that none is 0.
            out.number(batch.map_or(0, |batch| batch.0 + 1));
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

fn known_batch(number: u64, queue: &Queue) -> Result<BatchNumber, Refused> {
    let number = BatchNumber(number);
    queue.batch_name(number).map(|_| number).ok_or(Refused::Diverged)
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
        tag::DUPLICATE => Effect::Duplicate {
            batch: match from.number()?.checked_sub(1) {
                None => None,
                Some(number) => Some(known_batch(number, queue)?),
            },
        },
        tag::BATCH_OPENED => {
            let name = from.bytes()?;
            if !valid_batch_name(name) || queue.find_batch(name).is_some() {
                return Err(Refused::Damaged("a batch that cannot be"));
            }
            Effect::BatchOpened { name }
        }
        tag::BATCH_SEALED => Effect::BatchSealed { batch: known_batch(from.number()?, queue)? },
        tag::BATCH_FORGOTTEN => {
            let batch = known_batch(from.number()?, queue)?;
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
        _ => return Err(Refused::Damaged("unknown effect")),
    })
}
