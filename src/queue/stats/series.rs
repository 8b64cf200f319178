//! What happened minute by minute, for the last day.
//!
//! Only minutes in which something happened are kept, so a quiet queue pays nothing; a busy one 46 KB at
//! most.

use crate::queue::time::LARGEST_COUNT;
use std::collections::VecDeque;

/// A minute in milliseconds.
const MINUTE: u64 = 60_000;
/// Minutes kept: a day.
pub const MOST_MINUTES: u64 = 1440;

/// What is counted by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeriesCount {
    Added,
    Completed,
    Failed,
}

/// What happened in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning, Unix ms.
    pub at: u64,
    /// Jobs added.
    pub added: u64,
    /// Jobs completed.
    pub completed: u64,
    /// Jobs that failed for good.
    pub failed: u64,
}

/// Minutes in which something happened, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series(VecDeque<Minute>);

impl Series {
    /// Counts one of `kind` at the instant `now`, Unix ms. O(1), unless the clock was set back: then O(log
    /// minutes), and minutes that are still to come stay until they are over or there are too many.
    pub(crate) fn count(&mut self, kind: SeriesCount, now: u64) {
        let at = now - now % MINUTE;
        let place = match self.0.back() {
            Some(last) if last.at == at => self.0.len() - 1,
            _ => self.open(at),
        };
        let Some(minute) = self.0.get_mut(place) else { return };
        let count = match kind {
            SeriesCount::Added => &mut minute.added,
            SeriesCount::Completed => &mut minute.completed,
            SeriesCount::Failed => &mut minute.failed,
        };
        *count = count.saturating_add(1).min(LARGEST_COUNT);
    }

    /// Where the minute is that begins at `at`; what is older than a day goes.
    fn open(&mut self, at: u64) -> usize {
        while self.0.front().is_some_and(|first| first.at.saturating_add(MOST_MINUTES * MINUTE) <= at) {
            self.0.pop_front();
        }
        let place = self.0.partition_point(|minute| minute.at < at);
        if self.0.get(place).is_none_or(|minute| minute.at != at) {
            self.0.insert(place, Minute { at, ..Minute::default() });
        }
        // Those of a day are no more than this: the last ones are of a clock that was ahead.
        self.0.truncate(usize::try_from(MOST_MINUTES).unwrap_or(usize::MAX));
        place
    }

    /// The last `minutes` minutes before `now`, newest first, none older than `since`. Where nothing happened
    /// there are zeros.
    pub(crate) fn last(&self, minutes: u64, now: u64, since: u64) -> Vec<Minute> {
        let newest = now - now % MINUTE;
        let oldest = newest.saturating_sub(minutes.saturating_sub(1) * MINUTE).max(since - since % MINUTE);
        let mut known = self.0.iter().rev().skip_while(|minute| minute.at > newest).peekable();
        let mut last = Vec::new();
        let mut at = newest;
        while at >= oldest {
            let happened = known.next_if(|minute| minute.at == at);
            last.push(happened.copied().unwrap_or(Minute { at, ..Minute::default() }));
            let Some(before) = at.checked_sub(MINUTE) else { break };
            at = before;
        }
        last
    }

    /// Every minute in its order, to be saved.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Minute> {
        self.0.iter()
    }

    /// Puts the next minute back. False: it cannot be the next.
    #[must_use]
    pub(crate) fn restore(&mut self, minute: Minute) -> bool {
        let counts = [minute.added, minute.completed, minute.failed];
        let fits = minute.at.is_multiple_of(MINUTE)
            && self.0.back().is_none_or(|last| last.at < minute.at)
            && (self.0.len() as u64) < MOST_MINUTES
            && counts.iter().all(|count| *count <= LARGEST_COUNT);
        self.0.extend(fits.then_some(minute));
        fits
    }

    /// Heap bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Minute>()
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

    #[test]
    fn a_day_is_kept_whatever_the_clock_does() {
        let mut series = Series::default();
        for minute in 0..5000 {
            series.count(SeriesCount::Added, minute * MINUTE);
        }
        assert_eq!(series.0.len(), 1440);
        let year = 525_600 * MINUTE;
        for minute in 0..1440 {
            series.count(SeriesCount::Added, year + minute * MINUTE);
        }
        assert_eq!(series.0.len(), 1440);
        for minute in 5000..5010 {
            series.count(SeriesCount::Added, minute * MINUTE);
        }
        assert_eq!(series.0.len(), 1440, "back again: the last minutes of the wrong year go");
        assert_eq!(added(&series, 2, 5009 * MINUTE), [(5009, 1), (5008, 1)]);
        series.count(SeriesCount::Added, u64::MAX);
        assert_eq!(series.last(1440, u64::MAX, 0).len(), 1440);
    }
}
