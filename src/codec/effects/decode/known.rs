//! What an effect names and this queue must have.

use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::{BatchNumber, Queue};

pub(super) fn decode_due(from: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// What was found, or that it should have been.
pub(super) fn known<T>(found: Option<T>) -> Result<T, DecodeError> {
    found.ok_or(DecodeError::Diverged)
}

pub(super) fn decode_known_batch(from: &mut Decoder<'_>, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    known_batch(BatchNumber(from.number()?), queue)
}

/// `batch`, if this queue has it.
pub(super) fn known_batch(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    known(queue.batch_name(batch).map(|_| batch))
}

/// The name of a schedule, if this queue has it.
pub(super) fn known_schedule<'a>(name: &'a [u8], queue: &Queue) -> Result<&'a [u8], DecodeError> {
    known(queue.schedule(name).map(|_| name))
}

/// A prefix, if this queue has an expiry rule for it.
pub(super) fn known_prefix<'a>(prefix: &'a [u8], queue: &Queue) -> Result<&'a [u8], DecodeError> {
    known(Some(prefix).filter(|prefix| queue.expiry_rules().has(prefix)))
}
