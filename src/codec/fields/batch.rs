//! References to batches, by number, as bytes.
//!
//! ```text
//!   dependency   0 nothing | 1 a batch to finish: number of the batch | 2 one to be all completed: number
//!   maybe-batch  number of the batch + 1; 0 = none
//! ```

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{After, BatchNumber, Gate};

pub(crate) fn encode_dependency(out: &mut Vec<u8>, after: Option<After>) {
    let Some(After { batch, gate }) = after else { return out.push(0) };
    out.push(gate_code(gate));
    out.number(batch.0);
}

pub(crate) fn decode_dependency(from: &mut Decoder<'_>) -> Result<Option<After>, DecodeError> {
    Ok(match decode_gate(from)? {
        None => None,
        Some(gate) => Some(After { batch: BatchNumber(from.number()?), gate }),
    })
}

pub(super) fn gate_code(gate: Gate) -> u8 {
    match gate {
        Gate::Finished => 1,
        Gate::Completed => 2,
    }
}

pub(super) fn decode_gate(from: &mut Decoder<'_>) -> Result<Option<Gate>, DecodeError> {
    Ok(match from.byte()? {
        0 => None,
        1 => Some(Gate::Finished),
        2 => Some(Gate::Completed),
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
