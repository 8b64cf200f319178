//! What time has left behind in a queue, in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;

/// One fact about time. The number is its kind byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeFact<'a> {
    /// So many instants of a schedule were missed.
    Missed { schedule: &'a [u8], count: u64 },
}

pub(super) fn encode_time_fact(out: &mut Vec<u8>, fact: &TimeFact<'_>) {
    match *fact {
        TimeFact::Missed { schedule, count } => {
            out.push(0);
            out.bytes(schedule);
            out.number(count);
        }
    }
}

pub(super) fn decode_time_fact<'a>(from: &mut Decoder<'a>) -> Result<TimeFact<'a>, DecodeError> {
    match from.byte()? {
        0 => Ok(TimeFact::Missed { schedule: from.bytes()?, count: from.number()? }),
        _ => Err(DecodeError::Damaged("unknown fact about time")),
    }
}
