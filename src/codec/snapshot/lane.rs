//! A lane in a snapshot, drawn in the module above.

use crate::codec::fields::settings::{decode_bucket, encode_bucket};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::SavedLane;

pub(super) fn encode_lane(out: &mut Vec<u8>, lane: &SavedLane<'_>) {
    out.bytes(lane.name);
    out.number(lane.last_claim_seq);
    encode_bucket(out, &lane.bucket);
}

pub(super) fn decode_lane<'a>(from: &mut Decoder<'a>) -> Result<SavedLane<'a>, DecodeError> {
    Ok(SavedLane { name: from.bytes()?, last_claim_seq: from.number()?, bucket: decode_bucket(from)? })
}
