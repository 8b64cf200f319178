//! Numbers that a queue has given, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::SavedNumber;

const IDS: u8 = 0;
const FRONT: u8 = 1;

pub(super) fn encode_number(out: &mut Vec<u8>, number: &SavedNumber) {
    let (kind, given) = match *number {
        SavedNumber::Ids(given) => (IDS, given),
        SavedNumber::Front(given) => (FRONT, given),
    };
    out.push(kind);
    out.number(given);
}

pub(super) fn decode_number(from: &mut Decoder<'_>) -> Result<SavedNumber, DecodeError> {
    match from.byte()? {
        IDS => Ok(SavedNumber::Ids(from.number()?)),
        FRONT => Ok(SavedNumber::Front(from.number()?)),
        _ => Err(DecodeError::Damaged("unknown number")),
    }
}
