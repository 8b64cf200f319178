//! What a cron expression means: which days, which times of day, and what the clocks' changes make of them.
//!
//! croner reads the expression and knows its days (`L`, `W`, `#`). The search is our own, because its cost
//! must have a bound whatever a client writes: it walks over the months of 41 years at most, which no
//! calendar rule outlasts, and looks at the zone only on days that match. There are but 28 kinds of months
//! (the first is one of seven weekdays, the last one of four numbers), so which days match is a table.
//!
//! ```text
//!   instants   ──────────────────────┬──────────────────────►     around one day there is at most one change
//!                  offset before     T     offset after
//!   wall clock     .. 01:59:59  ┄┄┄┄┄┄┄┄┄  03:00:00 ..          forward: 02:00 to 02:59:59 is skipped
//!                  .. 02:59:59  ┄┄┄┄┄┄┄┄┄  02:00:00 ..          back: it comes twice
//! ```

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CronPattern, Weekday};
use std::ops::Range;

const DAY: i64 = 86_400;
/// Months a search looks at: the 29th of February is a Monday once in 28 years, and once in 40 across the
/// year 2100.
const HORIZON: usize = 41 * 12;
/// Kinds of months.
const KINDS: usize = 7 * 4;
/// Nicknames and the fields for which they stand.
pub(super) const NICKNAMES: [(&str, &str); 6] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
pub(super) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
pub(super) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What happens to times of day that a change of the clocks skips or repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// A star for second, minute or hour: it goes by the clock on the wall. Skipped times are skipped,
    /// repeated ones come twice.
    ByTheClock,
    /// Times of day are named: each comes once. A skipped one comes when the clock has jumped, a repeated one
    /// the first time.
    OnceADay,
}

/// An expression, understood. Bit n of a set is the value n.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    seconds: u64,
    minutes: u64,
    hours: u64,
    months: u64,
    /// By the kind of the month.
    days: [u32; KINDS],
    change: Change,
}

impl Calendar {
    /// None if `expression` is not one. O(its length).
    pub(super) fn parse(expression: &str) -> Option<Self> {
        let expression = NICKNAMES
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(expression.trim()))
            .map_or(expression, |(_, fields)| fields);
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        let (times, days) = fields.split_at_checked(fields.len().checked_sub(3)?)?;
        let [day, month, weekday] = days else { return None };
        let are_fields = matches!(times.len(), 2 | 3)
            && times.iter().all(|field| has_words(field, &[]))
            && has_words(day, &["L", "W", "LW"])
            && has_words(month, &MONTHS)
            && has_words(weekday, &WEEKDAYS);
        if !are_fields {
            return None;
        }
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let pattern = parser.parse(expression).ok()?.pattern;
        let set = |values: Vec<u16>| values.into_iter().fold(0, |set, value| set | 1 << (value & 63));
        let (seconds, minutes) = (set(pattern.seconds.values()), set(pattern.minutes.values()));
        let (hours, months) = (set(pattern.hours.values()), set(pattern.months.values()));
        // croner takes a lone comma for an empty set.
        if seconds == 0 || minutes == 0 || hours == 0 {
            return None;
        }
        let has_star = times.iter().any(|field| field.starts_with('*'));
        let change = if has_star { Change::ByTheClock } else { Change::OnceADay };
        Some(Calendar { seconds, minutes, hours, months, days: days_of(&pattern)?, change })
    }

    /// The first instant that matches in `zone`, not before `first`. Unix seconds. O(months until then, at
    /// most those of 41 years).
    pub(super) fn next_from(&self, zone: Tz, first: i64) -> Option<i64> {
        let today = DateTime::from_timestamp(first.checked_add(offset(zone, first)?)?, 0)?.date_naive();
        // From yesterday on: the clock may be about to go back over midnight.
        let mut day = today.pred_opt()?;
        for _ in 0..HORIZON {
            let before_day = (1 << day.day()) - 1;
            let mut left = self.days_in(day) & !before_day;
            while left != 0 {
                let found = day.with_day(left.trailing_zeros())?;
                if let Some(instant) = self.first_on(found, zone, first) {
                    let overtaken = self.first_on(found.succ_opt()?, zone, first);
                    return Some(overtaken.map_or(instant, |other| instant.min(other)));
                }
                left &= left - 1;
            }
            day = next_month(day)?;
        }
        None
    }

    /// The first instant of a day that matches, not before `first`.
    fn first_on(&self, day: NaiveDate, zone: Tz, first: i64) -> Option<i64> {
        if !self.matches_day(day) {
            return None;
        }
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
        let wall = |from: i64, to: i64| from.max(midnight)..to.min(midnight + DAY);
        // No offset is as large as a day.
        let (begin, end) = (midnight - DAY, midnight + 2 * DAY);
        let (before, after) = (offset(zone, begin)?, offset(zone, end)?);
        if before == after {
            return self.first_in(midnight, wall(first + before, i64::MAX)).map(|time| time - before);
        }
        let at = change_between(zone, begin, end)?;
        let skipped = || {
            let skipped = self.change == Change::OnceADay
                && at >= first
                && self.first_in(midnight, wall(at + before, at + after)).is_some();
            skipped.then_some(at)
        };
        let repeated_from = match self.change {
            Change::ByTheClock => at + after,
            Change::OnceADay => at + before.max(after),
        };
        self.first_in(midnight, wall(first + before, at + before))
            .map(|time| time - before)
            .or_else(skipped)
            .or_else(|| {
                let rest = wall(repeated_from.max(first + after), i64::MAX);
                self.first_in(midnight, rest).map(|time| time - after)
            })
    }

    fn matches_day(&self, day: NaiveDate) -> bool {
        self.days_in(day) & 1 << day.day() != 0
    }

    /// The days that match in the month of `day`.
    fn days_in(&self, day: NaiveDate) -> u32 {
        if self.months & 1 << day.month() == 0 {
            return 0;
        }
        let first = (day.weekday().num_days_from_sunday() + 36 - day.day()) % 7;
        let more = u32::from(day.num_days_in_month()).saturating_sub(28);
        self.days.get((first * 4 + more) as usize).copied().unwrap_or(0)
    }

    /// The first wall clock time that matches within `range` on the day that begins at `midnight`.
    fn first_in(&self, midnight: i64, range: Range<i64>) -> Option<i64> {
        if range.is_empty() {
            return None;
        }
        let from = u32::try_from(range.start - midnight).ok()?;
        Some(midnight + i64::from(self.time_from(from)?)).filter(|time| range.contains(time))
    }

    /// The first second of a day that matches, from `from` on.
    fn time_from(&self, from: u32) -> Option<u32> {
        let (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        let in_minute = |hour: u32, minute: u32, second: u32| {
            next_in(self.seconds, second).map(|second| (hour * 60 + minute) * 60 + second)
        };
        let in_hour = |hour: u32, minute: u32| {
            next_in(self.minutes, minute).and_then(|minute| in_minute(hour, minute, 0))
        };
        let is_in = |set: u64, value: u32| next_in(set, value) == Some(value);
        let this_minute = || in_minute(hour, minute, second).filter(|_| is_in(self.minutes, minute));
        let this_hour = || this_minute().or_else(|| in_hour(hour, minute + 1));
        Some(hour)
            .filter(|hour| is_in(self.hours, *hour))
            .and_then(|_| this_hour())
            .or_else(|| next_in(self.hours, hour + 1).and_then(|hour| in_hour(hour, 0)))
    }
}

/// The smallest member of a set that is not below `least`.
fn next_in(set: u64, least: u32) -> Option<u32> {
    let rest = set.checked_shr(least)?;
    (rest != 0).then(|| least + rest.trailing_zeros())
}

/// Whether every word inside a field is one of `known`. croner finds names anywhere, so that `MONTUE` is 12
/// to it.
fn has_words(field: &str, known: &[&str]) -> bool {
    field.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).all(|word| {
        let word = word.to_ascii_uppercase();
        let name =
            if known.len() == WEEKDAYS.len() { word.strip_suffix('L').unwrap_or(&word) } else { &word };
        name.is_empty() || known.contains(&name)
    })
}

/// The days that match in each kind of month.
fn days_of(pattern: &CronPattern) -> Option<[u32; KINDS]> {
    let mut days = [0; KINDS];
    for (kind, days) in (0_u32..).zip(&mut days) {
        let (first, length) = (kind / 4, 28 + kind % 4);
        // A month of that length; its weekdays are what we say.
        let (year, month) = match length {
            28 => (2001, 2),
            29 => (2000, 2),
            30 => (2001, 4),
            _ => (2001, 1),
        };
        for day in 1..=length {
            let weekday = Weekday::from_days_from_sunday((first + day - 1) % 7);
            if pattern.day_match(year, month, day, weekday).ok()? {
                *days |= 1 << day;
            }
        }
    }
    Some(days)
}

fn next_month(day: NaiveDate) -> Option<NaiveDate> {
    match day.month() {
        12 => NaiveDate::from_ymd_opt(day.year() + 1, 1, 1),
        month => NaiveDate::from_ymd_opt(day.year(), month + 1, 1),
    }
}

/// Seconds that a zone is ahead of UTC at an instant.
fn offset(zone: Tz, instant: i64) -> Option<i64> {
    let utc = DateTime::from_timestamp(instant, 0)?.naive_utc();
    Some(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into())
}

/// The first instant with the offset of `end`, given that `begin` has another.
fn change_between(zone: Tz, mut begin: i64, mut end: i64) -> Option<i64> {
    let after = offset(zone, end)?;
    while end - begin > 1 {
        let middle = i64::midpoint(begin, end);
        if offset(zone, middle)? == after {
            end = middle;
        } else {
            begin = middle;
        }
    }
    Some(end)
}

mod count;
#[cfg(test)]
mod tests;
