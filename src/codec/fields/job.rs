//! A job that is to be added, as bytes: in effects that add one, and in whatever adds one later (a rerun that is
//! set aside, a schedule, an expiry rule).
//!
//! ```text
//!   add request  job, on-dup, name of its batch maybe, 0 | 1 AFTER: name bytes | 2 AFTEROK: name bytes; the job itself
//!                refers to no batch
//!   job          payload bytes, start, dependency, priority signed, options, group, expires instant (never = no PX;
//!                else a span)
//!   on-dup       0 ignore | 1 replace | 2 rerun
//!   start        0 now | 1 after: number | 2 at: number
//! ```
//!
//! A job holds its batches by number, an add request by name: their numbers are found when the job is added.

use super::batch::{condition_code, decode_condition, decode_dependency, encode_dependency};
use super::options::{decode_group, decode_options, encode_group, encode_options};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{AddRequest, BatchNumber, BatchRefs, Dependency, JobSpec, OnDup, Start, FOREVER};

pub(crate) fn encode_job_spec(out: &mut Vec<u8>, job: &JobSpec<&[u8]>, batches: &BatchRefs<BatchNumber>) {
    out.bytes(job.payload);
    match job.start {
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
    encode_dependency(out, batches.after);
    out.signed(job.priority.into());
    encode_options(out, &job.options, batches.batch);
    encode_group(out, job.group);
    out.instant(job.expires.unwrap_or(FOREVER));
}

/// Reads a job and its batches.
#[allow(clippy::type_complexity, reason = "a pair of what the encoder takes")]
pub(crate) fn decode_job_spec<'a>(
    from: &mut Decoder<'a>,
) -> Result<(JobSpec<&'a [u8]>, BatchRefs<BatchNumber>), DecodeError> {
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
    let ((options, batch), group) = (decode_options(from)?, decode_group(from)?);
    let expires = Some(from.instant()?).filter(|span| *span != FOREVER);
    let job = JobSpec { payload, start, priority, options, group, expires };
    Ok((job, BatchRefs { batch, after }))
}

/// Reads a job that refers to no batch: it follows or replaces another one and stays where that one is, or it is not
/// added yet.
pub(crate) fn decode_job_without_batches<'a>(
    from: &mut Decoder<'a>,
) -> Result<JobSpec<&'a [u8]>, DecodeError> {
    match decode_job_spec(from)? {
        (job, BatchRefs { batch: None, after: None }) => Ok(job),
        _ => Err(DecodeError::Damaged("a job with a batch of its own")),
    }
}

pub(crate) fn encode_add_request(out: &mut Vec<u8>, request: &AddRequest<&[u8]>) {
    encode_job_spec(out, &request.job, &BatchRefs::NONE);
    out.push(match request.on_dup {
        OnDup::Ignore => 0,
        OnDup::Replace => 1,
        OnDup::Rerun => 2,
    });
    out.optional(request.batches.batch);
    let Some(Dependency { batch, condition }) = request.batches.after else { return out.push(0) };
    out.push(condition_code(condition));
    out.bytes(batch);
}

pub(crate) fn decode_add_request<'a>(from: &mut Decoder<'a>) -> Result<AddRequest<&'a [u8]>, DecodeError> {
    let job = decode_job_without_batches(from)?;
    let on_dup = match from.byte()? {
        0 => OnDup::Ignore,
        1 => OnDup::Replace,
        2 => OnDup::Rerun,
        _ => return Err(DecodeError::Damaged("unknown choice")),
    };
    let batch = from.optional()?;
    let after = match decode_condition(from)? {
        None => None,
        Some(condition) => Some(Dependency { batch: from.bytes()?, condition }),
    };
    Ok(AddRequest { job, batches: BatchRefs { batch, after }, on_dup })
}
