//! How a job wants to be treated: the options of ADD that a queue's settings also have.
//!
//! A queue has few distinct sets of them however many jobs it has, so jobs hold a 4-byte number and the sets
//! are kept once, counted. What a job does not say itself follows the queue's settings at the moment it
//! matters. The batch, the lane and the name of a job are part of its set: a queue has few of them too, and most
//! jobs have none.

use crate::queue::batches::BatchNumber;
use crate::queue::store::{Empty, Handle, LaneNumber, NameNumber, Order, Slab};

/// How long a job that was NACKed waits before its next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backoff {
    /// Always the same, in milliseconds.
    Fixed(u64),
    /// This much after the first NACK, twice that after the second, and so on, in milliseconds.
    Exponential(u64),
}

impl Backoff {
    /// The wait in milliseconds after the `nack`-th NACK (from 1), before cap and jitter.
    #[must_use]
    pub fn wait(self, nack: u32) -> u64 {
        match self {
            Backoff::Fixed(ms) => ms,
            Backoff::Exponential(ms) => match nack.saturating_sub(1) {
                doublings @ 0..=62 => ms.saturating_mul(1 << doublings),
                _ if ms == 0 => 0,
                _ => u64::MAX,
            },
        }
    }
}

/// How long an id stays refused after its job has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DedupWindow {
    /// So many milliseconds, or [`super::FOREVER`].
    For(u64),
    /// As long as the record of the job is kept, and nothing is remembered without it.
    Kept,
}

impl DedupWindow {
    /// The id is free at once.
    pub const NONE: DedupWindow = DedupWindow::For(0);
}

/// Options of a job; `None` follows the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobOptions {
    /// How many NACKs until the job fails for good.
    pub attempts: Option<u32>,
    /// The wait after a NACK.
    pub backoff: Option<Backoff>,
    /// How long the id stays refused after the job ended.
    pub dedup: Option<DedupWindow>,
    /// How long the completed record stays readable, ms or [`super::FOREVER`].
    pub keep: Option<u64>,
    /// How long one run may last, however often its lease is extended, ms or [`super::FOREVER`].
    pub max_run: Option<u64>,
}

impl JobOptions {
    /// These options, and those of `others` where these follow the queue.
    #[must_use]
    pub fn or(self, others: JobOptions) -> JobOptions {
        JobOptions {
            attempts: self.attempts.or(others.attempts),
            backoff: self.backoff.or(others.backoff),
            dedup: self.dedup.or(others.dedup),
            keep: self.keep.or(others.keep),
            max_run: self.max_run.or(others.max_run),
        }
    }
}

/// The options of a job with its batch, its lane and its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OptionSet {
    pub(crate) options: JobOptions,
    /// What it is a member of; the batch itself may be gone.
    pub(crate) batch: Option<BatchNumber>,
    pub(crate) lane: Option<LaneNumber>,
    pub(crate) name: Option<NameNumber>,
}

impl OptionSet {
    /// The lane of a set that has nothing else.
    pub(crate) fn lane_alone(&self) -> Option<LaneNumber> {
        let OptionSet { options, batch, lane, name } = self;
        let is_alone = batch.is_none() && name.is_none() && *options == JobOptions::default();
        lane.filter(|_| is_alone)
    }
}

/// The number of a set in its queue. 0 is the empty set: everything follows the queue, and there is no lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OptionSetId(u32);

/// The distinct sets of a queue with the number of jobs that use each.
#[derive(Debug, Clone)]
pub(crate) struct OptionSets {
    sets: Slab<Counted>,
    /// By the set: with a lane for each job there are as many sets as jobs, and none is stored twice.
    order: Order<OptionSet>,
}

/// A set and how many jobs use it, at least one.
#[derive(Debug, Clone)]
struct Counted {
    set: OptionSet,
    uses: u32,
}

impl OptionSetId {
    fn of(handle: Handle) -> Self {
        OptionSetId(handle + 1)
    }

    /// Where the set is kept. None: it is the empty one.
    pub(crate) fn handle(self) -> Option<Handle> {
        self.0.checked_sub(1)
    }
}

impl OptionSets {
    const fn new() -> Self {
        OptionSets { sets: Slab::new(), order: Order::new() }
    }

    /// Takes one more use of `set`, which is not the empty one. O(log distinct sets), as everything here.
    pub(crate) fn hold(&mut self, set: OptionSet) -> OptionSetId {
        if let Some(handle) = self.find(set) {
            return self.hold_again(handle);
        }
        let Some(handle) = self.sets.insert(Counted { set, uses: 1 }) else { return OptionSetId::default() };
        let sets = &self.sets;
        self.order.insert(set, handle, |other| set_of(sets, other));
        OptionSetId::of(handle)
    }

    /// Takes one more use of the set that is kept there. O(1).
    pub(crate) fn hold_again(&mut self, handle: Handle) -> OptionSetId {
        if let Some(counted) = self.sets.get_mut(handle) {
            counted.uses = counted.uses.saturating_add(1);
        }
        OptionSetId::of(handle)
    }

    /// Where a set is kept.
    pub(crate) fn find(&self, set: OptionSet) -> Option<Handle> {
        let set_of = |handle| set_of(&self.sets, handle);
        self.order.iter_from(set, set_of).next().filter(|handle| set_of(*handle) == set)
    }

    /// Ends one use of a set; the set, if it was the last one.
    pub(crate) fn release(&mut self, id: OptionSetId) -> Option<OptionSet> {
        let handle = id.handle()?;
        let counted = self.sets.get_mut(handle)?;
        counted.uses = counted.uses.saturating_sub(1);
        let gone = (counted.uses == 0).then_some(counted.set)?;
        self.order.remove(gone, handle);
        self.sets.remove(handle);
        Some(gone)
    }

    /// The set with this number.
    pub(crate) fn set(&self, id: OptionSetId) -> OptionSet {
        id.handle().map_or_else(OptionSet::default, |handle| set_of(&self.sets, handle))
    }

    /// The set that is kept there.
    pub(crate) fn kept(&self, handle: Handle) -> Option<&OptionSet> {
        self.sets.get(handle).map(|counted| &counted.set)
    }

    /// Every set in use with its number of uses, for the recount.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (OptionSet, u32)> + '_ {
        self.sets.iter().map(|(_, counted)| (counted.set, counted.uses))
    }
}

impl Empty for OptionSets {
    const EMPTY: &'static Self = &OptionSets::new();

    fn heap_bytes(&self) -> usize {
        self.sets.bytes() + self.order.bytes()
    }
}

fn set_of(sets: &Slab<Counted>, handle: Handle) -> OptionSet {
    sets.get(handle).map_or_else(OptionSet::default, |counted| counted.set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_and_never_overflows() {
        assert_eq!(Backoff::Exponential(1000).wait(1), 1000);
        assert_eq!(Backoff::Exponential(1000).wait(4), 8000);
        assert_eq!(Backoff::Exponential(1000).wait(1_000_000), u64::MAX);
        assert_eq!(Backoff::Exponential(0).wait(1_000_000), 0);
        assert_eq!(Backoff::Fixed(7).wait(9), 7);
    }

    #[test]
    fn a_set_is_kept_once_and_goes_with_its_last_job() {
        let mut sets = OptionSets::new();
        let with = |attempts| OptionSet {
            options: JobOptions { attempts: Some(attempts), ..JobOptions::default() },
            batch: None,
            lane: Some(LaneNumber(1)),
            name: None,
        };
        let (five, nine) = (with(5), with(9));
        let (a, b, c) = (sets.hold(five), sets.hold(five), sets.hold(nine));
        assert_eq!((a, sets.set(a), sets.set(c)), (b, five, nine));
        sets.release(a);
        assert_eq!(sets.uses().collect::<Vec<_>>(), [(five, 1), (nine, 1)]);
        sets.release(b);
        assert_eq!(sets.uses().collect::<Vec<_>>(), [(nine, 1)]);
        assert_eq!(sets.hold(five), a, "the free number is used again");
    }
}
