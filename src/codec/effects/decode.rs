//! Decoding: a journal that was written elsewhere is read back and applied.
//!
//! A blob is not trusted. An effect that cannot be, or that is about a job or batch that is not there or not in that
//! state, is refused before it changes anything.

use super::{tag, VERSION};
use crate::codec::fields::batch::decode_optional_batch;
use crate::codec::fields::job::{decode_add_request, decode_job_spec, decode_job_without_batches};
use crate::codec::fields::outcome::{decode_expiry_outcome, decode_tick_outcome};
use crate::codec::fields::schedule::decode_plan;
use crate::codec::fields::settings::decode_settings;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::schedules::{valid_schedule, LATEST_TICK};
use crate::queue::{
    is_valid_rule, plausible_duplicates, valid_batch_name, valid_id, BatchNumber, Effect, Handle, JobEffect,
    Queue, Steps, MAX_WORKER,
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

fn decode_effect<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    match from.byte()? {
        tag::ADDED => decode_added(from, queue),
        tag::REPLACED => {
            on_job(from, queue, |from| Ok(JobEffect::Replaced { by: decode_job_without_batches(from)? }))
        }
        tag::RERUN => {
            on_job(from, queue, |from| Ok(JobEffect::Rerun { next: decode_job_without_batches(from)? }))
        }
        tag::DUPLICATES => decode_duplicates(from, queue),
        tag::CLAIMED => decode_claimed(from, queue),
        tag::LEASED => on_job(from, queue, |from| Ok(JobEffect::Leased { lease_until: from.number()? })),
        tag::PROGRESSED => on_job(from, queue, |from| Ok(JobEffect::Progressed { data: from.bytes()? })),
        tag::COMPLETED => on_job(from, queue, |from| Ok(JobEffect::Completed { result: from.optional()? })),
        tag::RETRIED => on_job(from, queue, |from| {
            Ok(JobEffect::Retried { due: decode_due(from)?, error: from.optional()? })
        }),
        tag::FAILED => on_job(from, queue, |from| Ok(JobEffect::Failed { error: from.optional()? })),
        tag::RELEASED => on_job(from, queue, |from| Ok(JobEffect::Released { due: decode_due(from)? })),
        tag::CANCELLED => on_job(from, queue, |_| Ok(JobEffect::Cancelled)),
        tag::CANCEL_REQUESTED => on_job(from, queue, |_| Ok(JobEffect::CancelRequested)),
        tag::REMOVED => {
            let entry = queue.find(from.bytes()?).ok_or(DecodeError::Diverged)?;
            Ok(Effect::Removed { entry })
        }
        tag::PROMOTED => on_job(from, queue, |_| Ok(JobEffect::Promoted)),
        tag::REVIVED => {
            let job = queue.failed_job(from.bytes()?).ok_or(DecodeError::Diverged)?;
            Ok(Effect::Job { job, change: JobEffect::Revived })
        }
        tag::STALE_ACK => Ok(Effect::StaleAck),
        tag::PAUSED => Ok(Effect::Paused),
        tag::RESUMED => Ok(Effect::Resumed),
        tag::CONFIGURED => Ok(Effect::Configured(decode_settings(from)?)),
        tag::ADVANCED => {
            Ok(Effect::Advanced(Steps { jobs: from.number_as()?, forgotten: from.number_as()? }))
        }
        tag::JOB_ADVANCED => on_job(from, queue, |_| Ok(JobEffect::Advanced)),
        tag::BATCH_OPENED => decode_batch_opened(from, queue),
        tag::BATCH_SEALED => Ok(Effect::BatchSealed { batch: decode_known_batch(from, queue)? }),
        tag::BATCH_FORGOTTEN => {
            let batch = decode_known_batch(from, queue)?;
            if !queue.may_be_forgotten(batch) {
                return Err(DecodeError::Diverged);
            }
            Ok(Effect::BatchForgotten { batch })
        }
        tag::SCHEDULED => decode_scheduled(from),
        tag::UNSCHEDULED => Ok(Effect::Unscheduled { name: decode_known_schedule(from, queue)? }),
        tag::TICKED => decode_ticked(from, queue),
        tag::EXPIRY_RULE_SET => decode_expiry_rule_set(from),
        tag::EXPIRY_RULE_REMOVED => {
            Ok(Effect::ExpiryRuleRemoved { prefix: decode_known_prefix(from, queue)? })
        }
        tag::KEY_EXPIRED => Ok(Effect::KeyExpired {
            prefix: decode_known_prefix(from, queue)?,
            outcome: decode_expiry_outcome(from)?,
        }),
        tag::PURGED => {
            let record = queue.finished_job(from.bytes()?).ok_or(DecodeError::Diverged)?;
            Ok(Effect::Purged { record })
        }
        _ => Err(DecodeError::Damaged("unknown effect")),
    }
}

/// An effect on a job that is not finished: its id, then the fields that `decode` reads.
fn on_job<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    decode: fn(&mut Decoder<'a>) -> Result<JobEffect<'a>, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let job = decode_unfinished_job(from, queue)?;
    Ok(Effect::Job { job, change: decode(from)? })
}

fn decode_added<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let id = from.bytes()?;
    if !valid_id(id) {
        return Err(DecodeError::Damaged("an id that cannot be"));
    }
    let (job, batches) = decode_job_spec(from)?;
    if !queue.has_batches(&batches) || queue.unfinished_job(id).is_some() {
        return Err(DecodeError::Diverged);
    }
    Ok(Effect::Added { id, job, batches })
}

fn decode_duplicates<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (count, batch) = (from.number()?, decode_optional_batch(from)?);
    if !plausible_duplicates(count) {
        return Err(DecodeError::Damaged("refusals that cannot be"));
    }
    Ok(Effect::Duplicates { count, batch: batch.map(|batch| known_batch(batch, queue)).transpose()? })
}

fn decode_claimed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (job, token, worker) = (decode_unfinished_job(from, queue)?, from.number()?, from.bytes()?);
    if !queue.may_be_claimed_with(token) || worker.is_empty() || worker.len() > MAX_WORKER {
        return Err(DecodeError::Damaged("a claim that cannot be"));
    }
    Ok(Effect::Job { job, change: JobEffect::Claimed { token, worker, lease_until: from.number()? } })
}

fn decode_batch_opened<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let name = from.bytes()?;
    if !valid_batch_name(name) || queue.find_batch(name).is_some() {
        return Err(DecodeError::Damaged("a batch that cannot be"));
    }
    Ok(Effect::BatchOpened { name })
}

fn decode_scheduled<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (name, plan, next) = (from.bytes()?, decode_plan(from)?, from.number()?);
    if valid_schedule(name, &plan, next).is_none() {
        return Err(DecodeError::Damaged("a schedule that cannot be"));
    }
    Ok(Effect::Scheduled { name, plan, next })
}

fn decode_ticked<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (name, at, next) = (decode_known_schedule(from, queue)?, from.number()?, decode_due(from)?);
    if at > LATEST_TICK || !queue.may_tick_next(name, next) {
        return Err(DecodeError::Damaged("a tick that cannot be"));
    }
    Ok(Effect::Ticked { name, at, next, outcome: decode_tick_outcome(from)? })
}

fn decode_expiry_rule_set<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (prefix, request) = (from.bytes()?, decode_add_request(from)?);
    if !is_valid_rule(prefix, &request) {
        return Err(DecodeError::Damaged("a prefix that cannot be"));
    }
    Ok(Effect::ExpiryRuleSet { prefix, request })
}

fn decode_due(from: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// The job of an id, which must be there and not finished.
fn decode_unfinished_job(from: &mut Decoder<'_>, queue: &Queue) -> Result<Handle, DecodeError> {
    queue.unfinished_job(from.bytes()?).ok_or(DecodeError::Diverged)
}

fn decode_known_batch(from: &mut Decoder<'_>, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    known_batch(BatchNumber(from.number()?), queue)
}

/// `batch`, if this queue has it.
fn known_batch(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    queue.batch_name(batch).map(|_| batch).ok_or(DecodeError::Diverged)
}

/// The name of a schedule that this queue has.
fn decode_known_schedule<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let name = from.bytes()?;
    queue.schedule(name).map(|_| name).ok_or(DecodeError::Diverged)
}

/// A prefix for which this queue has an expiry rule.
fn decode_known_prefix<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<&'a [u8], DecodeError> {
    let prefix = from.bytes()?;
    let known = queue.expiry_rules().has(prefix);
    known.then_some(prefix).ok_or(DecodeError::Diverged)
}
