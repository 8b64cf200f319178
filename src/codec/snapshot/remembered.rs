//! A remembered id in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{EndState, Record};

/// Added to the end state: when that was follows.
const DATED: u8 = 4;

pub(super) fn encode_remembered(out: &mut Vec<u8>, record: &Record<'_>) {
    out.bytes(record.id);
    out.instant(record.until);
    out.number(record.token);
    out.number(record.seq);
    let is_dated = record.ended_at != 0;
    out.push(record.end_state.code() | if is_dated { DATED } else { 0 });
    if is_dated {
        out.number(record.ended_at);
    }
}

pub(super) fn decode_remembered<'a>(from: &mut Decoder<'a>) -> Result<Record<'a>, DecodeError> {
    let (id, until) = (from.bytes()?, from.instant()?);
    let (token, seq, ending) = (from.number()?, from.number()?, from.byte()?);
    Ok(Record {
        id,
        until,
        ended_at: if ending & DATED != 0 { from.number()? } else { 0 },
        token,
        seq,
        end_state: EndState::from_code(ending & !DATED).ok_or(DecodeError::Damaged("unknown ending"))?,
    })
}
