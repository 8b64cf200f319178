//! Walks over the jobs of a state and over remembered ids, in the order in which they are listed, from a place on.

use super::selection::Wanted;
use crate::queue::jobs::JobState;
use crate::queue::store::{
    pass_both, Direction, Entries, Handle, InstantKey, LaneKey, LaneNumber, Order, PriorityKey,
};
use crate::queue::time::{QueueMs, FOREVER};
use crate::queue::value::Queue;

/// A place in a listing: where the next page begins. Its meaning depends on the state that is listed and on
/// what is selected, so it stays valid however the queue changes in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// A priority or an instant; of what a worker holds 0.
    pub major: i64,
    /// A sequence number; of what a worker holds a token.
    pub minor: i64,
}

/// Where a walk begins, and which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListStart {
    /// Which way it goes.
    pub direction: Direction,
    /// None: at the beginning of that way.
    pub from: Option<Position>,
}

/// Where a walk begins, and how many it passes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct WalkStart {
    pub(super) list: ListStart,
    pub(super) skip: usize,
}

/// Handles (of ids: packed entries) in the order of a listing, each with its place.
pub(super) type Walk<'q> = Box<dyn Iterator<Item = (Handle, Position)> + 'q>;

/// A key of an index as a place in a listing, and back.
trait Place: Ord + Copy {
    fn position(self) -> Position;

    /// The key at a position, if there can be one, in the part of the index that `lowest` is the lowest key of.
    fn at(position: Position, lowest: Self) -> Option<Self>;
}

/// The lowest and the highest key of these priorities.
pub(super) fn priority_keys((lowest, highest): (i32, i32)) -> (PriorityKey, PriorityKey) {
    (PriorityKey { priority: lowest, seq: i64::MIN }, PriorityKey { priority: highest, seq: i64::MAX })
}

/// The lowest and the highest key from one instant on and before another.
pub(super) fn instant_keys(since: u64, until: u64) -> (InstantKey, InstantKey) {
    (InstantKey { at: since, seq: i64::MIN }, InstantKey { at: until.saturating_sub(1), seq: i64::MAX })
}

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
    pub(super) fn walk_state(&self, state: JobState, wanted: &Wanted<'_>, start: WalkStart) -> Walk<'_> {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        if wanted.since >= wanted.until {
            return nothing();
        }
        let finished = instant_keys(wanted.since, wanted.until);
        let priorities = priority_keys(wanted.priorities);
        match (state, wanted.lane, wanted.worker) {
            (JobState::Active, _, Some(worker)) => self.walk_worker(worker, start),
            (JobState::Active, _, None) => self.walk_active(start),
            (JobState::Completed, ..) => walk(&indexes.completed, start, finished, |h| jobs.finished_key(h)),
            (JobState::Failed, ..) => walk(&indexes.failed, start, finished, |h| jobs.finished_key(h)),
            (JobState::Waiting, Some(lane), None) => self.walk_lane(lane, start, priorities),
            (JobState::Waiting, None, None) => self.walk_waiting(start, priorities),
            (JobState::Delayed, _, None) => self.walk_delayed(start),
            (JobState::Blocked, _, None) => {
                walk(&indexes.blocked, start, priorities, |h| jobs.priority_key(h))
            }
            // No worker has or had the former, and the latter are gone.
            (JobState::Waiting | JobState::Delayed | JobState::Blocked, _, Some(_))
            | (JobState::Expired | JobState::Cancelled, ..) => nothing(),
        }
    }

    /// Remembered ids by the end of their windows, those last that are refused for ever.
    pub(super) fn walk_remembered(&self, start: WalkStart) -> Walk<'_> {
        let table = &self.jobs.table;
        walk(&self.jobs.indexes.remembered, start, INSTANTS, |packed| table.forget_key(packed))
    }

    /// Waiting jobs with and without a group, by their places. In which order lanes will run is decided claim
    /// by claim.
    fn walk_waiting(&self, start: WalkStart, priorities: (PriorityKey, PriorityKey)) -> Walk<'_> {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        let key_of = |handle| jobs.priority_key(handle);
        let from = |index| enter(index, start.list, priorities, key_of);
        let Some((mut alone, mut grouped)) = from(&indexes.waiting).zip(from(&indexes.grouped)) else {
            return nothing();
        };
        let left = pass_both((&mut alone, |key| key), (&mut grouped, |key| key), start.skip);
        let direction = start.list.direction;
        let placed = |entries| place_each(entries, direction, priorities, key_of);
        Box::new(merge(placed(alone), placed(grouped), direction).skip(left))
    }

    /// Delayed jobs and those that wait for their next attempt, by when they are due.
    fn walk_delayed(&self, start: WalkStart) -> Walk<'_> {
        let (jobs, indexes, lead) = (&self.jobs.table, &self.jobs.indexes, self.lead);
        let key_of = |handle| jobs.due_key(handle);
        let entered = enter(&indexes.delayed, start.list, INSTANTS, key_of).zip(enter(
            &indexes.retrying,
            self.by_queue_clock(start.list),
            INSTANTS,
            key_of,
        ));
        let Some((mut delayed, mut retrying)) = entered else { return nothing() };
        let by_server = |key: InstantKey| InstantKey { at: lead.unix_ms(QueueMs(key.at)), ..key };
        let left = pass_both((&mut delayed, |key| key), (&mut retrying, by_server), start.skip);
        let direction = start.list.direction;
        let delayed = place_each(delayed, direction, INSTANTS, key_of);
        Box::new(merge(delayed, self.place_by_server_clock(retrying, direction), direction).skip(left))
    }

    /// Active jobs by the ends of their leases.
    fn walk_active(&self, start: WalkStart) -> Walk<'_> {
        let (jobs, active) = (&self.jobs.table, &self.jobs.indexes.active);
        let entered = enter(active, self.by_queue_clock(start.list), INSTANTS, |h| jobs.due_key(h));
        let Some(mut entries) = entered else { return nothing() };
        entries.pass(start.skip);
        self.place_by_server_clock(entries, start.list.direction)
    }

    /// A place by the server's clock, in an index that is sorted by the clock of the queue.
    fn by_queue_clock(&self, start: ListStart) -> ListStart {
        let from = start.from.and_then(|from| InstantKey::at(from, INSTANTS.0));
        let from = from.map(|key| InstantKey { at: self.lead.queue_ms(key.at).0, ..key }.position());
        ListStart { from, ..start }
    }

    /// Entries of an index that is sorted by the clock of the queue. Their places are by the server's, where they
    /// are also after a restart.
    fn place_by_server_clock<'q>(
        &'q self,
        entries: Entries<'q, InstantKey>,
        direction: Direction,
    ) -> Walk<'q> {
        let (jobs, lead) = (&self.jobs.table, self.lead);
        let placed = place_each(entries, direction, INSTANTS, |h| jobs.due_key(h));
        Box::new(placed.map(move |(handle, _)| {
            let key = jobs.due_key(handle);
            (handle, InstantKey { at: lead.unix_ms(QueueMs(key.at)), ..key }.position())
        }))
    }

    fn walk_lane(
        &self,
        lane: LaneNumber,
        start: WalkStart,
        (lowest, highest): (PriorityKey, PriorityKey),
    ) -> Walk<'_> {
        let jobs = &self.jobs.table;
        let bounds = (LaneKey { lane, key: lowest }, LaneKey { lane, key: highest });
        walk(&self.limits.lanes.waiting, start, bounds, |h| jobs.lane_key(h))
    }

    /// The jobs of one worker, oldest claim first.
    fn walk_worker(&self, worker: &[u8], start: WalkStart) -> Walk<'_> {
        let jobs = &self.jobs.table;
        let active = self.workers.find(worker).and_then(|number| self.workers.active(number));
        active.map_or_else(nothing, |active| walk(active, start, (0, u64::MAX), |h| jobs.token_key(h)))
    }
}

fn nothing<'q>() -> Walk<'q> {
    Box::new(std::iter::empty())
}

/// Two walks as one, in the order of the places.
fn merge<'q>(one: Walk<'q>, other: Walk<'q>, direction: Direction) -> Walk<'q> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    Box::new(std::iter::from_fn(move || {
        let other_first = match (one.peek(), other.peek()) {
            (Some((_, place)), Some((_, other))) => (place > other) == (direction == Direction::Forward),
            (place, _) => place.is_none(),
        };
        if other_first { &mut other } else { &mut one }.next()
    }))
}

/// An index from a place on, between two keys.
fn walk<'q, K: Place + 'q>(
    index: &'q Order<K>,
    start: WalkStart,
    bounds: (K, K),
    key_of: impl Fn(u32) -> K + Copy + 'q,
) -> Walk<'q> {
    let Some(mut entries) = enter(index, start.list, bounds, key_of) else { return nothing() };
    entries.pass(start.skip);
    place_each(entries, start.list.direction, bounds, key_of)
}

/// The entries of an index from a place on that lies between two keys. None: no entry can be there.
fn enter<K: Place>(
    index: &Order<K>,
    start: ListStart,
    (lowest, highest): (K, K),
    key_of: impl Fn(u32) -> K,
) -> Option<Entries<'_, K>> {
    let end = match start.direction {
        Direction::Forward => lowest,
        Direction::Backward => highest,
    };
    let from = start.from.map_or(Some(end), |from| K::at(from, lowest))?.clamp(lowest, highest);
    Some(match start.direction {
        Direction::Forward => index.iter_from(from, key_of),
        Direction::Backward => index.iter_back_from(from, key_of),
    })
}

/// The entries with their places, up to the last one between two keys.
fn place_each<'q, K: Place + 'q>(
    entries: Entries<'q, K>,
    direction: Direction,
    (lowest, highest): (K, K),
    key_of: impl Fn(u32) -> K + 'q,
) -> Walk<'q> {
    let keyed = entries.map(move |handle| (handle, key_of(handle)));
    let is_within = move |key: K| match direction {
        Direction::Forward => key <= highest,
        Direction::Backward => key >= lowest,
    };
    let placed = |(handle, key): (u32, K)| (handle, key.position());
    Box::new(keyed.take_while(move |(_, key)| is_within(*key)).map(placed))
}
