//! One schedule, and the plan a client sets for it.

use super::passed::Passed;
use super::timetable::{Compiled, Timetable, LATEST_TICK};
use crate::queue::jobs::{AddRequest, Start};
use crate::queue::names::MAX_ID;
use crate::queue::time::FOREVER;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The longest name of a schedule in bytes.
pub const MAX_NAME: usize = 256;
/// An id is a name, `@` and an instant.
const _: () = assert!(MAX_NAME + 1 + 20 <= MAX_ID);

/// What a tick does while the job of the tick before it is unfinished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overlap {
    /// It enqueues another.
    #[default]
    Allow,
    /// The tick is dropped.
    Skip,
}

/// What a client sets under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The instants of its ticks.
    pub timetable: Timetable<&'a str>,
    /// No tick after this instant, Unix ms, or [`FOREVER`].
    pub until: u64,
    /// What one tick has to do with the next.
    pub overlap: Overlap,
    /// What each tick adds; it starts at once.
    pub request: AddRequest<&'a [u8]>,
}

/// What became of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickOutcome {
    /// Its job was added, or put in the place of or behind a job of its id.
    Enqueued,
    /// Its id was known.
    Duplicate,
    /// OVERLAP SKIP, and the job of an earlier tick was unfinished.
    Skipped,
    /// A limit of the queue, or the server's memory, stood against it.
    Dropped,
}

impl TickOutcome {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [TickOutcome; 4] =
        [TickOutcome::Enqueued, TickOutcome::Duplicate, TickOutcome::Skipped, TickOutcome::Dropped];

    /// The manual's name for how many there were.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TickOutcome::Enqueued => "enqueued",
            TickOutcome::Duplicate => "duplicates",
            TickOutcome::Skipped => "skipped",
            TickOutcome::Dropped => "dropped",
        }
    }
}

/// How many ticks had each [`TickOutcome`], in the order of [`TickOutcome::ALL`].
pub(crate) type TickCounts = [u64; TickOutcome::ALL.len()];

/// A rule that adds a job at each of its instants.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub(crate) timetable: Timetable<Box<str>>,
    /// The same, to be searched. It is always there: what does not compile is not accepted.
    pub(crate) compiled: Option<Compiled>,
    pub(crate) until: u64,
    pub(crate) overlap: Overlap,
    pub(crate) request: AddRequest<Arc<[u8]>>,
    /// The next tick, Unix ms.
    pub(crate) next: u64,
    /// The last tick whose job was enqueued or known already, Unix ms; 0: none was.
    pub(crate) last: u64,
    pub(crate) counts: TickCounts,
    /// How many instants have no tick, because a later one was due already when they were looked at.
    pub(crate) missed: u64,
    /// Those of them that come again if the clock is set back.
    pub(crate) passed: Option<Box<Passed>>,
}

impl Schedule {
    /// What a client has set.
    #[must_use]
    pub fn plan(&self) -> Plan<'_> {
        Plan {
            timetable: self.timetable.borrowed(),
            until: self.until,
            overlap: self.overlap,
            request: self.request.borrowed(),
        }
    }

    /// The next tick, Unix ms.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The last tick that has a job, Unix ms.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        Some(self.last).filter(|last| *last != 0)
    }

    /// What became of the ticks so far.
    pub fn counts(&self) -> impl Iterator<Item = (TickOutcome, u64)> + '_ {
        TickOutcome::ALL.into_iter().zip(self.counts)
    }

    /// How many of its instants were missed: they have no tick.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The first instant after `after` that is not decided. None: there is none.
    pub(crate) fn next_after(&self, timetable: &Compiled, after: u64) -> Option<u64> {
        match &self.passed {
            None => timetable.next_after(after),
            Some(passed) => passed.next_after(timetable, after, self.next),
        }
    }

    /// The last instant up to `end` that is not decided, if the next one is not after it.
    pub(crate) fn last_until(&self, timetable: &Compiled, end: u64) -> u64 {
        match &self.passed {
            None => timetable.last_until(self.next, end),
            Some(passed) => passed.last_until(timetable, self.next, end),
        }
    }

    /// How many instants are not decided from `from`, which is one, and before `end`.
    pub(crate) fn undecided(&self, timetable: &Compiled, from: u64, end: u64) -> u64 {
        match &self.passed {
            None => timetable.count(from.max(self.next), end),
            Some(passed) => passed.count(timetable, self.next, from, end),
        }
    }

    /// Changes what was passed over.
    pub(super) fn pass(&mut self, change: impl FnOnce(&mut Passed)) {
        let mut passed = self.passed.take().unwrap_or_default();
        change(&mut passed);
        self.passed = Some(passed).filter(|passed| !passed.is_empty());
    }

    /// The last instant that was passed over before the next tick.
    pub(super) fn last_passed(&self) -> Option<u64> {
        self.passed.as_ref()?.last_before(self.next)
    }

    /// Becomes what `plan` says; `compiled` is its timetable, if the caller has it.
    pub(crate) fn set(&mut self, plan: &Plan<'_>, compiled: Option<Compiled>) {
        if self.timetable.borrowed() != plan.timetable || self.compiled.is_none() {
            self.passed = None;
            self.timetable = plan.timetable.kept();
            self.compiled = compiled.or_else(|| plan.timetable.compile());
        }
        self.until = plan.until;
        self.overlap = plan.overlap;
        self.request = plan.request.kept();
    }

    /// Memory it takes under a name of `name` bytes, itself and its places in both indexes included.
    pub(crate) fn bytes(&self, name: usize) -> usize {
        let text = match &self.timetable {
            Timetable::Every { .. } => 0,
            Timetable::Cron { expression, .. } => expression.len(),
        };
        // Nodes of the trees are at least five elevenths full.
        let places = (size_of::<Self>() + size_of::<Arc<[u8]>>() + size_of::<(u64, Arc<[u8]>)>()) * 3 / 2;
        let compiled = self.compiled.as_ref().map_or(0, Compiled::bytes);
        let passed = self.passed.as_ref().map_or(0, |passed| passed.bytes());
        places + 2 * size_of::<usize>() + name + text + compiled + passed + self.request.bytes()
    }
}

/// A name has 1 to 256 bytes.
fn valid_name(name: &[u8]) -> bool {
    (1..=MAX_NAME).contains(&name.len())
}

/// The timetable of a schedule read from outside; None if it cannot be.
pub(crate) fn valid_schedule(name: &[u8], plan: &Plan<'_>, next: u64) -> Option<Compiled> {
    let fits = valid_name(name)
        && plan.request.job.start == Start::Now
        && plan.request.may_be_repeated()
        && (plan.until <= LATEST_TICK || plan.until == FOREVER)
        && possible(plan).contains(&next);
    plan.timetable.compile().filter(|_| fits)
}

/// Between which instants a plan ticks.
pub(crate) fn possible(plan: &Plan<'_>) -> RangeInclusive<u64> {
    let from = match plan.timetable {
        Timetable::Every { from, .. } | Timetable::Cron { from, .. } => from,
    };
    from.max(1)..=plan.until.min(LATEST_TICK)
}

/// What came of setting a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleSet {
    /// It ticks next at this instant, Unix ms.
    Next(u64),
    /// Its UNTIL is over: there is no such schedule now.
    Over,
    /// Its timetable has no instant: nothing has changed.
    Never,
}
