//! A remembered id in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{EndState, Record};

pub(super) fn encode_remembered(out: &mut Vec<u8>, record: &Record<'_>) {
    out.bytes(record.id);
    out.instant(record.until);
    out.number(record.token);
    out.number(record.seq);
    out.push(record.end_state.code());
}

pub(super) fn decode_remembered<'a>(from: &mut Decoder<'a>) -> Result<Record<'a>, DecodeError> {
    Ok(Record {
        id: from.bytes()?,
        until: from.instant()?,
        token: from.number()?,
        seq: from.number()?,
        end_state: EndState::from_code(from.byte()?).ok_or(DecodeError::Damaged("unknown ending"))?,
    })
}
