//! A batch in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::SavedBatch;

pub(super) fn encode_batch(out: &mut Vec<u8>, batch: &SavedBatch<'_>) {
    out.number(batch.number);
    out.bytes(batch.name);
    out.number(batch.created_at);
    out.push(batch.sealed.into());
    out.number(batch.finished_at);
    out.instant(batch.keep_until);
    for count in [batch.completed, batch.failed, batch.expired, batch.cancelled, batch.duplicates] {
        out.number(count);
    }
}

pub(super) fn decode_batch<'a>(from: &mut Decoder<'a>) -> Result<SavedBatch<'a>, DecodeError> {
    Ok(SavedBatch {
        number: from.number()?,
        name: from.bytes()?,
        created_at: from.number()?,
        sealed: from.flag()?,
        finished_at: from.number()?,
        keep_until: from.instant()?,
        completed: from.number()?,
        failed: from.number()?,
        expired: from.number()?,
        cancelled: from.number()?,
        duplicates: from.number()?,
    })
}
