//! What happened elsewhere happens here: effects read back and done. What they look like is drawn in effects.rs.
//!
//! A blob is not trusted: an effect that can't be, on a job or batch that is not there or not in that state, is
//! refused before it does anything.

use super::effects::{tag, VERSION};
use super::parts::{read_addition, read_heard, read_maybe_batch, read_new_job, read_settings};
use super::schedules::{read_fate, read_plan};
use super::wire::Reader;
use super::DecodeError;
use crate::queue::schedules::{valid, LATEST_TICK};
use crate::queue::{
    may_be_told_at_once, valid_batch_name, valid_id, watch_is_sound, BatchNumber, Effect, NewJob, Queue,
    Steps, Target, MAX_WORKER,
};

/// Does the effects of a blob to `queue`.
pub(super) fn effects(queue: &mut Queue, blob: &[u8]) -> Result<(), DecodeError> {
    let mut from = Reader::new(blob);
    match from.byte()? {
        VERSION => {}
        version => return Err(DecodeError::Newer(version)),
    }
    let at = from.number()?;
    while !from.is_empty() {
        let effect = read_effect(&mut from, queue)?;
        queue.apply(&effect, at);
    }
    Ok(())
}

fn read_due(from: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// A job that belongs where the job it is to follow or replace does.
fn read_untied_job<'a>(from: &mut Reader<'a>) -> Result<NewJob<'a>, DecodeError> {
    let new = read_new_job(from)?;
    if new.recipe.batch.is_some() || new.after.is_some() {
        return Err(DecodeError::Damaged("a job with a batch of its own"));
    }
    Ok(new)
}

fn known(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    queue.batch_name(batch).map(|_| batch).ok_or(DecodeError::Diverged)
}

/// The name of a schedule that is there.
fn known_schedule<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let name = from.bytes()?;
    queue.schedules.get(name).map(|_| name).ok_or(DecodeError::Diverged)
}

fn read_effect<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let find = |from: &mut Reader<'a>| queue.unfinished_job(from.bytes()?).ok_or(DecodeError::Diverged);
    Ok(match from.byte()? {
        tag::ADDED => {
            let id = from.bytes()?;
            if !valid_id(id) {
                return Err(DecodeError::Damaged("an id that cannot be"));
            }
            let new = read_new_job(from)?;
            if !queue.fits_its_batches(&new) || queue.unfinished_job(id).is_some() {
                return Err(DecodeError::Diverged);
            }
            Effect::Added { id, new }
        }
        tag::REPLACED => Effect::Replaced { job: find(from)?, new: read_untied_job(from)? },
        tag::RERUN => Effect::Rerun { job: find(from)?, new: read_untied_job(from)? },
        tag::DUPLICATES => {
            let (count, batch) = (from.number()?, read_maybe_batch(from)?);
            if !may_be_told_at_once(count) {
                return Err(DecodeError::Damaged("refusals that cannot be"));
            }
            Effect::Duplicates { count, batch: batch.map(|batch| known(batch, queue)).transpose()? }
        }
        tag::BATCH_OPENED => {
            let name = from.bytes()?;
            if !valid_batch_name(name) || queue.find_batch(name).is_some() {
                return Err(DecodeError::Damaged("a batch that cannot be"));
            }
            Effect::BatchOpened { name }
        }
        tag::BATCH_SEALED => Effect::BatchSealed { batch: known(BatchNumber(from.number()?), queue)? },
        tag::BATCH_FORGOTTEN => {
            let batch = known(BatchNumber(from.number()?), queue)?;
            if !queue.may_be_forgotten(batch) {
                return Err(DecodeError::Diverged);
            }
            Effect::BatchForgotten { batch }
        }
        tag::CLAIMED => {
            let (job, token, worker) = (find(from)?, from.number()?, from.bytes()?);
            if !queue.may_be_claimed_with(token) || worker.is_empty() || worker.len() > MAX_WORKER {
                return Err(DecodeError::Damaged("a claim that cannot be"));
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
            Effect::Removed { target: queue.find(from.bytes()?).map(Target).ok_or(DecodeError::Diverged)? }
        }
        tag::PURGED => {
            Effect::Purged { record: queue.finished_job(from.bytes()?).ok_or(DecodeError::Diverged)? }
        }
        tag::PROMOTED => Effect::Promoted { job: find(from)? },
        tag::REVIVED => {
            Effect::Revived { job: queue.failed_job(from.bytes()?).ok_or(DecodeError::Diverged)? }
        }
        tag::SETTLED_JOB => Effect::JobAdvanced { job: find(from)? },
        tag::STALE_ACK => Effect::StaleAck,
        tag::PAUSED => Effect::Paused,
        tag::RESUMED => Effect::Resumed,
        tag::CONFIGURED => Effect::Configured(read_settings(from)?),
        tag::SETTLED => Effect::Advanced(Steps { jobs: from.small()?, forgotten: from.small()? }),
        tag::SCHEDULED => {
            let (name, plan, next) = (from.bytes()?, read_plan(from)?, from.number()?);
            if valid(name, &plan, next).is_none() {
                return Err(DecodeError::Damaged("a schedule that cannot be"));
            }
            Effect::Scheduled { name, plan, next }
        }
        tag::UNSCHEDULED => Effect::Unscheduled { name: known_schedule(from, queue)? },
        tag::TICKED => {
            let (name, at, next) = (known_schedule(from, queue)?, from.number()?, read_due(from)?);
            if at > LATEST_TICK || !queue.schedules.may_tick_next(name, next) {
                return Err(DecodeError::Damaged("a tick that cannot be"));
            }
            Effect::Ticked { name, at, next, fate: read_fate(from)? }
        }
        tag::WATCHED => read_watched(from)?,
        tag::UNWATCHED => Effect::ExpiryRuleRemoved { prefix: read_prefix(from, queue)? },
        tag::HEARD => Effect::KeyExpired { prefix: read_prefix(from, queue)?, heard: read_heard(from)? },
        _ => return Err(DecodeError::Damaged("unknown effect")),
    })
}

fn read_watched<'a>(from: &mut Reader<'a>) -> Result<Effect<'a>, DecodeError> {
    let (prefix, addition) = (from.bytes()?, read_addition(from)?);
    if !watch_is_sound(prefix, &addition) {
        return Err(DecodeError::Damaged("a prefix that cannot be"));
    }
    Ok(Effect::ExpiryRuleSet { prefix, addition })
}

/// A prefix that this queue listens for.
fn read_prefix<'a>(from: &mut Reader<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let prefix = from.bytes()?;
    let known = queue.expiries().has(prefix);
    known.then_some(prefix).ok_or(DecodeError::Diverged)
}
