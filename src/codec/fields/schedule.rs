//! Schedules and their plans, as bytes.
//!
//! ```text
//!   plan      timetable, until instant, overlap byte (0 allow, 1 skip), add request (its job starts now)
//!   timetable 0 every: ms, from numbers | 1 cron: expression bytes, zone's name bytes, from number
//!   schedule  name bytes, plan, next, last numbers (last 0 = none), ticks enqueued, duplicate, skipped, dropped numbers
//! ```

use super::job::{decode_add_request, encode_add_request};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::schedules::{Overlap, Plan, SavedSchedule, TickCounts, Timetable, Zone};

pub(crate) fn encode_plan(out: &mut Vec<u8>, plan: &Plan<'_>) {
    match plan.timetable {
        Timetable::Every { ms, from } => {
            out.push(0);
            out.number(ms);
            out.number(from);
        }
        Timetable::Cron { expression, zone, from } => {
            out.push(1);
            out.bytes(expression.as_bytes());
            out.bytes(zone.name().as_bytes());
            out.number(from);
        }
    }
    out.instant(plan.until);
    out.push(match plan.overlap {
        Overlap::Allow => 0,
        Overlap::Skip => 1,
    });
    encode_add_request(out, &plan.request);
}

/// Reads a plan. Whether a queue may have it is for the queue to judge.
pub(crate) fn decode_plan<'a>(from: &mut Decoder<'a>) -> Result<Plan<'a>, DecodeError> {
    Ok(Plan {
        timetable: match from.byte()? {
            0 => Timetable::Every { ms: from.number()?, from: from.number()? },
            1 => Timetable::Cron {
                expression: std::str::from_utf8(from.bytes()?)
                    .map_err(|_| DecodeError::Damaged("a cron expression that cannot be"))?,
                zone: Zone::named(from.bytes()?).ok_or(DecodeError::Damaged("unknown time zone"))?,
                from: from.number()?,
            },
            _ => return Err(DecodeError::Damaged("unknown timetable")),
        },
        until: from.instant()?,
        overlap: match from.byte()? {
            0 => Overlap::Allow,
            1 => Overlap::Skip,
            _ => return Err(DecodeError::Damaged("unknown overlap")),
        },
        request: decode_add_request(from)?,
    })
}

pub(crate) fn encode_schedule(out: &mut Vec<u8>, schedule: &SavedSchedule<'_>) {
    out.bytes(schedule.name);
    encode_plan(out, &schedule.plan);
    out.number(schedule.next);
    out.number(schedule.last);
    for count in schedule.counts {
        out.number(count);
    }
}

pub(crate) fn decode_schedule<'a>(from: &mut Decoder<'a>) -> Result<SavedSchedule<'a>, DecodeError> {
    let (name, plan) = (from.bytes()?, decode_plan(from)?);
    let (next, last) = (from.number()?, from.number()?);
    let mut counts = TickCounts::default();
    for count in &mut counts {
        *count = from.number()?;
    }
    Ok(SavedSchedule { name, plan, next, last, counts })
}
