//! A job that is to be added, as bytes: in effects that add one, and in whatever adds one later (a rerun that is
//! set aside, a schedule, an expiry rule).
//!
//! ```text
//!   add request  job, on-dup, name of its batch maybe, 0 | 1 AFTER: name bytes | 2 AFTEROK: name bytes; the job itself
//!                refers to no batch
//!   job          payload bytes, start, dependency, priority signed, options, group, expires instant (never = no PX),
//!                max-wait number if start says so; more: flags byte, then what is flagged: 1 name bytes, 2 fields
//!                bytes (drawn in queue/jobs/fields.rs)
//!   on-dup       0 ignore | 1 replace | 2 rerun
//!   start        0 now | 1 after: number | 2 at: number | 3 on hold; added to that byte: 4 PRIORITY is named (which a priority that
//!                is not 0 always is), 8 expires is an instant and not a span, 16 there is a max-wait, 32 it is an
//!                instant and not a span, 64 FRONT, 128 more follows
//! ```
//!
//! A job holds its batches by number, an add request by name: their numbers are found when the job is added.

use super::batch::{condition_code, decode_condition, decode_dependency, encode_dependency};
use super::options::{decode_group, decode_options, encode_group, encode_options};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{
    are_fields, valid_job_name, AddRequest, BatchNumber, BatchRefs, Dependency, JobSpec, OnDup, Place, Start,
    Until, FOREVER,
};

/// What the byte of a start says beside the start.
mod flag {
    /// The start itself.
    pub(super) const START: u8 = 3;
    pub(super) const PRIORITY: u8 = 4;
    pub(super) const EXPIRES_AT: u8 = 8;
    pub(super) const MAX_WAIT: u8 = 16;
    pub(super) const MAX_WAIT_AT: u8 = 32;
    pub(super) const FRONT: u8 = 64;
    pub(super) const MORE: u8 = 128;
}

/// What the byte of more flags says.
mod more {
    pub(super) const NAME: u8 = 1;
    pub(super) const FIELDS: u8 = 2;
}

pub(crate) fn encode_job_spec(out: &mut Vec<u8>, job: &JobSpec<&[u8]>, batches: &BatchRefs<BatchNumber>) {
    out.bytes(job.payload);
    let flag_if = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag_if(job.priority.is_some(), flag::PRIORITY)
        | flag_if(is_instant(job.expires), flag::EXPIRES_AT)
        | flag_if(job.max_wait.is_some(), flag::MAX_WAIT)
        | flag_if(is_instant(job.max_wait), flag::MAX_WAIT_AT)
        | flag_if(job.place == Place::Front, flag::FRONT)
        | flag_if(job.name.or(job.fields).is_some(), flag::MORE);
    match job.start {
        Start::Now => out.push(flags),
        Start::After(ms) => {
            out.push(flags | 1);
            out.number(ms);
        }
        Start::At(instant) => {
            out.push(flags | 2);
            out.number(instant);
        }
        Start::Hold => out.push(flags | 3),
    }
    encode_dependency(out, batches.after);
    out.signed(job.priority.unwrap_or(0).into());
    encode_options(out, &job.options, batches.batch);
    encode_group(out, job.group);
    out.instant(job.expires.map_or(FOREVER, number_of));
    if let Some(max_wait) = job.max_wait {
        out.number(number_of(max_wait));
    }
    if job.name.or(job.fields).is_some() {
        out.push(flag_if(job.name.is_some(), more::NAME) | flag_if(job.fields.is_some(), more::FIELDS));
    }
    for bytes in [job.name, job.fields].into_iter().flatten() {
        out.bytes(bytes);
    }
}

fn is_instant(until: Option<Until>) -> bool {
    matches!(until, Some(Until::At(_)))
}

fn number_of(until: Until) -> u64 {
    match until {
        Until::After(number) | Until::At(number) => number,
    }
}

/// Reads a job and its batches.
#[allow(clippy::type_complexity, reason = "a pair of what the encoder takes")]
pub(crate) fn decode_job_spec<'a>(
    from: &mut Decoder<'a>,
) -> Result<(JobSpec<&'a [u8]>, BatchRefs<BatchNumber>), DecodeError> {
    let payload = from.bytes()?;
    let flags = from.byte()?;
    let has = |flag| flags & flag != 0;
    if has(flag::MAX_WAIT_AT) && !has(flag::MAX_WAIT) {
        return Err(DecodeError::Damaged("unknown start of a job"));
    }
    let start = match flags & flag::START {
        0 => Start::Now,
        1 => Start::After(from.number()?),
        2 => Start::At(from.number()?),
        _ => Start::Hold,
    };
    let after = decode_dependency(from)?;
    if start == Start::Hold && after.is_some() {
        return Err(DecodeError::Damaged("a job that waits for two things"));
    }
    let priority = from.priority()?;
    let ((options, batch), group) = (decode_options(from)?, decode_group(from)?);
    // Reruns, schedules and expiry rules from before PRIORITY could be left out name it if it matters.
    let priority = (has(flag::PRIORITY) || priority != 0).then_some(priority);
    let expires = Some(from.instant()?).filter(|number| *number != FOREVER);
    if expires.is_none() && has(flag::EXPIRES_AT) {
        return Err(DecodeError::Damaged("unknown start of a job"));
    }
    let until = |at| if has(at) { Until::At } else { Until::After };
    let expires = expires.map(until(flag::EXPIRES_AT));
    let max_wait = if has(flag::MAX_WAIT) { Some(from.number()?) } else { None };
    let max_wait = max_wait.map(until(flag::MAX_WAIT_AT));
    let place = if has(flag::FRONT) { Place::Front } else { Place::End };
    let (name, fields) = if has(flag::MORE) { decode_more(from)? } else { (None, None) };
    let job = JobSpec { payload, start, priority, place, options, group, expires, max_wait, fields, name };
    Ok((job, BatchRefs { batch, after }))
}

/// Some bytes, if there are any.
type Maybe<'a> = Option<&'a [u8]>;

/// The name and the fields of a job that has one of them.
fn decode_more<'a>(from: &mut Decoder<'a>) -> Result<(Maybe<'a>, Maybe<'a>), DecodeError> {
    let flags = from.byte()?;
    let mut bytes = |flag| if flags & flag == 0 { Ok(None) } else { from.bytes().map(Some) };
    let (name, fields) = (bytes(more::NAME)?, bytes(more::FIELDS)?);
    let fits = (1..=more::NAME | more::FIELDS).contains(&flags)
        && name.is_none_or(valid_job_name)
        && fields.is_none_or(|fields| !fields.is_empty() && are_fields(fields));
    if fits {
        Ok((name, fields))
    } else {
        Err(DecodeError::Damaged("a name or fields of a job that cannot be"))
    }
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
