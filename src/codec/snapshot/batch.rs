//! A batch in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::SavedBatch;

mod flag {
    pub(super) const SEALED: u8 = 1;
    pub(super) const SETTLED_AGAIN: u8 = 2;
    /// This bit and those above it have no meaning yet.
    pub(super) const UNKNOWN: u8 = 4;
}

pub(super) fn encode_batch(out: &mut Vec<u8>, batch: &SavedBatch<'_>) {
    out.number(batch.number);
    out.bytes(batch.name);
    out.number(batch.created_at);
    let is_settled_again = batch.settled_at != batch.finished_at;
    let flags = [(batch.sealed, flag::SEALED), (is_settled_again, flag::SETTLED_AGAIN)];
    out.push(flags.into_iter().filter(|(is, _)| *is).fold(0, |flags, (_, flag)| flags | flag));
    out.number(batch.finished_at);
    if is_settled_again {
        out.number(batch.settled_at);
    }
    out.instant(batch.keep_until);
    for count in [batch.completed, batch.failed, batch.expired, batch.cancelled, batch.duplicates] {
        out.number(count);
    }
}

pub(super) fn decode_batch<'a>(from: &mut Decoder<'a>) -> Result<SavedBatch<'a>, DecodeError> {
    let (number, name, created_at, flags) = (from.number()?, from.bytes()?, from.number()?, from.byte()?);
    if flags >= flag::UNKNOWN {
        return Err(DecodeError::Damaged("unknown batch flags"));
    }
    let finished_at = from.number()?;
    Ok(SavedBatch {
        number,
        name,
        created_at,
        sealed: flags & flag::SEALED != 0,
        finished_at,
        settled_at: if flags & flag::SETTLED_AGAIN != 0 { from.number()? } else { finished_at },
        keep_until: from.instant()?,
        completed: from.number()?,
        failed: from.number()?,
        expired: from.number()?,
        cancelled: from.number()?,
        duplicates: from.number()?,
    })
}
