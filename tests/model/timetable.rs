//! The instants of a schedule. Each timetable here is a grid: the cron expressions that the model knows are those few
//! that are one, in UTC and in Tokyo, which knows no daylight saving.

use super::args::{Refused, Words, ERR};

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;

/// Expressions, how many milliseconds are between two of their instants, and by how much these are off the multiples
/// of that, by the local clock.
const EXPRESSIONS: [(&str, u64, u64); 6] = [
    ("* * * * * *", SECOND, 0),
    ("*/20 * * * * *", 20 * SECOND, 0),
    ("* * * * *", 60 * SECOND, 0),
    ("@hourly", HOUR, 0),
    ("30 4 * * *", DAY, 4 * HOUR + 1800 * SECOND),
    // The first day of Unix time was a Thursday.
    ("0 0 * * SUN", 7 * DAY, 3 * DAY),
];

/// How far the local clock is ahead.
const ZONES: [(&str, u64); 2] = [("UTC", 0), ("Asia/Tokyo", 9 * HOUR)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timetable {
    times: Times,
    pub(crate) from: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Every(u64),
    /// By their places in the tables.
    Cron {
        expression: usize,
        zone: usize,
    },
}

/// A timetable while its words are read.
#[derive(Default)]
pub(crate) struct TimetableWords {
    every: Option<u64>,
    expression: Option<usize>,
    zone: Option<usize>,
    from: u64,
}

impl TimetableWords {
    pub(crate) fn read(&mut self, option: &str, w: &mut Words<'_>) -> Result<(), Refused> {
        let place = |place: Option<usize>| place.map(Some).ok_or(ERR);
        match option {
            "EVERY" => self.every = Some(w.uint(1)?),
            "CRON" => {
                let text = w.text()?;
                self.expression = place(EXPRESSIONS.iter().position(|(known, ..)| *known == text))?;
            }
            "TZ" => {
                let name = w.text()?;
                self.zone = place(ZONES.iter().position(|(known, _)| *known == name))?;
            }
            _ => self.from = w.uint(0)?,
        }
        Ok(())
    }

    pub(crate) fn timetable(self) -> Result<Timetable, Refused> {
        let times = match (self.every, self.expression, self.zone) {
            (Some(ms), None, None) => Times::Every(ms),
            (None, Some(expression), zone) => Times::Cron { expression, zone: zone.unwrap_or(0) },
            _ => return Err(ERR),
        };
        Ok(Timetable { times, from: self.from })
    }
}

impl Timetable {
    /// `every`, or the expression and its zone.
    pub(crate) fn shown(&self) -> Result<u64, (&'static str, &'static str)> {
        match self.times {
            Times::Every(ms) => Ok(ms),
            Times::Cron { expression, zone } => Err((EXPRESSIONS[expression].0, ZONES[zone].0)),
        }
    }

    /// The milliseconds between two instants, and by how much these are off the multiples of that.
    fn grid(&self) -> (u64, u64) {
        match self.times {
            Times::Every(ms) => (ms, self.from % ms),
            Times::Cron { expression, zone } => {
                let ((_, step, offset), (_, ahead)) = (EXPRESSIONS[expression], ZONES[zone]);
                (step, (offset + step - ahead % step) % step)
            }
        }
    }

    /// The first instant after `after`.
    pub(crate) fn next_after(&self, after: u64) -> u64 {
        let ((step, offset), least) = (self.grid(), (after + 1).max(self.from));
        least + (offset + step - least % step) % step
    }

    /// The last instant that is not after `end`, which is none of the first.
    pub(crate) fn last_until(&self, end: u64) -> u64 {
        let (step, offset) = self.grid();
        end - (end % step + step - offset) % step
    }

    /// How many instants there are from `from` on and before `end`.
    pub(crate) fn count(&self, from: u64, end: u64) -> u64 {
        let first = self.next_after(from.saturating_sub(1));
        if first < end {
            (end - 1 - first) / self.grid().0 + 1
        } else {
            0
        }
    }
}
