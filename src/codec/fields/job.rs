//! A job that is to be added, as bytes: in effects that add one, and in whatever adds one later (a rerun that is
//! set aside, a schedule, an expiry rule).
//!
//! ```text
//!   addition new job, on-dup, name of its batch maybe, 0 | 1 AFTER: name bytes | 2 AFTEROK: name bytes
//!   new job  payload bytes, start, dependency, priority signed, options, group, expires instant (never = no PX;
//!            else a span)
//!   on-dup   0 ignore | 1 replace | 2 rerun
//!   start    0 now | 1 after: number | 2 at: number
//! ```

use super::batch::{condition_code, decode_condition, decode_dependency, encode_dependency};
use super::options::{decode_group, decode_options, encode_group, encode_options};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{Addition, BatchRefs, NewJob, OnDup, Start, FOREVER};

pub(crate) fn encode_new_job(out: &mut Vec<u8>, new: &NewJob<'_>) {
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
    encode_dependency(out, new.after);
    out.signed(new.priority.into());
    encode_options(out, &new.options);
    encode_group(out, new.group);
    out.instant(new.expires.unwrap_or(FOREVER));
}

pub(crate) fn decode_new_job<'a>(from: &mut Decoder<'a>) -> Result<NewJob<'a>, DecodeError> {
    let payload = from.bytes()?;
    let start = match from.byte()? {
        0 => Start::Now,
        1 => Start::After(from.number()?),
        2 => Start::At(from.number()?),
        _ => return Err(DecodeError::Damaged("unknown start of a job")),
    };
    let after = decode_dependency(from)?;
    let priority =
        i32::try_from(from.signed()?).map_err(|_| DecodeError::Damaged("a priority is too large"))?;
    let (options, group) = (decode_options(from)?, decode_group(from)?);
    let expires = Some(from.instant()?).filter(|span| *span != FOREVER);
    Ok(NewJob { payload, start, after, priority, options, group, expires })
}

pub(crate) fn encode_addition(out: &mut Vec<u8>, addition: &Addition<'_>) {
    encode_new_job(out, &addition.job);
    out.push(match addition.on_dup {
        OnDup::Ignore => 0,
        OnDup::Replace => 1,
        OnDup::Rerun => 2,
    });
    out.optional(addition.batch_refs.batch);
    let Some((name, condition)) = addition.batch_refs.after else { return out.push(0) };
    out.push(condition_code(condition));
    out.bytes(name);
}

pub(crate) fn decode_addition<'a>(from: &mut Decoder<'a>) -> Result<Addition<'a>, DecodeError> {
    let job = decode_new_job(from)?;
    let on_dup = match from.byte()? {
        0 => OnDup::Ignore,
        1 => OnDup::Replace,
        2 => OnDup::Rerun,
        _ => return Err(DecodeError::Damaged("unknown choice")),
    };
    let batch = from.optional()?;
    let after = match decode_condition(from)? {
        None => None,
        Some(condition) => Some((from.bytes()?, condition)),
    };
    Ok(Addition { job, batch_refs: BatchRefs { batch, after }, on_dup })
}
