//! A lane in a snapshot, and what is set for it, both drawn in the module above.

use crate::codec::fields::settings::{
    decode_bucket, decode_group_limits, encode_bucket, encode_group_limits,
};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{GroupLimits, LaneRules, SavedLane, SavedLaneRules};

const PAUSED: u8 = 1;
const LIMITED: u8 = 2;

pub(super) fn encode_lane(out: &mut Vec<u8>, lane: &SavedLane<'_>) {
    out.bytes(lane.name);
    out.number(lane.last_claim_seq);
    encode_bucket(out, &lane.bucket);
}

pub(super) fn decode_lane<'a>(from: &mut Decoder<'a>) -> Result<SavedLane<'a>, DecodeError> {
    Ok(SavedLane { name: from.bytes()?, last_claim_seq: from.number()?, bucket: decode_bucket(from)? })
}

pub(super) fn encode_lane_rules(out: &mut Vec<u8>, lane: &SavedLaneRules<'_>) {
    let LaneRules { paused_until, limits } = lane.rules;
    let is_limited = limits != GroupLimits::default();
    out.bytes(lane.name);
    out.push(if paused_until.is_some() { PAUSED } else { 0 } | if is_limited { LIMITED } else { 0 });
    if let Some(end) = paused_until {
        out.instant(end);
    }
    if is_limited {
        encode_group_limits(out, &limits);
    }
}

pub(super) fn decode_lane_rules<'a>(from: &mut Decoder<'a>) -> Result<SavedLaneRules<'a>, DecodeError> {
    let (name, flags) = (from.bytes()?, from.byte()?);
    if flags & !(PAUSED | LIMITED) != 0 {
        return Err(DecodeError::Damaged("unknown rule of a lane"));
    }
    let paused_until = if flags & PAUSED == 0 { None } else { Some(from.instant()?) };
    let limits = if flags & LIMITED == 0 { GroupLimits::default() } else { decode_group_limits(from)? };
    Ok(SavedLaneRules { name, rules: LaneRules { paused_until, limits } })
}
