//! All schedules of a queue: by name, and by the instant of the next tick.

use super::schedule::{possible, valid_schedule, Overlap, Plan, Schedule, TickCounts, TickOutcome};
use super::timetable::{Compiled, LATEST_TICK};
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

/// All schedules of a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedules {
    by_name: BTreeMap<Arc<[u8]>, Schedule>,
    by_time: BTreeSet<(u64, Arc<[u8]>)>,
    bytes: usize,
}

impl Schedules {
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

    /// Memory held. O(1).
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
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
        });
        schedule.set(plan, compiled);
        schedule.next = next;
        self.insert(name, schedule);
    }

    /// Takes a schedule out.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Schedule> {
        let (name, schedule) = self.by_name.remove_entry(name)?;
        self.bytes = self.bytes.saturating_sub(schedule.bytes(name.len()));
        self.by_time.remove(&(schedule.next, name));
        Some(schedule)
    }

    /// The tick at `at` has had its fate. Without a next one the schedule is over, and gone.
    pub(crate) fn ticked(&mut self, name: &[u8], at: u64, next: Option<u64>, outcome: TickOutcome) {
        let Some(mut schedule) = self.remove(name) else { return };
        let Some(next) = next else { return };
        schedule.next = next;
        if matches!(outcome, TickOutcome::Enqueued | TickOutcome::Duplicate) {
            schedule.last = at;
        }
        if let Some(count) = schedule.counts.get_mut(outcome as usize) {
            *count = count.saturating_add(1);
        }
        self.insert(name, schedule);
    }

    /// So many instants of a schedule have no tick, beside those that were missed before.
    pub(crate) fn missed(&mut self, name: &[u8], count: u64) {
        if let Some(schedule) = self.by_name.get_mut(name) {
            schedule.missed = schedule.missed.saturating_add(count);
        }
    }

    /// Puts back how many instants of a schedule were missed. False: that cannot be, or is there already.
    #[must_use]
    pub(crate) fn restore_missed(&mut self, name: &[u8], count: u64) -> bool {
        let fits = count != 0 && self.get(name).is_some_and(|schedule| schedule.missed == 0);
        if fits {
            self.missed(name, count);
        }
        fits
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

    /// What a recount finds wrong.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        for (name, schedule) in &self.by_name {
            if !self.by_time.contains(&(schedule.next, Arc::clone(name))) {
                wrong
                    .push(format!("the schedule '{}' is not due at its next", String::from_utf8_lossy(name)));
            }
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
        self.by_name.insert(name, schedule);
    }
}
