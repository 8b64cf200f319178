//! Setting schedules, and their ticks.

use super::access::{MemoryPressure, Session};
use super::add::Outcome;
use crate::queue::effect::Effect;
use crate::queue::schedules::{Compiled, Missed, Overlap, Plan, ScheduleSet, TickOutcome};
use crate::queue::store::IdEntry;
use crate::queue::time::SMALL_STEP;
use std::sync::Arc;

/// Ticks of one session: each costs about what an ADD costs, and a search of a timetable.
const TICKS: usize = 16;

/// What a tick is about.
struct Instants {
    /// Those that were due before it.
    missed: Missed,
    at: u64,
    next: Option<u64>,
}

impl Session<'_> {
    /// Sets what is under `name`. What is set already stays as it is.
    pub fn schedule(&mut self, name: &[u8], plan: &Plan<'_>) -> ScheduleSet {
        self.catch_up(name);
        let known = self.queue.schedules.get(name).map(|known| (known.plan(), known.next()));
        // What took the place of another may have the instants at which that one has ticked.
        let (is_new, mut before) = (known.is_none(), None);
        let next = match known {
            Some((known, next)) if known == *plan => return ScheduleSet::Next(next),
            Some((known, next)) if known.timetable == plan.timetable => Some(next),
            _ => {
                let Some(timetable) = plan.timetable.compile() else { return ScheduleSet::Never };
                let Some(next) = timetable.next_after(self.at()) else { return ScheduleSet::Never };
                before = instants_before(&timetable, self.at()).filter(|_| is_new);
                Some(next)
            }
        };
        let Some(next) = next.filter(|next| *next <= plan.until) else {
            self.unschedule(name);
            return ScheduleSet::Over;
        };
        self.change(&Effect::Scheduled { name, plan: *plan, next });
        if let Some((first, last)) = before {
            self.change(&Effect::PassedOver { name, first, last });
        }
        ScheduleSet::Next(next)
    }

    /// Drops what is under `name`. False: there is nothing.
    pub fn unschedule(&mut self, name: &[u8]) -> bool {
        self.catch_up(name);
        let is_there = self.queue.schedules.get(name).is_some();
        if is_there {
            self.change(&Effect::Unscheduled { name });
        }
        is_there
    }

    /// Lets schedules tick that are due, a bounded number: the timer comes again for the others.
    pub(crate) fn tick_due(&mut self) {
        self.rewind_passed();
        for _ in 0..TICKS {
            let Some((due, name)) = self.queue.schedules.first() else { return };
            if due > self.at() {
                return;
            }
            let name = Arc::clone(name);
            self.tick(&name);
        }
    }

    /// Where the clock was set back to before instants that schedules have passed over, lets these come again: of a
    /// bounded number of schedules, and of the others in the next sessions.
    fn rewind_passed(&mut self) {
        for _ in 0..TICKS {
            let Some((last, name)) = self.queue.schedules.last_passed() else { return };
            if last <= self.at() {
                return;
            }
            let name = Arc::clone(name);
            let Some((next, last, regained)) = self.regained(&name) else { return };
            self.change(&Effect::Rewound { name: &name, next, last, regained });
        }
    }

    /// Of the instants that a schedule has passed over: the first after now, the last before that, and how many come
    /// again. None: the zone has other rules than when it passed over them.
    fn regained(&self, name: &[u8]) -> Option<(u64, Option<u64>, u64)> {
        let (schedule, now) = (self.queue.schedules.get(name)?, self.at());
        let timetable = schedule.compiled.as_ref()?;
        let next = schedule.next_after(timetable, now).filter(|next| *next < schedule.next)?;
        let gap = schedule.passed.as_ref()?.gaps().iter().find(|gap| gap.last >= next)?;
        let last = (gap.first <= now).then(|| timetable.last_until(gap.first, now));
        Some((next, last, schedule.undecided(timetable, next, schedule.next)))
    }

    /// Lets schedules tick that are due until `count` jobs may run, at most `most`.
    pub(super) fn tick_until_runnable(&mut self, count: usize, most: usize) {
        for _ in 0..most {
            let Some((due, name)) = self.queue.schedules.first() else { return };
            if due > self.at() || self.queue.runnable() >= count {
                return;
            }
            let name = Arc::clone(name);
            self.tick(&name);
        }
    }

    /// Lets the schedule that a command names tick if it is due, even where others are before it.
    fn catch_up(&mut self, name: &[u8]) {
        if self.queue.schedules.get(name).is_some_and(|schedule| schedule.next() <= self.at()) {
            self.tick(name);
        }
    }

    /// One tick: of all that were missed only the last one counts.
    fn tick(&mut self, name: &[u8]) {
        let Some(Instants { missed, at, next }) = self.instants_of(name) else { return };
        let outcome = self.enqueue_tick(name, at);
        self.change(&Effect::Ticked { name, at, missed, next, outcome });
    }

    /// Which instant ticks now, and which comes after it.
    fn instants_of(&self, name: &[u8]) -> Option<Instants> {
        let schedule = self.queue.schedules.get(name)?;
        let (due, until) = (schedule.next, schedule.until);
        let Some(timetable) = &schedule.compiled else {
            return Some(Instants { missed: Missed::default(), at: due, next: None });
        };
        let end = self.at().min(until);
        let (at, next) = match schedule.next_after(timetable, due) {
            Some(later) if later <= end => {
                let last = schedule.last_until(timetable, end);
                (last, schedule.next_after(timetable, last))
            }
            next => (due, next),
        };
        let count = schedule.undecided(timetable, due, at);
        let last = if count > 0 { schedule.last_until(timetable, at.saturating_sub(1)) } else { 0 };
        Some(Instants { missed: Missed { count, last }, at, next: next.filter(|next| *next <= until) })
    }

    fn enqueue_tick(&mut self, name: &[u8], at: u64) -> TickOutcome {
        let Some(schedule) = self.queue.schedules.get(name) else { return TickOutcome::Dropped };
        let (kept, overlap, last) = (schedule.request.clone(), schedule.overlap, schedule.last);
        if overlap == Overlap::Skip && last != 0 && self.is_unfinished(&id_of_tick(name, last)) {
            return TickOutcome::Skipped;
        }
        let id = id_of_tick(name, at);
        let request = kept.borrowed();
        if self.memory() == MemoryPressure::AtLimit
            || self.room_for(1, [Some(&id[..])].into_iter(), request.batches.batch).is_err()
        {
            return TickOutcome::Dropped;
        }
        match self.enqueue(Some(&id), &request).outcome {
            Outcome::Duplicate => TickOutcome::Duplicate,
            Outcome::Added | Outcome::Replaced | Outcome::Rerun => TickOutcome::Enqueued,
        }
    }

    fn is_unfinished(&mut self, id: &[u8]) -> bool {
        match self.find(id) {
            Some(IdEntry::Job(handle)) => self.queue.job(handle).is_some_and(|job| !job.is_finished()),
            Some(IdEntry::Remembered(_)) | None => false,
        }
    }
}

/// The first instant of a timetable and the last before `now`, and not so shortly before it that a clock which is
/// corrected would come there again.
fn instants_before(timetable: &Compiled, now: u64) -> Option<(u64, u64)> {
    let (first, end) = (timetable.next_after(0)?, now.checked_sub(SMALL_STEP)?);
    (first <= end).then(|| (first, timetable.last_until(first, end)))
}

/// `name@instant`: one tick is one job, however many servers or restarts there are.
fn id_of_tick(name: &[u8], at: u64) -> Vec<u8> {
    let mut id = name.to_vec();
    id.extend_from_slice(format!("@{at}").as_bytes());
    id
}
