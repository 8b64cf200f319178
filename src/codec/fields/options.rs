//! The options of a job, its batch and its group, as bytes.
//!
//! ```text
//!   options  flags (1 attempts, 2 fixed backoff, 4 exponential backoff, 8 dedup, 16 keep, 32 batch, 64 max-run,
//!            128 the id is refused as long as the record is kept: without 8),
//!            then what is flagged: attempts number, backoff number, dedup, keep instants, number of the batch, max-run
//!            instant
//!   group    bytes, none = ""
//! ```

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{valid_group, Backoff, BatchNumber, DedupWindow, JobOptions};

mod flag {
    pub(super) const ATTEMPTS: u8 = 1;
    pub(super) const FIXED_BACKOFF: u8 = 2;
    pub(super) const EXPONENTIAL_BACKOFF: u8 = 4;
    pub(super) const DEDUP: u8 = 8;
    pub(super) const KEEP: u8 = 16;
    pub(super) const BATCH: u8 = 32;
    pub(super) const MAX_RUN: u8 = 64;
    pub(super) const WINDOW_KEPT: u8 = 128;
}

/// Only one of them may be set.
const BACKOFF_FLAGS: u8 = flag::FIXED_BACKOFF | flag::EXPONENTIAL_BACKOFF;
/// These as well.
const WINDOW_FLAGS: u8 = flag::DEDUP | flag::WINDOW_KEPT;

pub(crate) fn encode_options(out: &mut Vec<u8>, options: &JobOptions, batch: Option<BatchNumber>) {
    let flag_if = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let backoff = match options.backoff {
        None => 0,
        Some(Backoff::Fixed(_)) => flag::FIXED_BACKOFF,
        Some(Backoff::Exponential(_)) => flag::EXPONENTIAL_BACKOFF,
    };
    let (window, window_ms) = match options.dedup {
        None => (0, None),
        Some(DedupWindow::For(ms)) => (flag::DEDUP, Some(ms)),
        Some(DedupWindow::Kept) => (flag::WINDOW_KEPT, None),
    };
    out.push(
        flag_if(options.attempts.is_some(), flag::ATTEMPTS)
            | backoff
            | window
            | flag_if(options.keep.is_some(), flag::KEEP)
            | flag_if(batch.is_some(), flag::BATCH)
            | flag_if(options.max_run.is_some(), flag::MAX_RUN),
    );
    if let Some(attempts) = options.attempts {
        out.number(attempts.into());
    }
    if let Some(Backoff::Fixed(ms) | Backoff::Exponential(ms)) = options.backoff {
        out.number(ms);
    }
    for span in [window_ms, options.keep].into_iter().flatten() {
        out.instant(span);
    }
    if let Some(batch) = batch {
        out.number(batch.0);
    }
    if let Some(max_run) = options.max_run {
        out.instant(max_run);
    }
}

pub(crate) fn decode_options(
    from: &mut Decoder<'_>,
) -> Result<(JobOptions, Option<BatchNumber>), DecodeError> {
    let flags = from.byte()?;
    if flags & BACKOFF_FLAGS == BACKOFF_FLAGS || flags & WINDOW_FLAGS == WINDOW_FLAGS {
        return Err(DecodeError::Damaged("unknown job options"));
    }
    let has = |flag| flags & flag != 0;
    let mut options = JobOptions {
        attempts: if has(flag::ATTEMPTS) { Some(from.number_as()?) } else { None },
        backoff: if has(flag::FIXED_BACKOFF) {
            Some(Backoff::Fixed(from.number()?))
        } else if has(flag::EXPONENTIAL_BACKOFF) {
            Some(Backoff::Exponential(from.number()?))
        } else {
            None
        },
        dedup: if has(flag::DEDUP) {
            Some(DedupWindow::For(from.instant()?))
        } else {
            has(flag::WINDOW_KEPT).then_some(DedupWindow::Kept)
        },
        keep: if has(flag::KEEP) { Some(from.instant()?) } else { None },
        max_run: None,
    };
    let batch = if has(flag::BATCH) { Some(BatchNumber(from.number()?)) } else { None };
    if has(flag::MAX_RUN) {
        options.max_run = Some(from.instant()?);
    }
    Ok((options, batch))
}

pub(crate) fn encode_group(out: &mut Vec<u8>, group: Option<&[u8]>) {
    out.bytes(group.unwrap_or_default());
}

pub(crate) fn decode_group<'a>(from: &mut Decoder<'a>) -> Result<Option<&'a [u8]>, DecodeError> {
    match from.bytes()? {
        b"" => Ok(None),
        name if valid_group(name) => Ok(Some(name)),
        _ => Err(DecodeError::Damaged("the name of a group is too long")),
    }
}
