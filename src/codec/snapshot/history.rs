//! The minutes and the workers of a queue in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::Minute;

pub(super) fn encode_minute(out: &mut Vec<u8>, minute: &Minute) {
    for number in [minute.at, minute.added, minute.completed, minute.failed] {
        out.number(number);
    }
}

pub(super) fn decode_minute(from: &mut Decoder<'_>) -> Result<Minute, DecodeError> {
    Ok(Minute {
        at: from.number()?,
        added: from.number()?,
        completed: from.number()?,
        failed: from.number()?,
    })
}

pub(super) fn encode_worker(out: &mut Vec<u8>, (name, seen): &(&[u8], u64)) {
    out.bytes(name);
    out.number(*seen);
}

pub(super) fn decode_worker<'a>(from: &mut Decoder<'a>) -> Result<(&'a [u8], u64), DecodeError> {
    Ok((from.bytes()?, from.number()?))
}
