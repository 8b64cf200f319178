//! Jobs of a state, page by page.

use crate::queue::jobs::JobState;
use crate::queue::store::{Handle, InstantKey, Order, PriorityKey};
use crate::queue::value::Queue;

/// A page of one batch's jobs examines so many jobs at most: about a millisecond.
const EXAMINED_AT_MOST: usize = 10_000;

/// A place in a listing: where the next page begins. Its meaning depends on the state that is listed, so it
/// stays valid however the queue changes in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// A priority or an instant.
    pub major: i64,
    /// A sequence number.
    pub minor: u64,
}

impl Position {
    fn place(self) -> Option<PriorityKey> {
        let priority = i32::try_from(self.major).ok()?;
        Some(PriorityKey { priority, seq: self.minor })
    }

    fn when(self) -> Option<InstantKey> {
        let at = u64::try_from(self.major).ok()?;
        Some(InstantKey { at, seq: self.minor })
    }
}

impl Queue {
    /// At most `count` jobs of a state in the order they would run or finished, from `from` on, and where the
    /// next page begins. With a batch only its members: then at most [`EXAMINED_AT_MOST`] jobs are examined,
    /// so a page may be short, or even empty, and yet not the last. O(log n + count), with a batch O(log n +
    /// examined).
    #[must_use]
    pub fn list(
        &self,
        state: JobState,
        batch: Option<&[u8]>,
        from: Option<Position>,
        count: usize,
    ) -> (Vec<Handle>, Option<Position>) {
        let wanted = batch.map(|name| self.find_batch(name));
        let most = if wanted.is_some() { EXAMINED_AT_MOST } else { count };
        let mut examined = self.starting_at(state, from);
        let mut page = Vec::new();
        for handle in examined.by_ref().take(most) {
            let is_wanted = wanted.is_none_or(|batch| {
                batch.is_some() && self.job(handle).and_then(|job| self.batch_of(job)) == batch
            });
            if is_wanted {
                page.push(handle);
            }
            if page.len() == count {
                break;
            }
        }
        let next = examined.next();
        (page, next.and_then(|handle| self.position(state, handle)))
    }

    /// At most `count` jobs of a state that finished, or were added, before an instant. Unless that is the
    /// order they are in, at most [`EXAMINED_AT_MOST`] jobs are examined.
    pub(crate) fn jobs_before(&self, state: JobState, before: u64, count: usize) -> Vec<Handle> {
        let instant = |handle: &Handle| match self.job(*handle) {
            Some(job) if job.is_finished() => self.jobs.table.finished_key(*handle).at,
            Some(job) => job.added_at,
            None => u64::MAX,
        };
        let jobs = self.starting_at(state, None);
        match state {
            JobState::Completed | JobState::Failed => {
                jobs.take_while(|job| instant(job) < before).take(count).collect()
            }
            _ => jobs.take(EXAMINED_AT_MOST).filter(|job| instant(job) < before).take(count).collect(),
        }
    }

    /// The jobs of a state in their order.
    fn starting_at(&self, state: JobState, from: Option<Position>) -> Box<dyn Iterator<Item = Handle> + '_> {
        let jobs = &self.jobs.table;
        match state {
            JobState::Waiting if self.jobs.indexes.grouped.is_empty() => {
                self.by_place(&self.jobs.indexes.waiting, from)
            }
            JobState::Waiting => self.all_waiting(from),
            JobState::Blocked => self.by_place(&self.jobs.indexes.blocked, from),
            JobState::Delayed => self.by_instant(&self.jobs.indexes.delayed, from, |h| jobs.due_key(h)),
            JobState::Active => self.by_instant(&self.jobs.indexes.active, from, |h| jobs.due_key(h)),
            JobState::Completed => {
                self.by_instant(&self.jobs.indexes.completed, from, |h| jobs.finished_key(h))
            }
            JobState::Failed => self.by_instant(&self.jobs.indexes.failed, from, |h| jobs.finished_key(h)),
            JobState::Expired | JobState::Cancelled => Box::new(std::iter::empty()),
        }
    }

    fn by_place<'q>(
        &'q self,
        index: &'q Order<PriorityKey>,
        from: Option<Position>,
    ) -> Box<dyn Iterator<Item = Handle> + 'q> {
        let from = from.map_or(Some(PriorityKey { priority: i32::MIN, seq: 0 }), Position::place);
        let jobs = &self.jobs.table;
        Box::new(from.into_iter().flat_map(move |from| index.iter_from(from, |h| jobs.priority_key(h))))
    }

    /// Waiting jobs with and without a group, by their places. In which order lanes will run is decided claim
    /// by claim.
    fn all_waiting(&self, from: Option<Position>) -> Box<dyn Iterator<Item = Handle> + '_> {
        let mut alone = self.by_place(&self.jobs.indexes.waiting, from).peekable();
        let mut grouped = self.by_place(&self.jobs.indexes.grouped, from).peekable();
        Box::new(std::iter::from_fn(move || {
            let places = (alone.peek(), grouped.peek());
            let first = |handle: &Handle| self.jobs.table.priority_key(*handle);
            match places {
                (Some(one), Some(other)) if first(one) > first(other) => grouped.next(),
                (None, _) => grouped.next(),
                _ => alone.next(),
            }
        }))
    }

    fn by_instant<'q>(
        &'q self,
        index: &'q Order<InstantKey>,
        from: Option<Position>,
        key_of: impl Fn(Handle) -> InstantKey + Copy + 'q,
    ) -> Box<dyn Iterator<Item = Handle> + 'q> {
        let from = from.map_or(Some(InstantKey { at: 0, seq: 0 }), Position::when);
        Box::new(from.into_iter().flat_map(move |from| index.iter_from(from, key_of)))
    }

    fn position(&self, state: JobState, handle: Handle) -> Option<Position> {
        let job = self.job(handle)?;
        let major = match state {
            JobState::Waiting | JobState::Blocked => i64::from(job.priority),
            JobState::Completed | JobState::Failed => {
                i64::try_from(self.jobs.table.finished_key(handle).at).ok()?
            }
            _ => i64::try_from(self.jobs.table.due_key(handle).at).ok()?,
        };
        Some(Position { major, minor: job.seq })
    }
}
