//! What time has left behind in a queue, in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::schedules::{Gap, SavedPassed};

/// One fact about time. The number is its kind byte.
#[derive(Debug, Clone)]
pub(super) enum TimeFact<'a> {
    /// So many instants of a schedule were missed.
    Missed { schedule: &'a [u8], count: u64 },
    /// A schedule has passed over instants.
    Passed(SavedPassed<'a>),
    /// Something happened in the queue at this instant.
    Heard { at: u64 },
    /// The clock of the queue is so many milliseconds ahead of the server's.
    Lead { ms: u64 },
}

pub(super) fn encode_time_fact(out: &mut Vec<u8>, fact: &TimeFact<'_>) {
    match fact {
        TimeFact::Missed { schedule, count } => {
            out.push(0);
            out.bytes(schedule);
            out.number(*count);
        }
        TimeFact::Passed(SavedPassed { name, resume, gaps }) => {
            out.push(1);
            out.bytes(name);
            out.number(*resume);
            out.number(gaps.len() as u64);
            for Gap { first, last } in gaps {
                out.number(*first);
                out.number(*last);
            }
        }
        TimeFact::Heard { at } => {
            out.push(2);
            out.number(*at);
        }
        TimeFact::Lead { ms } => {
            out.push(3);
            out.number(*ms);
        }
    }
}

pub(super) fn decode_time_fact<'a>(from: &mut Decoder<'a>) -> Result<TimeFact<'a>, DecodeError> {
    Ok(match from.byte()? {
        0 => TimeFact::Missed { schedule: from.bytes()?, count: from.number()? },
        1 => {
            let (name, resume) = (from.bytes()?, from.number()?);
            let mut gaps = Vec::new();
            for _ in 0..from.number()? {
                gaps.push(Gap { first: from.number()?, last: from.number()? });
            }
            TimeFact::Passed(SavedPassed { name, resume, gaps })
        }
        2 => TimeFact::Heard { at: from.number()? },
        3 => TimeFact::Lead { ms: from.number()? },
        _ => return Err(DecodeError::Damaged("unknown fact about time")),
    })
}
