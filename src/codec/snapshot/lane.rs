//! A lane in a snapshot, and what is set for it, both drawn in the module above.

use crate::codec::fields::settings::{decode_bucket, encode_bucket};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{LaneRules, SavedLane, SavedLaneRules};

const PAUSED: u8 = 1;

pub(super) fn encode_lane(out: &mut Vec<u8>, lane: &SavedLane<'_>) {
    out.bytes(lane.name);
    out.number(lane.last_claim_seq);
    encode_bucket(out, &lane.bucket);
}

pub(super) fn decode_lane<'a>(from: &mut Decoder<'a>) -> Result<SavedLane<'a>, DecodeError> {
    Ok(SavedLane { name: from.bytes()?, last_claim_seq: from.number()?, bucket: decode_bucket(from)? })
}

pub(super) fn encode_lane_rules(out: &mut Vec<u8>, lane: &SavedLaneRules<'_>) {
    let LaneRules { paused_until } = lane.rules;
    out.bytes(lane.name);
    out.push(if paused_until.is_some() { PAUSED } else { 0 });
    if let Some(end) = paused_until {
        out.instant(end);
    }
}

pub(super) fn decode_lane_rules<'a>(from: &mut Decoder<'a>) -> Result<SavedLaneRules<'a>, DecodeError> {
    let (name, flags) = (from.bytes()?, from.byte()?);
    if flags & !PAUSED != 0 {
        return Err(DecodeError::Damaged("unknown rule of a lane"));
    }
    let paused_until = if flags & PAUSED == 0 { None } else { Some(from.instant()?) };
    Ok(SavedLaneRules { name, rules: LaneRules { paused_until } })
}
