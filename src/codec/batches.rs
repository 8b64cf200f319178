//! Batches in snapshots; what they look like is drawn in snapshot.rs.

use super::wire::{Put, Reader};
use super::DecodeError;
use crate::queue::SavedBatch;

pub(super) fn put_batch(out: &mut Vec<u8>, batch: &SavedBatch<'_>) {
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

pub(super) fn read_batch<'a>(from: &mut Reader<'a>) -> Result<SavedBatch<'a>, DecodeError> {
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
