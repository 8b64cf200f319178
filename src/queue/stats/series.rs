//! What happened minute by minute, for two weeks.
//!
//! Only minutes in which something happened are kept, so a quiet queue pays nothing. Those of the last day can be
//! counted in at once; older ones are packed ([`super::packed_minutes`]). A busy queue has 46 KB of the former and some
//! 150 KB of the latter.

use super::minute::{Minute, MINUTE};
use super::packed_minutes::PackedMinutes;
use crate::queue::time::LARGEST_COUNT;
use std::collections::VecDeque;

const DAY: u64 = 1440 * MINUTE;
/// Minutes that can be asked for: two weeks.
pub const MOST_MINUTES: u64 = 14 * 1440;
/// So many are kept: whole hours are dropped.
const MOST_KEPT: u64 = MOST_MINUTES + 60;

/// What is counted by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeriesCount {
    Added,
    Completed,
    Failed,
}

/// Minutes in which something happened, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    /// Those older than a day. None: there are none.
    older: Option<Box<PackedMinutes>>,
    /// The others, all after those.
    recent: VecDeque<Minute>,
}

impl Series {
    /// Counts one of `kind` at the instant `now`, Unix ms. O(1), unless the clock was set back: then O(log
    /// minutes), and minutes that are still to come stay until they are over or there are too many.
    pub(crate) fn count(&mut self, kind: SeriesCount, now: u64) {
        let at = now - now % MINUTE;
        let place = match self.recent.back() {
            Some(last) if last.at == at => self.recent.len() - 1,
            _ => self.open(at),
        };
        let Some(minute) = self.recent.get_mut(place) else { return };
        let count = match kind {
            SeriesCount::Added => &mut minute.added,
            SeriesCount::Completed => &mut minute.completed,
            SeriesCount::Failed => &mut minute.failed,
        };
        *count = count.saturating_add(1).min(LARGEST_COUNT);
    }

    /// Where the minute is that begins at `at`. What is older than a day is packed, what is older than two weeks goes.
    fn open(&mut self, at: u64) -> usize {
        self.pack(at);
        if let Some(older) = &mut self.older {
            older.drop_before(at.saturating_sub((MOST_MINUTES - 1) * MINUTE));
            // The clock was set back into what is packed.
            while let Some(hour) = older.pop_if_after(at) {
                hour.into_iter().rev().for_each(|minute| self.recent.push_front(minute));
            }
        }
        let place = self.recent.partition_point(|minute| minute.at < at);
        if self.recent.get(place).is_none_or(|minute| minute.at != at) {
            self.make_room();
            self.recent.insert(place, Minute { at, ..Minute::default() });
        }
        // Those of two weeks are no more than this: the last ones are of a clock that was ahead.
        let surplus = self.len().saturating_sub(MOST_KEPT);
        let fitting = (self.recent.len() as u64).saturating_sub(surplus);
        self.recent.truncate(usize::try_from(fitting).unwrap_or(usize::MAX));
        place
    }

    /// The first minute takes memory for one alone: queues with a few jobs at one time are many.
    fn make_room(&mut self) {
        if self.recent.capacity() == 0 {
            self.recent.reserve_exact(1);
        }
    }

    /// Packs what is older than a day at `at`.
    fn pack(&mut self, at: u64) {
        while let Some(&minute) = self.recent.front().filter(|first| first.at.saturating_add(DAY) <= at) {
            self.recent.pop_front();
            self.older.get_or_insert_default().push(&minute);
        }
    }

    /// How many minutes there are.
    fn len(&self) -> u64 {
        self.recent.len() as u64 + self.older.as_ref().map_or(0, |older| older.len())
    }

    /// The last `minutes` minutes before `now`, newest first, none older than `since`. Where nothing happened
    /// there are zeros.
    pub(crate) fn last(&self, minutes: u64, now: u64, since: u64) -> Vec<Minute> {
        let newest = now - now % MINUTE;
        let oldest = newest.saturating_sub(minutes.saturating_sub(1) * MINUTE).max(since - since % MINUTE);
        let recent = self.recent.iter().rev().copied();
        let older = self.older.iter().flat_map(|older| older.iter_back());
        let mut known = recent.chain(older).skip_while(|minute| minute.at > newest).peekable();
        let mut last = Vec::new();
        let mut at = newest;
        while at >= oldest {
            let happened = known.next_if(|minute| minute.at == at);
            last.push(happened.unwrap_or(Minute { at, ..Minute::default() }));
            let Some(before) = at.checked_sub(MINUTE) else { break };
            at = before;
        }
        last
    }

    /// Every minute in its order, to be saved.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Minute> + '_ {
        let older = self.older.iter().flat_map(|older| older.iter());
        older.chain(self.recent.iter().copied())
    }

    /// Puts the next minute back. False: it cannot be the next.
    #[must_use]
    pub(crate) fn restore(&mut self, minute: Minute) -> bool {
        let counts = [minute.added, minute.completed, minute.failed];
        let fits = minute.at.is_multiple_of(MINUTE)
            && self.recent.back().is_none_or(|last| last.at < minute.at)
            && self.len() < MOST_KEPT
            && counts.iter().all(|count| *count <= LARGEST_COUNT);
        if fits {
            self.make_room();
            self.recent.push_back(minute);
            self.pack(minute.at);
        }
        fits
    }

    /// Heap bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.recent.capacity() * size_of::<Minute>() + self.older.as_ref().map_or(0, |older| older.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(series: &Series, minutes: u64, now: u64) -> Vec<(u64, u64)> {
        series.last(minutes, now, 0).iter().map(|minute| (minute.at / MINUTE, minute.added)).collect()
    }

    #[test]
    fn minutes_are_told_newest_first_with_zeros_between() {
        let mut series = Series::default();
        for now in [600_000, 659_999, 720_000] {
            series.count(SeriesCount::Added, now);
        }
        series.count(SeriesCount::Failed, 720_001);
        assert_eq!(added(&series, 3, 725_000), [(12, 1), (11, 0), (10, 2)]);
        assert_eq!(added(&series, 2, 780_000), [(13, 0), (12, 1)]);
        assert_eq!(series.last(60, 725_000, 700_000).len(), 2, "none before there was a queue");
    }

    /// What a restored copy of it is.
    fn restored(series: &Series) -> Series {
        let mut copy = Series::default();
        assert!(series.iter().all(|minute| copy.restore(minute)));
        copy
    }

    #[test]
    fn two_weeks_are_kept_whatever_the_clock_does() {
        let mut series = Series::default();
        let kept = |series: &Series| (MOST_MINUTES..=MOST_KEPT).contains(&series.len());
        for minute in 0..50_000 {
            series.count(SeriesCount::Added, minute * MINUTE);
        }
        assert!(kept(&series) && series.recent.len() <= 1440);
        let year = 525_600 * MINUTE;
        for minute in 0..30_000 {
            series.count(SeriesCount::Added, year + minute * MINUTE);
        }
        assert!(kept(&series));
        for minute in 50_000..50_010 {
            series.count(SeriesCount::Added, minute * MINUTE);
        }
        assert!(kept(&series), "back again: the last minutes of the wrong year go");
        assert_eq!(added(&series, 2, 50_009 * MINUTE), [(50_009, 1), (50_008, 1)]);
        assert!(restored(&series).iter().eq(series.iter()));
        series.count(SeriesCount::Added, u64::MAX);
        assert_eq!(series.last(MOST_MINUTES, u64::MAX, 0).len() as u64, MOST_MINUTES);
    }

    #[test]
    fn a_clock_set_back_goes_on_counting_in_the_minutes_of_old() {
        let mut series = Series::default();
        let days = |days: u64| days * DAY;
        for at in [0, 7, 65, 3000] {
            series.count(SeriesCount::Added, at * MINUTE);
        }
        series.count(SeriesCount::Added, days(5));
        assert_eq!(series.recent.len(), 1, "all others are packed");
        let mut copy = restored(&series);
        for series in [&mut series, &mut copy] {
            series.count(SeriesCount::Failed, 65 * MINUTE);
            series.count(SeriesCount::Added, 66 * MINUTE);
            let minutes: Vec<_> = series.iter().map(|m| (m.at / MINUTE, m.added, m.failed)).collect();
            assert_eq!(minutes, [(0, 1, 0), (7, 1, 0), (65, 1, 1), (66, 1, 0), (3000, 1, 0), (7200, 1, 0)]);
            series.count(SeriesCount::Added, days(14) + 66 * MINUTE);
            assert_eq!(
                series.iter().map(|minute| minute.at / MINUTE).next(),
                Some(65),
                "the hour of the first is over"
            );
        }
        assert!(copy.iter().eq(series.iter()));
        assert_eq!(added(&series, MOST_MINUTES, days(14) + 66 * MINUTE).last(), Some(&(67, 0)));
    }

    #[test]
    fn two_busy_weeks_take_less_than_a_quarter_of_a_megabyte() {
        let mut series = Series::default();
        for minute in 0..2 * MOST_MINUTES {
            let counts = Minute { at: minute * MINUTE, added: 60_000, completed: 59_990, failed: 10 };
            series.count(SeriesCount::Added, counts.at);
            if let Some(last) = series.recent.back_mut() {
                *last = counts;
            }
        }
        assert!(series.bytes() < 250_000, "{} bytes", series.bytes());
    }
}
