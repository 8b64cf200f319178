//! Effects on what adds jobs by itself, schedules and expiry rules, and events of applications.

use super::known::{decode_due, known, known_schedule};
use crate::codec::fields::job::decode_add_request;
use crate::codec::fields::outcome::decode_tick_outcome;
use crate::codec::fields::schedule::decode_plan;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::schedules::{valid_schedule, Missed, LATEST_TICK};
use crate::queue::{is_emitted_name, is_valid_rule, valid_id, Effect, EmittedFields, Queue};

pub(super) fn decode_scheduled<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (name, plan, next) = (from.bytes()?, decode_plan(from)?, from.number()?);
    if valid_schedule(name, &plan, next).is_none() {
        return Err(DecodeError::Damaged("a schedule that cannot be"));
    }
    Ok(Effect::Scheduled { name, plan, next })
}

/// A tick; `missed` reads which instants before it were missed, where that is written.
pub(super) fn decode_ticked<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    missed: fn(&mut Decoder<'a>) -> Result<Missed, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (name, at, next) = (from.bytes()?, from.number()?, decode_due(from)?);
    let (outcome, missed) = (decode_tick_outcome(from)?, missed(from)?);
    if at > LATEST_TICK {
        return Err(DecodeError::Damaged("a tick that cannot be"));
    }
    let name = known_schedule(name, queue)?;
    known(queue.may_tick_next(name, next).then_some(Effect::Ticked { name, at, missed, next, outcome }))
}

pub(super) fn decode_clock_stands<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let until = from.number()?;
    known(queue.may_stand_until(until).then_some(Effect::ClockStands { until }))
}

pub(super) fn decode_passed_over<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let (name, first, last) = (from.bytes()?, from.number()?, from.number()?);
    known(queue.may_pass_over(name, first, last).then_some(Effect::PassedOver { name, first, last }))
}

pub(super) fn decode_rewound<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (name, next, last) = (from.bytes()?, from.number()?, decode_due(from)?);
    let regained = from.number()?;
    let name = known_schedule(name, queue)?;
    known(queue.may_tick_next(name, Some(next)).then_some(Effect::Rewound { name, next, last, regained }))
}

pub(super) fn decode_expiry_rule_set<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let (prefix, request) = (from.bytes()?, decode_add_request(from)?);
    if !is_valid_rule(prefix, &request) {
        return Err(DecodeError::Damaged("a prefix that cannot be"));
    }
    let has_room = queue.expiry_rules().has_room_for(prefix);
    known(has_room.then_some(Effect::ExpiryRuleSet { prefix, request }))
}

pub(super) fn decode_emitted<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (event, job, fields) = (from.bytes()?, from.optional()?, EmittedFields::new(from.bytes()?));
    match fields {
        Some(fields) if is_emitted_name(event) && job.is_none_or(valid_id) => {
            Ok(Effect::Emitted { event, job, fields })
        }
        _ => Err(DecodeError::Damaged("an event that cannot be")),
    }
}
