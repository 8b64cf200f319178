//! References to batches, by number, as bytes.
//!
//! ```text
//!   dependency   0 nothing | 1 a batch to finish: number of the batch | 2 one to be all completed: number
//!   maybe-batch  number of the batch + 1; 0 = none
//! ```

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{BatchCondition, BatchNumber, Dependency};

pub(crate) fn encode_dependency(out: &mut Vec<u8>, dependency: Option<Dependency<BatchNumber>>) {
    let Some(Dependency { batch, condition }) = dependency else { return out.push(0) };
    out.push(condition_code(condition));
    out.number(batch.0);
}

pub(crate) fn decode_dependency(
    from: &mut Decoder<'_>,
) -> Result<Option<Dependency<BatchNumber>>, DecodeError> {
    Ok(match decode_condition(from)? {
        None => None,
        Some(condition) => Some(Dependency { batch: BatchNumber(from.number()?), condition }),
    })
}

/// The first byte of a dependency; 0 is none.
pub(super) fn condition_code(condition: BatchCondition) -> u8 {
    match condition {
        BatchCondition::Finished => 1,
        BatchCondition::Completed => 2,
    }
}

pub(super) fn decode_condition(from: &mut Decoder<'_>) -> Result<Option<BatchCondition>, DecodeError> {
    Ok(match from.byte()? {
        0 => None,
        1 => Some(BatchCondition::Finished),
        2 => Some(BatchCondition::Completed),
        _ => return Err(DecodeError::Damaged("unknown gate of a batch")),
    })
}

/// Appends the number after that of the batch, so that 0 is none.
pub(crate) fn encode_optional_batch(out: &mut Vec<u8>, batch: Option<BatchNumber>) {
    out.number(batch.map_or(0, |batch| batch.0.saturating_add(1)));
}

pub(crate) fn decode_optional_batch(from: &mut Decoder<'_>) -> Result<Option<BatchNumber>, DecodeError> {
    Ok(from.number()?.checked_sub(1).map(BatchNumber))
}
