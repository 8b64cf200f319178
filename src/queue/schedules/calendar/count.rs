//! How many instants of an expression lie between two: counted day by day, not instant by instant.

use super::{change_between, offset, Calendar, Change, DAY};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use std::ops::Range;

/// Days that a count looks at, a day more at either end: where more lie between the two instants, the earliest are
/// not counted.
const COUNTED_DAYS: i64 = 4 * 366;

impl Calendar {
    /// How many instants match in `zone` within `range`, in Unix seconds, of those of its last four years. O(days).
    pub(in crate::queue::schedules) fn count(&self, zone: Tz, range: Range<i64>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let range = range.start.max(range.end - COUNTED_DAYS * DAY)..range.end;
        let date =
            |instant: i64| Some(DateTime::from_timestamp(instant + offset(zone, instant)?, 0)?.date_naive());
        let ends = date(range.start).zip(date(range.end));
        // One more at either end: clocks go back over midnight.
        let Some((Some(first), Some(last))) = ends.map(|(first, last)| (first.pred_opt(), last.succ_opt()))
        else {
            return 0;
        };
        let days = first.iter_days().take_while(|day| *day <= last);
        days.filter(|day| self.matches_day(*day)).filter_map(|day| self.count_on(day, zone, &range)).sum()
    }

    /// The same on a day that matches, each where [`Calendar::first_on`] finds it.
    fn count_on(&self, day: NaiveDate, zone: Tz, range: &Range<i64>) -> Option<u64> {
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
        let (begin, end) = (midnight - DAY, midnight + 2 * DAY);
        let (before, after) = (offset(zone, begin)?, offset(zone, end)?);
        let within = |from: i64, to: i64| self.times_within(from - midnight..to - midnight);
        if before == after {
            return Some(within(range.start + before, range.end + before));
        }
        let at = change_between(zone, begin, end)?;
        let early = within(range.start + before, range.end.min(at) + before);
        let skipped = self.change == Change::OnceADay
            && range.contains(&at)
            && within(at + before, at + after) > 0
            && !self.matches_wall(at + after);
        let repeated_from = match self.change {
            Change::ByTheClock => at + after,
            Change::OnceADay => at + before.max(after),
        };
        let late = within(repeated_from.max(range.start + after), range.end + after);
        Some(early + u64::from(skipped) + late)
    }

    /// Whether a wall clock time is one of the expression.
    fn matches_wall(&self, wall: i64) -> bool {
        let day = DateTime::from_timestamp(wall, 0).map(|wall| wall.date_naive());
        let second = wall.rem_euclid(DAY);
        day.is_some_and(|day| self.matches_day(day)) && self.times_within(second..second + 1) > 0
    }

    /// How many times of day are within a range of seconds, as far as those are of one day.
    fn times_within(&self, seconds: Range<i64>) -> u64 {
        self.times_before(seconds.end).saturating_sub(self.times_before(seconds.start))
    }

    fn times_before(&self, second: i64) -> u64 {
        let below = |set: u64, value: u32| u64::from((set & !(u64::MAX << value)).count_ones());
        let is_in = |set: u64, value: u32| u64::from((set >> value & 1) as u32);
        let Ok(second) = u32::try_from(second.clamp(0, DAY)) else { return 0 };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let (a_minute, minutes) = (below(self.seconds, 60), below(self.minutes, 60));
        let this_minute = is_in(self.minutes, minute) * below(self.seconds, second);
        let this_hour = below(self.minutes, minute) * a_minute + this_minute;
        below(self.hours, hour) * minutes * a_minute + is_in(self.hours, hour) * this_hour
    }
}
