//! Walks over the jobs of a state and over remembered ids, in the order in which they are listed, from a place on.

use super::selection::Wanted;
use crate::queue::jobs::JobState;
use crate::queue::store::{Handle, InstantKey, LaneKey, LaneNumber, Order, PriorityKey};
use crate::queue::time::{QueueMs, FOREVER};
use crate::queue::value::Queue;

/// A place in a listing: where the next page begins. Its meaning depends on the state that is listed and on
/// what is selected, so it stays valid however the queue changes in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// A priority or an instant; of what a worker holds 0.
    pub major: i64,
    /// A sequence number; of what a worker holds a token.
    pub minor: i64,
}

/// Which way a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// In the order in which jobs run, or have finished.
    Forward,
    /// From the end.
    Backward,
}

/// Where a walk begins, and which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListStart {
    /// Which way it goes.
    pub direction: Direction,
    /// None: at the beginning of that way.
    pub from: Option<Position>,
}

/// Handles (of ids: packed entries) in the order of a listing, each with its place.
pub(super) type Walk<'q> = Box<dyn Iterator<Item = (Handle, Position)> + 'q>;

/// A key of an index as a place in a listing, and back.
trait Place: Ord + Copy {
    fn position(self) -> Position;

    /// The key at a position, if there can be one, in the part of the index that `lowest` is the lowest key of.
    fn at(position: Position, lowest: Self) -> Option<Self>;
}

const PRIORITIES: (PriorityKey, PriorityKey) =
    (PriorityKey { priority: i32::MIN, seq: i64::MIN }, PriorityKey { priority: i32::MAX, seq: i64::MAX });
const INSTANTS: (InstantKey, InstantKey) =
    (InstantKey { at: 0, seq: i64::MIN }, InstantKey { at: FOREVER, seq: i64::MAX });

impl Place for PriorityKey {
    fn position(self) -> Position {
        Position { major: i64::from(self.priority), minor: self.seq }
    }

    fn at(position: Position, _: Self) -> Option<Self> {
        let priority = i32::try_from(position.major).ok()?;
        Some(PriorityKey { priority, seq: position.minor })
    }
}

impl Place for InstantKey {
    /// For ever is -1.
    fn position(self) -> Position {
        Position { major: i64::try_from(self.at).unwrap_or(-1), minor: self.seq }
    }

    fn at(position: Position, _: Self) -> Option<Self> {
        let at = if position.major == -1 { FOREVER } else { u64::try_from(position.major).ok()? };
        Some(InstantKey { at, seq: position.minor })
    }
}

/// In one lane.
impl Place for LaneKey {
    fn position(self) -> Position {
        self.key.position()
    }

    fn at(position: Position, lowest: Self) -> Option<Self> {
        PriorityKey::at(position, lowest.key).map(|key| LaneKey { key, ..lowest })
    }
}

/// A token.
impl Place for u64 {
    fn position(self) -> Position {
        Position { major: 0, minor: i64::try_from(self).unwrap_or(i64::MAX) }
    }

    fn at(position: Position, _: Self) -> Option<Self> {
        u64::try_from(position.minor).ok()
    }
}

impl Queue {
    /// The jobs of a state in their order, by the index that has fewest of those that are not wanted.
    pub(super) fn walk_state(&self, state: JobState, wanted: &Wanted<'_>, start: ListStart) -> Walk<'_> {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        let finished = (
            InstantKey { at: wanted.since, seq: i64::MIN },
            InstantKey { at: wanted.until.saturating_sub(1), seq: i64::MAX },
        );
        if wanted.since >= wanted.until {
            return nothing();
        }
        match (state, wanted.lane, wanted.worker) {
            (JobState::Active, _, Some(worker)) => self.walk_worker(worker, start),
            (JobState::Active, _, None) => self.walk_by_queue_clock(&indexes.active, start),
            (JobState::Completed, ..) => walk(&indexes.completed, start, finished, |h| jobs.finished_key(h)),
            (JobState::Failed, ..) => walk(&indexes.failed, start, finished, |h| jobs.finished_key(h)),
            (JobState::Waiting, Some(lane), None) => self.walk_lane(lane, start),
            (JobState::Waiting, None, None) => self.walk_waiting(start),
            (JobState::Delayed, _, None) => self.walk_delayed(start),
            (JobState::Blocked, _, None) => {
                walk(&indexes.blocked, start, PRIORITIES, |h| jobs.priority_key(h))
            }
            // No worker has or had the former, and the latter are gone.
            (JobState::Waiting | JobState::Delayed | JobState::Blocked, _, Some(_))
            | (JobState::Expired | JobState::Cancelled, ..) => nothing(),
        }
    }

    /// Remembered ids by the end of their windows, those last that are refused for ever.
    pub(super) fn walk_remembered(&self, start: ListStart) -> Walk<'_> {
        let table = &self.jobs.table;
        walk(&self.jobs.indexes.remembered, start, INSTANTS, |packed| table.forget_key(packed))
    }

    /// Waiting jobs with and without a group, by their places. In which order lanes will run is decided claim
    /// by claim.
    fn walk_waiting(&self, start: ListStart) -> Walk<'_> {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        let by_place = |index| walk(index, start, PRIORITIES, |h| jobs.priority_key(h)).peekable();
        let (mut alone, mut grouped) = (by_place(&indexes.waiting), by_place(&indexes.grouped));
        Box::new(std::iter::from_fn(move || {
            let key = |(handle, _): &(Handle, Position)| jobs.priority_key(*handle);
            let grouped_first = match (alone.peek().map(key), grouped.peek().map(key)) {
                (Some(one), Some(other)) => (one > other) == (start.direction == Direction::Forward),
                (one, _) => one.is_none(),
            };
            if grouped_first { &mut grouped } else { &mut alone }.next()
        }))
    }

    /// Delayed jobs and those that wait for their next attempt, by when they are due.
    fn walk_delayed(&self, start: ListStart) -> Walk<'_> {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        let mut delayed = walk(&indexes.delayed, start, INSTANTS, |h| jobs.due_key(h)).peekable();
        let mut retrying = self.walk_by_queue_clock(&indexes.retrying, start).peekable();
        Box::new(std::iter::from_fn(move || {
            let place = |(_, position): &(Handle, Position)| (position.major, position.minor);
            let retrying_first = match (delayed.peek().map(place), retrying.peek().map(place)) {
                (Some(one), Some(other)) => (one > other) == (start.direction == Direction::Forward),
                (one, _) => one.is_none(),
            };
            if retrying_first { &mut retrying } else { &mut delayed }.next()
        }))
    }

    /// The jobs of an index that is sorted by the clock of the queue. Their places are by the server's, where they
    /// are also after a restart.
    fn walk_by_queue_clock<'q>(&'q self, index: &'q Order<InstantKey>, start: ListStart) -> Walk<'q> {
        let (jobs, lead) = (&self.jobs.table, self.lead);
        let from = start.from.and_then(|from| InstantKey::at(from, INSTANTS.0));
        let from = from.map(|key| InstantKey { at: lead.queue_ms(key.at).0, ..key }.position());
        let placed = walk(index, ListStart { from, ..start }, INSTANTS, |h| jobs.due_key(h));
        Box::new(placed.map(move |(handle, _)| {
            let key = jobs.due_key(handle);
            (handle, InstantKey { at: lead.unix_ms(QueueMs(key.at)), ..key }.position())
        }))
    }

    fn walk_lane(&self, lane: LaneNumber, start: ListStart) -> Walk<'_> {
        let jobs = &self.jobs.table;
        let bounds = (LaneKey { lane, key: PRIORITIES.0 }, LaneKey { lane, key: PRIORITIES.1 });
        walk(&self.limits.lanes.waiting, start, bounds, |h| jobs.lane_key(h))
    }

    /// The jobs of one worker, oldest claim first.
    fn walk_worker(&self, worker: &[u8], start: ListStart) -> Walk<'_> {
        let jobs = &self.jobs.table;
        let active = self.workers.find(worker).and_then(|number| self.workers.active(number));
        active.map_or_else(nothing, |active| walk(active, start, (0, u64::MAX), |h| jobs.token_key(h)))
    }
}

fn nothing<'q>() -> Walk<'q> {
    Box::new(std::iter::empty())
}

/// An index from a place on, between two keys.
fn walk<'q, K: Place + 'q>(
    index: &'q Order<K>,
    start: ListStart,
    (lowest, highest): (K, K),
    key_of: impl Fn(u32) -> K + Copy + 'q,
) -> Walk<'q> {
    let end = match start.direction {
        Direction::Forward => lowest,
        Direction::Backward => highest,
    };
    let Some(from) = start.from.map_or(Some(end), |from| K::at(from, lowest)) else { return nothing() };
    let from = from.clamp(lowest, highest);
    let keyed = move |handle| (handle, key_of(handle));
    let placed = |(handle, key): (u32, K)| (handle, key.position());
    match start.direction {
        Direction::Forward => {
            let keys = index.iter_from(from, key_of).map(keyed);
            Box::new(keys.take_while(move |(_, key)| *key <= highest).map(placed))
        }
        Direction::Backward => {
            let keys = index.iter_back_from(from, key_of).map(keyed);
            Box::new(keys.take_while(move |(_, key)| *key >= lowest).map(placed))
        }
    }
}
