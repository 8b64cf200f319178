//! Decoding: a journal that was written elsewhere is read back and applied.
//!
//! A blob is not trusted. An effect that cannot be, or that is about a job or batch that is not there or not in that
//! state, is refused before it changes anything.

use super::{tag, VERSION};
use crate::codec::fields::batch::decode_optional_batch;
use crate::codec::fields::job::{decode_addition, decode_new_job};
use crate::codec::fields::outcome::{decode_expiry_outcome, decode_tick_outcome};
use crate::codec::fields::schedule::decode_plan;
use crate::codec::fields::settings::decode_settings;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::schedules::{valid, LATEST_TICK};
use crate::queue::{
    may_be_told_at_once, valid_batch_name, valid_id, watch_is_sound, BatchNumber, Effect, NewJob, Queue,
    Steps, Target, MAX_WORKER,
};

/// Applies the effects of a blob to `queue`.
pub(in crate::codec) fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), DecodeError> {
    let mut from = Decoder::new(blob);
    match from.byte()? {
        VERSION => {}
        version => return Err(DecodeError::Newer(version)),
    }
    let at = from.number()?;
    while !from.is_empty() {
        let effect = decode_effect(&mut from, queue)?;
        queue.apply(&effect, at);
    }
    Ok(())
}

fn decode_due(from: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// A job that belongs to no batch of its own: it follows or replaces one, and stays where that one is.
fn decode_job_without_batches<'a>(from: &mut Decoder<'a>) -> Result<NewJob<'a>, DecodeError> {
    let new = decode_new_job(from)?;
    if new.recipe.batch.is_some() || new.after.is_some() {
        return Err(DecodeError::Damaged("a job with a batch of its own"));
    }
    Ok(new)
}

/// `batch`, if this queue has it.
fn known_batch(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    queue.batch_name(batch).map(|_| batch).ok_or(DecodeError::Diverged)
}

/// The name of a schedule that this queue has.
fn known_schedule<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let name = from.bytes()?;
    queue.schedules.get(name).map(|_| name).ok_or(DecodeError::Diverged)
}

fn decode_effect<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let find = |from: &mut Decoder<'a>| queue.unfinished_job(from.bytes()?).ok_or(DecodeError::Diverged);
    Ok(match from.byte()? {
        tag::ADDED => {
            let id = from.bytes()?;
            if !valid_id(id) {
                return Err(DecodeError::Damaged("an id that cannot be"));
            }
            let new = decode_new_job(from)?;
            if !queue.fits_its_batches(&new) || queue.unfinished_job(id).is_some() {
                return Err(DecodeError::Diverged);
            }
            Effect::Added { id, new }
        }
        tag::REPLACED => Effect::Replaced { job: find(from)?, new: decode_job_without_batches(from)? },
        tag::RERUN => Effect::Rerun { job: find(from)?, new: decode_job_without_batches(from)? },
        tag::DUPLICATES => {
            let (count, batch) = (from.number()?, decode_optional_batch(from)?);
            if !may_be_told_at_once(count) {
                return Err(DecodeError::Damaged("refusals that cannot be"));
            }
            Effect::Duplicates { count, batch: batch.map(|batch| known_batch(batch, queue)).transpose()? }
        }
        tag::BATCH_OPENED => {
            let name = from.bytes()?;
            if !valid_batch_name(name) || queue.find_batch(name).is_some() {
                return Err(DecodeError::Damaged("a batch that cannot be"));
            }
            Effect::BatchOpened { name }
        }
        tag::BATCH_SEALED => Effect::BatchSealed { batch: known_batch(BatchNumber(from.number()?), queue)? },
        tag::BATCH_FORGOTTEN => {
            let batch = known_batch(BatchNumber(from.number()?), queue)?;
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
        tag::COMPLETED => Effect::Completed { job: find(from)?, result: from.optional()? },
        tag::RETRIED => Effect::Retried { job: find(from)?, due: decode_due(from)?, error: from.optional()? },
        tag::FAILED => Effect::Failed { job: find(from)?, error: from.optional()? },
        tag::RELEASED => Effect::Released { job: find(from)?, due: decode_due(from)? },
        tag::CANCELLED => Effect::Cancelled { job: find(from)? },
        tag::CANCEL_REQUESTED => Effect::CancelAsked { job: find(from)? },
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
        tag::JOB_ADVANCED => Effect::JobAdvanced { job: find(from)? },
        tag::STALE_ACK => Effect::StaleAck,
        tag::PAUSED => Effect::Paused,
        tag::RESUMED => Effect::Resumed,
        tag::CONFIGURED => Effect::Configured(decode_settings(from)?),
        tag::ADVANCED => Effect::Advanced(Steps { jobs: from.number_as()?, forgotten: from.number_as()? }),
        tag::SCHEDULED => {
            let (name, plan, next) = (from.bytes()?, decode_plan(from)?, from.number()?);
            if valid(name, &plan, next).is_none() {
                return Err(DecodeError::Damaged("a schedule that cannot be"));
            }
            Effect::Scheduled { name, plan, next }
        }
        tag::UNSCHEDULED => Effect::Unscheduled { name: known_schedule(from, queue)? },
        tag::TICKED => {
            let (name, at, next) = (known_schedule(from, queue)?, from.number()?, decode_due(from)?);
            if at > LATEST_TICK || !queue.schedules.may_tick_next(name, next) {
                return Err(DecodeError::Damaged("a tick that cannot be"));
            }
            Effect::Ticked { name, at, next, fate: decode_tick_outcome(from)? }
        }
        tag::EXPIRY_RULE_SET => decode_expiry_rule_set(from)?,
        tag::EXPIRY_RULE_REMOVED => Effect::ExpiryRuleRemoved { prefix: decode_prefix(from, queue)? },
        tag::KEY_EXPIRED => {
            Effect::KeyExpired { prefix: decode_prefix(from, queue)?, heard: decode_expiry_outcome(from)? }
        }
        _ => return Err(DecodeError::Damaged("unknown effect")),
    })
}

fn decode_expiry_rule_set<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (prefix, addition) = (from.bytes()?, decode_addition(from)?);
    if !watch_is_sound(prefix, &addition) {
        return Err(DecodeError::Damaged("a prefix that cannot be"));
    }
    Ok(Effect::ExpiryRuleSet { prefix, addition })
}

/// A prefix for which this queue has an expiry rule.
fn decode_prefix<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let prefix = from.bytes()?;
    let known = queue.expiries().has(prefix);
    known.then_some(prefix).ok_or(DecodeError::Diverged)
}
