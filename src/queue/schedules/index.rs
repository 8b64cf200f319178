//! All schedules of a queue: by name, and by the instant of the next tick.

use super::passed::{Gap, Missed, Passed};
use super::schedule::{possible, valid_schedule, Overlap, Plan, Schedule, TickCounts, TickOutcome};
use super::timetable::{Compiled, LATEST_TICK};
use crate::queue::store::Empty;
use crate::queue::time::FOREVER;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A schedule as it is saved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SavedSchedule<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) plan: Plan<'a>,
    pub(crate) next: u64,
    pub(crate) last: u64,
    pub(crate) counts: TickCounts,
}

/// What a schedule has passed over, as it is saved.
#[derive(Debug, Clone)]
pub(crate) struct SavedPassed<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) resume: u64,
    pub(crate) gaps: Vec<Gap>,
}

/// All schedules of a queue.
#[derive(Debug, Clone)]
pub(crate) struct Schedules {
    by_name: BTreeMap<Arc<[u8]>, Schedule>,
    by_time: BTreeSet<(u64, Arc<[u8]>)>,
    /// Those that have passed over instants before their next tick, by the last of them.
    passed: BTreeSet<(u64, Arc<[u8]>)>,
    bytes: usize,
}

impl Schedules {
    pub(crate) const fn new() -> Self {
        Schedules { by_name: BTreeMap::new(), by_time: BTreeSet::new(), passed: BTreeSet::new(), bytes: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&Schedule> {
        self.by_name.get(name)
    }

    /// All of them with their names, by name.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &Schedule)> {
        self.by_name.iter().map(|(name, schedule)| (&**name, schedule))
    }

    /// The schedule that ticks next, and when.
    pub(crate) fn first(&self) -> Option<(u64, &Arc<[u8]>)> {
        self.by_time.first().map(|(at, name)| (*at, name))
    }

    /// The schedule with the last instant that was passed over, and that instant: where the clock is before it, it was
    /// set back.
    pub(crate) fn last_passed(&self) -> Option<(u64, &Arc<[u8]>)> {
        self.passed.last().map(|(last, name)| (*last, name))
    }

    /// Sets what is under `name`; a schedule that was there keeps its past.
    pub(crate) fn set(&mut self, name: &[u8], plan: &Plan<'_>, next: u64) {
        self.put(name, plan, next, None);
    }

    fn put(&mut self, name: &[u8], plan: &Plan<'_>, next: u64, compiled: Option<Compiled>) {
        let mut schedule = self.remove(name).unwrap_or_else(|| Schedule {
            timetable: plan.timetable.kept(),
            compiled: None,
            until: FOREVER,
            overlap: Overlap::Allow,
            request: plan.request.kept(),
            next,
            last: 0,
            counts: TickCounts::default(),
            missed: 0,
            passed: None,
        });
        schedule.set(plan, compiled);
        schedule.next = next;
        // What does not fit could only come out of order.
        schedule.passed = schedule.passed.take().filter(|passed| passed.is_sound(next));
        self.insert(name, schedule);
    }

    /// A schedule that is new passes over the instants before.
    pub(crate) fn pass_over(&mut self, name: &[u8], first: u64, last: u64) {
        let Some(mut schedule) = self.remove(name) else { return };
        schedule.passed = Passed::restored(vec![Gap { first, last }], 0, schedule.next).map(Box::new);
        self.insert(name, schedule);
    }

    /// Whether a schedule has passed over nothing yet, and may have passed over these instants.
    pub(crate) fn may_pass_over(&self, name: &[u8], first: u64, last: u64) -> bool {
        let fits =
            |schedule: &Schedule| Passed::restored(vec![Gap { first, last }], 0, schedule.next).is_some();
        self.get(name).is_some_and(|schedule| schedule.passed.is_none() && fits(schedule))
    }

    /// Takes a schedule out.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Schedule> {
        let (name, schedule) = self.by_name.remove_entry(name)?;
        self.bytes = self.bytes.saturating_sub(schedule.bytes(name.len()));
        self.by_time.remove(&(schedule.next, Arc::clone(&name)));
        if let Some(last) = schedule.last_passed() {
            self.passed.remove(&(last, name));
        }
        Some(schedule)
    }

    /// The tick at `at` has had its fate. Without a next one the schedule is over, and gone.
    pub(crate) fn ticked(
        &mut self,
        name: &[u8],
        at: u64,
        missed: Missed,
        next: Option<u64>,
        outcome: TickOutcome,
    ) {
        let Some(mut schedule) = self.remove(name) else { return };
        let Some(next) = next else { return };
        let due = std::mem::replace(&mut schedule.next, next);
        if missed.count > 0 || schedule.passed.is_some() {
            schedule.pass(|passed| passed.ticked(due, at, missed, next));
        }
        schedule.missed = schedule.missed.saturating_add(missed.count);
        if matches!(outcome, TickOutcome::Enqueued | TickOutcome::Duplicate) {
            schedule.last = at;
        }
        if let Some(count) = schedule.counts.get_mut(outcome as usize) {
            *count = count.saturating_add(1);
        }
        self.insert(name, schedule);
    }

    /// A schedule ticks next at `next`, which it had passed over; so many instants are to come again, and `last` is
    /// the last before them that is not.
    pub(crate) fn rewound(&mut self, name: &[u8], next: u64, last: Option<u64>, regained: u64) {
        let Some(mut schedule) = self.remove(name) else { return };
        let before = std::mem::replace(&mut schedule.next, next);
        schedule.pass(|passed| passed.rewound(before, next, last));
        schedule.missed = schedule.missed.saturating_sub(regained);
        self.insert(name, schedule);
    }

    /// Puts back how many instants of a schedule were missed. False: that cannot be, or is there already.
    #[must_use]
    pub(crate) fn restore_missed(&mut self, name: &[u8], count: u64) -> bool {
        let known = self.by_name.get_mut(name).filter(|schedule| schedule.missed == 0 && count != 0);
        known.map(|schedule| schedule.missed = count).is_some()
    }

    /// Puts back what a schedule has passed over. False: that cannot be, or is there already.
    #[must_use]
    pub(crate) fn restore_passed(&mut self, saved: SavedPassed<'_>) -> bool {
        let known = self.get(saved.name).filter(|schedule| schedule.passed.is_none());
        let Some(passed) =
            known.and_then(|schedule| Passed::restored(saved.gaps, saved.resume, schedule.next))
        else {
            return false;
        };
        let Some(mut schedule) = self.remove(saved.name) else { return false };
        schedule.passed = Some(Box::new(passed));
        self.insert(saved.name, schedule);
        true
    }

    /// Puts back what was saved. False: it cannot be.
    #[must_use]
    pub(crate) fn restore(&mut self, saved: &SavedSchedule<'_>) -> bool {
        if saved.last > LATEST_TICK || self.get(saved.name).is_some() {
            return false;
        }
        let Some(compiled) = valid_schedule(saved.name, &saved.plan, saved.next) else { return false };
        self.put(saved.name, &saved.plan, saved.next, Some(compiled));
        if let Some(schedule) = self.by_name.get_mut(saved.name) {
            schedule.last = saved.last;
            schedule.counts = saved.counts;
        }
        true
    }

    /// Every schedule by its name: the same on every server.
    pub(crate) fn saved(&self) -> impl Iterator<Item = SavedSchedule<'_>> {
        self.iter().map(|(name, schedule)| SavedSchedule {
            name,
            plan: schedule.plan(),
            next: schedule.next,
            last: schedule.last,
            counts: schedule.counts,
        })
    }

    /// Every schedule that has missed instants, by its name, and how many.
    pub(crate) fn saved_missed(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.iter().map(|(name, schedule)| (name, schedule.missed)).filter(|(_, missed)| *missed != 0)
    }

    /// Every schedule that has passed over instants, by its name.
    pub(crate) fn saved_passed(&self) -> impl Iterator<Item = SavedPassed<'_>> {
        self.iter().filter_map(|(name, schedule)| {
            let passed = schedule.passed.as_ref()?;
            Some(SavedPassed { name, resume: passed.resume(), gaps: passed.gaps().to_vec() })
        })
    }

    /// What a recount finds wrong.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        for (name, schedule) in &self.by_name {
            if !self.by_time.contains(&(schedule.next, Arc::clone(name))) {
                wrong
                    .push(format!("the schedule '{}' is not due at its next", String::from_utf8_lossy(name)));
            }
        }
        let passed = self.by_name.iter().filter_map(|(name, it)| Some((it.last_passed()?, Arc::clone(name))));
        if passed.collect::<BTreeSet<_>>() != self.passed {
            wrong.push("what schedules have passed over is off".into());
        }
        if self.by_time.len() != self.by_name.len() {
            let (due, are) = (self.by_time.len(), self.by_name.len());
            wrong.push(format!("{due} schedules are due some time, but there are {are}"));
        }
        let bytes: usize = self.by_name.iter().map(|(name, schedule)| schedule.bytes(name.len())).sum();
        if bytes != self.bytes {
            wrong.push(format!("schedules take {bytes} bytes, but {} are counted", self.bytes));
        }
    }

    /// Whether the schedule `name` could tick at `next` after this.
    pub(crate) fn may_tick_next(&self, name: &[u8], next: Option<u64>) -> bool {
        let range = self.get(name).map(|schedule| possible(&schedule.plan()));
        next.is_none_or(|next| range.is_some_and(|range| range.contains(&next)))
    }

    fn insert(&mut self, name: &[u8], schedule: Schedule) {
        let name: Arc<[u8]> = name.into();
        self.bytes += schedule.bytes(name.len());
        self.by_time.insert((schedule.next, Arc::clone(&name)));
        if let Some(last) = schedule.last_passed() {
            self.passed.insert((last, Arc::clone(&name)));
        }
        self.by_name.insert(name, schedule);
    }
}

impl Empty for Schedules {
    const EMPTY: &'static Self = &Schedules::new();

    fn heap_bytes(&self) -> usize {
        self.bytes
    }
}
