//! When a schedule ticks: a grid, or a cron expression in a time zone.

use super::calendar::Calendar;
use crate::queue::time::LATEST_TOKEN;
use chrono_tz::Tz;
use std::str::FromStr;

/// The longest cron expression in bytes.
pub const MAX_EXPRESSION: usize = 256;
/// No schedule ticks later, in Unix ms: what JavaScript still holds exactly.
pub(crate) const LATEST_TICK: u64 = (1 << 53) - 1;
/// Where the module's clock ends (the year 2255): no calendar is asked about later instants, in Unix ms.
const LATEST_DATE: u64 = LATEST_TOKEN / 1000;
/// The longest step of a grid in ms: 100 years.
const MAX_STEP: u64 = 3_155_760_000_000;

/// A time zone of the tz database that is compiled into the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Default for Zone {
    fn default() -> Self {
        Zone(Tz::UTC)
    }
}

impl Zone {
    /// The zone of that name, such as `Europe/Berlin`; upper and lower case matter.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        Tz::from_str(std::str::from_utf8(name).ok()?).ok().map(Zone)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// The instants at which a schedule ticks; `T` holds the text of an expression. Instants are Unix
/// milliseconds, and none is before `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timetable<T> {
    /// `from` and every `ms` after it.
    Every {
        /// 1 ms to 100 years.
        ms: u64,
        /// The first instant.
        from: u64,
    },
    /// What an expression says.
    Cron {
        /// 5 fields, or 6 with seconds.
        expression: T,
        /// Whose clocks it is about.
        zone: Zone,
        /// Not before.
        from: u64,
    },
}

impl Timetable<&str> {
    /// The same, owned.
    pub(crate) fn kept(self) -> Timetable<Box<str>> {
        match self {
            Timetable::Every { ms, from } => Timetable::Every { ms, from },
            Timetable::Cron { expression, zone, from } => {
                Timetable::Cron { expression: expression.into(), zone, from }
            }
        }
    }
}

impl<T: AsRef<str>> Timetable<T> {
    /// The same, borrowed.
    pub(crate) fn borrowed(&self) -> Timetable<&str> {
        match self {
            Timetable::Every { ms, from } => Timetable::Every { ms: *ms, from: *from },
            Timetable::Cron { expression, zone, from } => {
                Timetable::Cron { expression: expression.as_ref(), zone: *zone, from: *from }
            }
        }
    }

    /// Ready to be searched; None if it is not a timetable. O(length of the expression).
    #[must_use]
    pub fn compile(&self) -> Option<Compiled> {
        let (search, from) = match self {
            Timetable::Every { ms, from } if (1..=MAX_STEP).contains(ms) => (Search::Grid(*ms), *from),
            Timetable::Every { .. } => return None,
            Timetable::Cron { expression, zone, from } => {
                let text = expression.as_ref();
                let is_text =
                    text.len() <= MAX_EXPRESSION && text.bytes().all(|b| (b' '..=b'~').contains(&b));
                let calendar = if is_text { Calendar::parse(text) } else { None };
                (Search::Calendar(Box::new(calendar?), zone.0), *from)
            }
        };
        (from <= LATEST_TICK).then_some(Compiled { search, from })
    }
}

/// A timetable that can be searched.
#[derive(Debug, Clone)]
pub struct Compiled {
    search: Search,
    from: u64,
}

#[derive(Debug, Clone)]
enum Search {
    Grid(u64),
    Calendar(Box<Calendar>, Tz),
}

impl Compiled {
    /// The first instant after `after`. None: there is none, or none within 41 years.
    #[must_use]
    pub fn next_after(&self, after: u64) -> Option<u64> {
        let next = match &self.search {
            Search::Grid(_) if after < self.from => self.from,
            Search::Grid(ms) => {
                let steps = (after - self.from) / ms + 1;
                self.from.checked_add(steps.checked_mul(*ms)?)?
            }
            Search::Calendar(calendar, zone) => {
                let after = after.max(self.from.saturating_sub(1));
                if after > LATEST_DATE {
                    return None;
                }
                let next = calendar.next_from(*zone, i64::try_from(after / 1000 + 1).ok()?)?;
                u64::try_from(next).ok()?.checked_mul(1000)?
            }
        };
        (next <= LATEST_TICK).then_some(next)
    }

    /// How many instants there are from `from` on and before `end`, given that `from` is one. O(days between), and of
    /// a calendar no more than those of the last four years.
    #[must_use]
    pub fn count(&self, from: u64, end: u64) -> u64 {
        match &self.search {
            Search::Grid(ms) => end.saturating_sub(from).div_ceil(*ms),
            Search::Calendar(calendar, zone) => {
                let seconds = |ms: u64| i64::try_from(ms.min(LATEST_DATE).div_ceil(1000)).unwrap_or(i64::MAX);
                calendar.count(*zone, seconds(from)..seconds(end))
            }
        }
    }

    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        match self.search {
            Search::Grid(_) => 0,
            Search::Calendar(..) => size_of::<Calendar>(),
        }
    }

    /// The last instant not after `end`, given that `known` is one. O(log of the time between) searches.
    pub(crate) fn last_until(&self, known: u64, end: u64) -> u64 {
        let (mut known, mut end) = (known, end);
        if let Search::Grid(ms) = self.search {
            return known.max(end - end.saturating_sub(self.from) % ms);
        }
        // Instants of a calendar are whole seconds.
        while known.saturating_add(1000) <= end {
            let middle = u64::midpoint(known, end);
            match self.next_after(middle) {
                Some(later) if later <= end => known = later,
                _ => end = middle,
            }
        }
        known
    }
}

#[cfg(test)]
mod tests;
