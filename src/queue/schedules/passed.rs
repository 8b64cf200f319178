//! The instants that a schedule has passed over. They were missed, because a later one was due already, and come again
//! only if the clock is set back to before them. No instant ticks twice.
//!
//! ```text
//!   the clock was far ahead for a moment, and ticked there:
//!          ├ passed over ────────────────────┤ ticked           ├ to come
//!        first                             last          next tick
//!
//!   it was set back, into what was passed over:
//!          ├ passed ┤    ├ to come ──────────┤ decided          ├ to come
//!                    next tick                               resume
//! ```

use super::timetable::{Compiled, LATEST_TICK};

/// So many gaps are known of one schedule; each has two numbers.
const GAPS: usize = 8;

/// Instants that have no tick, from the first to the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// The instants before a tick that have none of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missed {
    /// How many there are.
    pub count: u64,
    /// The last of them, Unix ms, if there is any.
    pub last: u64,
}

/// What a schedule has passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// In their order.
    gaps: Vec<Gap>,
    /// From this instant on nothing is decided, before it only the gaps are not; 0: that is the next tick.
    resume: u64,
}

impl Passed {
    /// From what was saved of a schedule that ticks at `next`. None: it cannot be.
    pub(crate) fn restored(gaps: Vec<Gap>, resume: u64, next: u64) -> Option<Self> {
        let passed = Passed { gaps, resume };
        (passed.is_sound(next) && !passed.is_empty()).then_some(passed)
    }

    pub(crate) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    pub(crate) fn resume(&self) -> u64 {
        self.resume
    }

    /// Memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.gaps.len() * size_of::<Gap>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.gaps.is_empty() && self.resume == 0
    }

    /// The last instant that was passed over before the tick at `next`.
    pub(crate) fn last_before(&self, next: u64) -> Option<u64> {
        self.gaps.iter().rev().map(|gap| gap.last).find(|last| *last < next)
    }

    /// The first instant after `after` that is not decided, where the next tick is at `next`.
    pub(crate) fn next_after(&self, timetable: &Compiled, after: u64, next: u64) -> Option<u64> {
        let found = timetable.next_after(after)?;
        let open_from = self.open_from(next);
        let in_gap = self.gaps.iter().find(|gap| gap.last > after).map(|gap| gap.first.max(found));
        Some(in_gap.filter(|instant| *instant < open_from).unwrap_or(found.max(open_from)))
    }

    /// The last instant up to `end` that is not decided; `next` is one.
    pub(crate) fn last_until(&self, timetable: &Compiled, next: u64, end: u64) -> u64 {
        let open_from = self.open_from(next);
        if open_from <= end {
            return timetable.last_until(open_from, end);
        }
        let gap = self.gaps.iter().rev().find(|gap| gap.first <= end && gap.last >= next);
        gap.map_or(next, |gap| timetable.last_until(gap.first.max(next), end.min(gap.last)))
    }

    /// How many instants are not decided from `from`, which is one, and before `end`.
    pub(crate) fn count(&self, timetable: &Compiled, next: u64, from: u64, end: u64) -> u64 {
        let open_from = self.open_from(next);
        let gaps = self.gaps.iter().map(|gap| (gap.first.max(from), end.min(gap.last.saturating_add(1))));
        let parts = gaps.chain([(open_from.max(from), end)]);
        parts.filter(|(from, end)| from < end).map(|(from, end)| timetable.count(from, end)).sum()
    }

    /// The schedule, which was to tick at `due`, has ticked at `at`, and does next at `next`.
    pub(crate) fn ticked(&mut self, due: u64, at: u64, missed: Missed, next: u64) {
        let open_from = self.open_from(due);
        if at >= open_from {
            // Those that were missed may all lie in the gaps.
            if missed.count > 0 && missed.last >= open_from {
                self.gaps.push(Gap { first: open_from, last: missed.last });
            }
            self.resume = 0;
        } else {
            self.split(at, Some(missed.last).filter(|_| missed.count > 0), next);
            self.resume = if next < open_from { open_from } else { 0 };
        }
        self.settle(next);
    }

    /// The schedule was to tick at `before`, and does at `next` now, which was passed over; `last` is the last instant
    /// that stays so before it.
    pub(crate) fn rewound(&mut self, before: u64, next: u64, last: Option<u64>) {
        let open_from = self.open_from(before);
        self.split(next, last, next);
        self.resume = open_from;
        self.settle(next);
    }

    /// From where on nothing is decided.
    fn open_from(&self, next: u64) -> u64 {
        self.resume.max(next)
    }

    /// Of the gap around `at` stays what is up to `last` and what is from `next` on.
    fn split(&mut self, at: u64, last: Option<u64>, next: u64) {
        let Some(place) = self.gaps.iter().position(|gap| gap.last >= at) else { return };
        let Gap { first, last: end } = self.gaps.remove(place);
        let parts = [last.map(|last| Gap { first, last }), Some(Gap { first: next.max(first), last: end })];
        let parts = parts.into_iter().flatten().filter(|gap| gap.first <= gap.last);
        let rest = self.gaps.split_off(place);
        self.gaps.extend(parts.chain(rest));
    }

    /// Forgets gaps beyond those that are kept: first the one that is least wide for how long ago it was. And all of
    /// them, should they contradict each other: then they are taken to be decided.
    fn settle(&mut self, next: u64) {
        let newest = self.gaps.last().map_or(0, |gap| gap.last);
        let worth = |gap: &Gap| {
            let (width, age) = (gap.last.saturating_sub(gap.first) + 1, newest.saturating_sub(gap.last) + 1);
            (u128::from(width) << 64) / u128::from(age)
        };
        while self.gaps.len() > GAPS {
            let least =
                self.gaps.iter().enumerate().min_by_key(|(_, gap)| worth(gap)).map(|(place, _)| place);
            least.map(|place| self.gaps.remove(place));
        }
        if !self.is_sound(next) {
            *self = Passed::default();
        }
    }

    /// Whether it can be what a schedule has passed over that ticks at `next`.
    pub(super) fn is_sound(&self, next: u64) -> bool {
        let open_from = self.open_from(next);
        self.gaps.len() <= GAPS
            && self.gaps.iter().all(|gap| (1..=gap.last).contains(&gap.first) && gap.last < open_from)
            && self.gaps.is_sorted_by(|one, other| one.last < other.first)
            && (self.resume == 0 || (next + 1..=LATEST_TICK).contains(&self.resume))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::schedules::Timetable;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn gap(first: u64, last: u64) -> Gap {
        Gap { first, last }
    }

    /// A schedule every 10 ms, and beside it a set of all that has ticked.
    struct Watched {
        timetable: Compiled,
        passed: Passed,
        next: u64,
        ticked: BTreeSet<u64>,
        missed: u64,
    }

    impl Watched {
        fn new() -> Self {
            let timetable = Timetable::<&str>::Every { ms: 10, from: 0 }.compile().unwrap();
            Watched { timetable, passed: Passed::default(), next: 10, ticked: BTreeSet::new(), missed: 0 }
        }

        /// What a session does at `now`.
        fn live(&mut self, now: u64) {
            let Watched { timetable, passed, next, .. } = self;
            if passed.last_before(*next).is_some_and(|last| last > now) {
                let (before, to) = (*next, passed.next_after(timetable, now, *next).unwrap());
                let gap = passed.gaps.iter().find(|gap| gap.last >= to).unwrap();
                let last = (gap.first <= now).then(|| timetable.last_until(gap.first, now));
                self.missed -= passed.count(timetable, before, to, before);
                passed.rewound(before, to, last);
                *next = to;
            }
            if *next > now {
                return;
            }
            let at = passed.last_until(timetable, *next, now);
            let count = passed.count(timetable, *next, *next, at);
            let last = if count > 0 { passed.last_until(timetable, *next, at - 1) } else { 0 };
            let then = passed.next_after(timetable, at, *next).unwrap();
            passed.ticked(*next, at, Missed { count, last }, then);
            (self.next, self.missed) = (then, self.missed + count);
            assert!(self.ticked.insert(at), "{at} ticked twice");
        }
    }

    #[test]
    fn a_moment_far_ahead_costs_one_tick() {
        let mut watched = Watched::new();
        for now in [10, 20, 1000] {
            watched.live(now);
        }
        assert_eq!((watched.passed.gaps(), watched.next), (&[gap(30, 990)][..], 1010));
        watched.live(35);
        assert_eq!((watched.passed.gaps(), watched.next), (&[gap(30, 30), gap(40, 990)][..], 40));
        (36..1025).for_each(|now| watched.live(now));
        let all: BTreeSet<u64> = (1..=102).map(|n| n * 10).filter(|n| *n != 30).collect();
        assert_eq!((&watched.ticked, watched.missed, watched.next), (&all, 1, 1030));
    }

    #[test]
    fn a_tick_right_behind_what_was_passed_over_forgets_nothing() {
        let mut watched = Watched::new();
        for now in [10, 1000, 35, 1010] {
            watched.live(now);
        }
        assert_eq!((watched.passed.gaps(), watched.missed), (&[gap(20, 30), gap(40, 990)][..], 98));
        watched.live(45);
        assert_eq!((watched.next, watched.missed), (50, 3));
    }

    #[test]
    fn what_has_ticked_ahead_rests_when_the_clock_comes_there_again() {
        let mut watched = Watched::new();
        (1000..=1050).for_each(|now| watched.live(now));
        (950..=1060).for_each(|now| watched.live(now));
        let ahead = [960, 970, 980, 990, 1000, 1010, 1020, 1030, 1040, 1050, 1060];
        assert!(watched.ticked.iter().eq(&ahead), "{:?}", watched.ticked);
    }

    #[test]
    fn the_narrowest_of_long_ago_is_forgotten_first() {
        let mut watched = Watched::new();
        let mut now = 5000;
        watched.live(now);
        for _ in 0..20 {
            now += 30;
            watched.live(now);
        }
        assert_eq!(watched.passed.gaps().len(), GAPS);
        assert_eq!(watched.passed.gaps().first(), Some(&gap(10, 4990)));
    }

    proptest! {
        #[test]
        fn no_instant_ticks_twice_and_each_is_counted_once(
            steps in prop::collection::vec((0..400_u64, prop::bool::weighted(0.3)), 1..60),
        ) {
            let (mut watched, mut now, mut knows_all) = (Watched::new(), 5_u64, true);
            for (by, back) in steps {
                now = if back { now.saturating_sub(by).max(1) } else { now + by };
                watched.live(now);
                prop_assert!(watched.passed.is_sound(watched.next));
                let before = watched.passed.last_before(watched.next);
                prop_assert!(watched.next > now && before.is_none_or(|last| last <= now));
                let (all, ahead) = (watched.passed.open_from(watched.next), watched.next);
                let undecided = watched.passed.count(&watched.timetable, ahead, ahead, all);
                let counted = watched.ticked.len() as u64 + watched.missed + undecided;
                // What is forgotten is taken to have ticked.
                knows_all &= watched.passed.gaps.len() < GAPS;
                let instants = all.div_ceil(10) - 1;
                prop_assert!(counted == instants || (counted < instants && !knows_all), "{counted} of {instants}");
            }
        }
    }
}
