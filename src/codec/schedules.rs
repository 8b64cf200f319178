//! Schedules in effects and snapshots.
//!
//! ```text
//!   plan      timetable, until instant, overlap byte (0 allow, 1 skip), addition (its job starts now)
//!   timetable 0 every: ms, from numbers | 1 cron: expression bytes, zone's name bytes, from number
//!   schedule  name bytes, plan, next, last numbers (last 0 = none), ticks enqueued, duplicate, skipped, dropped numbers
//! ```

use super::parts::{put_addition, read_addition};
use super::wire::{Put, Reader};
use super::DecodeError;
use crate::queue::schedules::{Overlap, Plan, SavedSchedule, TickCounts, TickOutcome, Timetable, Zone};

pub(crate) fn put_plan(out: &mut Vec<u8>, plan: &Plan<'_>) {
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
    put_addition(out, &plan.addition);
}

/// Whether it can be is for the queue to say.
pub(crate) fn read_plan<'a>(from: &mut Reader<'a>) -> Result<Plan<'a>, DecodeError> {
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
        addition: read_addition(from)?,
    })
}

pub(crate) fn put_fate(out: &mut Vec<u8>, fate: TickOutcome) {
    out.push(fate as u8);
}

pub(crate) fn read_fate(from: &mut Reader<'_>) -> Result<TickOutcome, DecodeError> {
    TickOutcome::ALL
        .get(usize::from(from.byte()?))
        .copied()
        .ok_or(DecodeError::Damaged("unknown fate of a tick"))
}

pub(crate) fn put_schedule(out: &mut Vec<u8>, schedule: &SavedSchedule<'_>) {
    out.bytes(schedule.name);
    put_plan(out, &schedule.plan);
    out.number(schedule.next);
    out.number(schedule.last);
    for count in schedule.tally {
        out.number(count);
    }
}

pub(crate) fn read_schedule<'a>(from: &mut Reader<'a>) -> Result<SavedSchedule<'a>, DecodeError> {
    let (name, plan) = (from.bytes()?, read_plan(from)?);
    let (next, last) = (from.number()?, from.number()?);
    let mut tally = TickCounts::default();
    for count in &mut tally {
        *count = from.number()?;
    }
    Ok(SavedSchedule { name, plan, next, last, tally })
}
