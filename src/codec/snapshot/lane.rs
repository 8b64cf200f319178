//! A lane in a snapshot, and what is set for it, both drawn in the module above.

use crate::codec::fields::settings::{
    decode_bucket, decode_group_limits, encode_bucket, encode_group_limits,
};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{GroupLimits, LaneRules, Pause, SavedLane, SavedLaneRules, FOREVER};

const PAUSED: u8 = 1;
const LIMITED: u8 = 2;
/// Beside the pause that ends there is one without end.
const AND_WITHOUT_END: u8 = 4;

pub(super) fn encode_lane(out: &mut Vec<u8>, lane: &SavedLane<'_>) {
    out.bytes(lane.name);
    out.number(lane.last_claim_seq);
    encode_bucket(out, &lane.bucket);
}

pub(super) fn decode_lane<'a>(from: &mut Decoder<'a>) -> Result<SavedLane<'a>, DecodeError> {
    Ok(SavedLane { name: from.bytes()?, last_claim_seq: from.number()?, bucket: decode_bucket(from)? })
}

pub(super) fn encode_lane_rules(out: &mut Vec<u8>, lane: &SavedLaneRules<'_>) {
    let LaneRules { pause, limits } = lane.rules;
    let is_limited = limits != GroupLimits::default();
    let paused = match pause {
        None => 0,
        Some(Pause::Endless | Pause::Until(_)) => PAUSED,
        Some(Pause::Both(_)) => PAUSED | AND_WITHOUT_END,
    };
    out.bytes(lane.name);
    out.push(paused | if is_limited { LIMITED } else { 0 });
    if let Some(pause) = pause {
        out.instant(pause.until().unwrap_or(FOREVER));
    }
    if is_limited {
        encode_group_limits(out, &limits);
    }
}

pub(super) fn decode_lane_rules<'a>(from: &mut Decoder<'a>) -> Result<SavedLaneRules<'a>, DecodeError> {
    let (name, flags) = (from.bytes()?, from.byte()?);
    if flags & !(PAUSED | LIMITED | AND_WITHOUT_END) != 0 {
        return Err(DecodeError::Damaged("unknown rule of a lane"));
    }
    let ends = if flags & PAUSED == 0 { None } else { Some(Pause::to(from.instant()?)) };
    let pause = match (ends, flags & AND_WITHOUT_END) {
        (ends, 0) => ends,
        (Some(Pause::Until(end)), _) => Some(Pause::Both(end)),
        _ => return Err(DecodeError::Damaged("a pause of a lane that cannot be")),
    };
    let limits = if flags & LIMITED == 0 { GroupLimits::default() } else { decode_group_limits(from)? };
    Ok(SavedLaneRules { name, rules: LaneRules { pause, limits } })
}
