//! The parts that effects and snapshots share.
//!
//! ```text
//!   recipe   flags (1 attempts, 2 fixed backoff, 4 exponential backoff, 8 dedup, 16 keep, 32 batch), then what is
//!            flagged: attempts number, backoff number, dedup instant, keep instant, number of the batch
//!   start    0 now | 1 after: number | 2 at: number
//!   after    0 nothing | 1 a batch to finish: number of the batch | 2 one to be all completed: number
//!   maybe-batch  number of the batch + 1; 0 = none
//!   group    bytes, none = ""
//!   rate     max number, 0 = no rate; else ms number
//!   bucket   rate; if there is one: missing, at numbers
//!   new job  payload bytes, start, after, priority signed, recipe, group, expires instant (never = no PX; else a span)
//!   addition new job, on-dup, name of its batch maybe, 0 | 1 AFTER: name bytes | 2 AFTEROK: name bytes
//!   on-dup   0 ignore | 1 replace | 2 rerun
//!   heard    0 enqueued | 1 coalesced | 2 dropped
//!   settings lease, attempts, backoff kind (0 fixed, 1 exponential) and ms, max-backoff, jitter, max-losses numbers;
//!            dedup-window instant, max-ids number, keep-completed instant, its max number, keep-failed instant, its
//!            max number, keep-batches instant, max-jobs, concurrency numbers, rate, group-concurrency number, group-rate
//! ```

use super::wire::{Put, Reader};
use super::DecodeError;
use crate::queue::{
    valid_group, Addition, After, Backoff, BatchNumber, BatchRefs, Bucket, ExpiryOutcome, Gate, JobOptions,
    NewJob, OnDup, Rate, Settings, Start, FOREVER,
};

pub(crate) fn put_recipe(out: &mut Vec<u8>, recipe: &JobOptions) {
    let flags = u8::from(recipe.attempts.is_some())
        | match recipe.backoff {
            None => 0,
            Some(Backoff::Fixed(_)) => 2,
            Some(Backoff::Exponential(_)) => 4,
        }
        | u8::from(recipe.dedup.is_some()) << 3
        | u8::from(recipe.keep.is_some()) << 4
        | u8::from(recipe.batch.is_some()) << 5;
    out.push(flags);
    if let Some(attempts) = recipe.attempts {
        out.number(attempts.into());
    }
    if let Some(Backoff::Fixed(ms) | Backoff::Exponential(ms)) = recipe.backoff {
        out.number(ms);
    }
    for span in [recipe.dedup, recipe.keep].into_iter().flatten() {
        out.instant(span);
    }
    if let Some(batch) = recipe.batch {
        out.number(batch.0);
    }
}

pub(crate) fn read_recipe(from: &mut Reader<'_>) -> Result<JobOptions, DecodeError> {
    let flags = from.byte()?;
    if flags >= 64 || flags & 6 == 6 {
        return Err(DecodeError::Damaged("unknown job options"));
    }
    Ok(JobOptions {
        attempts: if flags & 1 == 0 { None } else { Some(from.small()?) },
        backoff: match flags & 6 {
            0 => None,
            2 => Some(Backoff::Fixed(from.number()?)),
            _ => Some(Backoff::Exponential(from.number()?)),
        },
        dedup: if flags & 8 == 0 { None } else { Some(from.instant()?) },
        keep: if flags & 16 == 0 { None } else { Some(from.instant()?) },
        batch: if flags & 32 == 0 { None } else { Some(BatchNumber(from.number()?)) },
    })
}

pub(crate) fn put_group(out: &mut Vec<u8>, group: Option<&[u8]>) {
    out.bytes(group.unwrap_or_default());
}

pub(crate) fn read_group<'a>(from: &mut Reader<'a>) -> Result<Option<&'a [u8]>, DecodeError> {
    match from.bytes()? {
        b"" => Ok(None),
        name if valid_group(name) => Ok(Some(name)),
        _ => Err(DecodeError::Damaged("the name of a group is too long")),
    }
}

fn put_rate(out: &mut Vec<u8>, rate: Option<Rate>) {
    out.number(rate.map_or(0, |rate| rate.max));
    if let Some(rate) = rate {
        out.number(rate.ms);
    }
}

fn read_rate(from: &mut Reader<'_>) -> Result<Option<Rate>, DecodeError> {
    match from.number()? {
        0 => Ok(None),
        max => Rate::new(max, from.number()?).map(Some).ok_or(DecodeError::Damaged("a rate that cannot be")),
    }
}

pub(crate) fn put_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    put_rate(out, bucket.rate);
    if bucket.rate.is_some() {
        out.number(bucket.missing);
        out.number(bucket.at);
    }
}

pub(crate) fn read_bucket(from: &mut Reader<'_>) -> Result<Bucket, DecodeError> {
    match read_rate(from)? {
        None => Ok(Bucket::default()),
        rate => Ok(Bucket { rate, missing: from.number()?, at: from.number()? }),
    }
}

pub(crate) fn put_new_job(out: &mut Vec<u8>, new: &NewJob<'_>) {
    out.bytes(new.payload);
    match new.start {
        Start::Now => out.push(0),
        Start::After(ms) => {
            out.push(1);
            out.number(ms);
        }
        Start::At(instant) => {
            out.push(2);
            out.number(instant);
        }
    }
    put_after(out, new.after);
    out.signed(new.priority.into());
    put_recipe(out, &new.recipe);
    put_group(out, new.group);
    out.instant(new.expires.unwrap_or(FOREVER));
}

pub(crate) fn put_after(out: &mut Vec<u8>, after: Option<After>) {
    let Some(After { batch, gate }) = after else { return out.push(0) };
    out.push(gate_code(gate));
    out.number(batch.0);
}

fn gate_code(gate: Gate) -> u8 {
    match gate {
        Gate::Finished => 1,
        Gate::Completed => 2,
    }
}

fn read_gate(from: &mut Reader<'_>) -> Result<Option<Gate>, DecodeError> {
    Ok(match from.byte()? {
        0 => None,
        1 => Some(Gate::Finished),
        2 => Some(Gate::Completed),
        _ => return Err(DecodeError::Damaged("unknown gate of a batch")),
    })
}

pub(crate) fn read_after(from: &mut Reader<'_>) -> Result<Option<After>, DecodeError> {
    Ok(match read_gate(from)? {
        None => None,
        Some(gate) => Some(After { batch: BatchNumber(from.number()?), gate }),
    })
}

/// The number after it, so that none is 0.
pub(crate) fn put_maybe_batch(out: &mut Vec<u8>, batch: Option<BatchNumber>) {
    out.number(batch.map_or(0, |batch| batch.0.saturating_add(1)));
}

pub(crate) fn read_maybe_batch(from: &mut Reader<'_>) -> Result<Option<BatchNumber>, DecodeError> {
    Ok(from.number()?.checked_sub(1).map(BatchNumber))
}

pub(crate) fn read_new_job<'a>(from: &mut Reader<'a>) -> Result<NewJob<'a>, DecodeError> {
    let payload = from.bytes()?;
    let start = match from.byte()? {
        0 => Start::Now,
        1 => Start::After(from.number()?),
        2 => Start::At(from.number()?),
        _ => return Err(DecodeError::Damaged("unknown start of a job")),
    };
    let after = read_after(from)?;
    let priority =
        i32::try_from(from.signed()?).map_err(|_| DecodeError::Damaged("a priority is too large"))?;
    let (recipe, group) = (read_recipe(from)?, read_group(from)?);
    let expires = Some(from.instant()?).filter(|span| *span != FOREVER);
    Ok(NewJob { payload, start, after, priority, recipe, group, expires })
}

/// An on-dup is its place in this table.
const ON_DUPS: [OnDup; 3] = [OnDup::Ignore, OnDup::Replace, OnDup::Rerun];
/// The same for what was heard.
const HEARDS: [ExpiryOutcome; 3] =
    [ExpiryOutcome::Enqueued, ExpiryOutcome::Coalesced, ExpiryOutcome::Dropped];

pub(crate) fn put_addition(out: &mut Vec<u8>, addition: &Addition<'_>) {
    put_new_job(out, &addition.job);
    put_choice(out, &ON_DUPS, addition.on_dup);
    out.maybe(addition.batch_refs.batch);
    let Some((name, gate)) = addition.batch_refs.after else { return out.push(0) };
    out.push(gate_code(gate));
    out.bytes(name);
}

pub(crate) fn read_addition<'a>(from: &mut Reader<'a>) -> Result<Addition<'a>, DecodeError> {
    let (job, on_dup) = (read_new_job(from)?, read_choice(from, &ON_DUPS)?);
    let batch = from.maybe()?;
    let after = match read_gate(from)? {
        None => None,
        Some(gate) => Some((from.bytes()?, gate)),
    };
    Ok(Addition { job, batch_refs: BatchRefs { batch, after }, on_dup })
}

pub(crate) fn put_heard(out: &mut Vec<u8>, heard: ExpiryOutcome) {
    put_choice(out, &HEARDS, heard);
}

pub(crate) fn read_heard(from: &mut Reader<'_>) -> Result<ExpiryOutcome, DecodeError> {
    read_choice(from, &HEARDS)
}

fn put_choice<T: Copy + PartialEq>(out: &mut Vec<u8>, choices: &[T], chosen: T) {
    out.extend((0u8..).zip(choices).find(|(_, choice)| **choice == chosen).map(|(code, _)| code));
}

fn read_choice<T: Copy>(from: &mut Reader<'_>, choices: &[T]) -> Result<T, DecodeError> {
    choices.get(usize::from(from.byte()?)).copied().ok_or(DecodeError::Damaged("unknown choice"))
}

pub(crate) fn put_settings(out: &mut Vec<u8>, settings: &Settings) {
    let (kind, ms) = match settings.backoff {
        Backoff::Fixed(ms) => (0, ms),
        Backoff::Exponential(ms) => (1, ms),
    };
    out.number(settings.lease);
    out.number(settings.attempts.into());
    out.push(kind);
    out.number(ms);
    out.number(settings.max_backoff);
    out.number(settings.jitter.into());
    out.number(settings.max_losses.into());
    out.instant(settings.dedup_window);
    out.number(settings.max_ids);
    out.instant(settings.keep_completed);
    out.number(settings.keep_completed_max);
    out.instant(settings.keep_failed);
    out.number(settings.keep_failed_max);
    out.instant(settings.keep_batches);
    out.number(settings.max_jobs);
    out.number(settings.concurrency);
    put_rate(out, settings.rate);
    out.number(settings.group_concurrency);
    put_rate(out, settings.group_rate);
}

pub(crate) fn read_settings(from: &mut Reader<'_>) -> Result<Settings, DecodeError> {
    Ok(Settings {
        lease: from.number()?,
        attempts: from.small()?,
        backoff: match (from.byte()?, from.number()?) {
            (0, ms) => Backoff::Fixed(ms),
            (1, ms) => Backoff::Exponential(ms),
            _ => return Err(DecodeError::Damaged("unknown backoff")),
        },
        max_backoff: from.number()?,
        jitter: from.small()?,
        max_losses: from.small()?,
        dedup_window: from.instant()?,
        max_ids: from.number()?,
        keep_completed: from.instant()?,
        keep_completed_max: from.number()?,
        keep_failed: from.instant()?,
        keep_failed_max: from.number()?,
        keep_batches: from.instant()?,
        max_jobs: from.number()?,
        concurrency: from.number()?,
        rate: read_rate(from)?,
        group_concurrency: from.number()?,
        group_rate: read_rate(from)?,
    })
}
