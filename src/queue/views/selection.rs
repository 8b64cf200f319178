//! Which jobs of a state an operator asks for.

use crate::queue::batches::BatchNumber;
use crate::queue::jobs::{Job, JobState, StateData};
use crate::queue::store::{LaneNumber, NameNumber, Record};
use crate::queue::time::FOREVER;
use crate::queue::value::Queue;

/// Which jobs of a state are wanted: those that all of this is true of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct Selection<'a> {
    pub group: Option<&'a [u8]>,
    pub batch: Option<&'a [u8]>,
    pub worker: Option<&'a [u8]>,
    pub name: Option<&'a [u8]>,
    /// The lowest and the highest priority, both included.
    pub priorities: Option<(i32, i32)>,
    /// Finished, or added, at this instant or later.
    pub since: Option<u64>,
    /// Finished, or added, before this instant.
    pub until: Option<u64>,
}

/// A selection with names replaced by what they stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) lane: Option<LaneNumber>,
    pub(super) batch: Option<BatchNumber>,
    pub(super) worker: Option<&'a [u8]>,
    pub(super) name: Option<NameNumber>,
    pub(super) priorities: (i32, i32),
    pub(super) since: u64,
    pub(super) until: u64,
}

impl Selection<'_> {
    /// Whether a remembered id is wanted. Of a group, a batch, a worker and a name nothing is left.
    pub(super) fn is_wanted(&self, record: &Record<'_>) -> bool {
        (self.since.unwrap_or(0)..self.until.unwrap_or(FOREVER)).contains(&record.ended_at)
    }

    /// Whether all remembered ids are wanted.
    #[must_use]
    pub fn has_all_remembered(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether the walk over a state leaves out every job that is not wanted, so that none has to be examined.
    pub(super) fn is_indexed(&self, state: JobState) -> bool {
        let Selection { group, batch, worker, name, priorities, since, until } = *self;
        let by_name = group.or(batch).or(worker).or(name).is_some();
        let (by_priority, by_instant) = (priorities.is_some(), since.or(until).is_some());
        match state {
            JobState::Waiting => batch.or(worker).or(name).is_none() && !by_instant,
            JobState::Blocked => !by_name && !by_instant,
            JobState::Active => group.or(batch).or(name).is_none() && !by_priority && !by_instant,
            JobState::Completed | JobState::Failed => !by_name && !by_priority,
            JobState::Delayed => !by_name && !by_priority && !by_instant,
            JobState::Expired | JobState::Cancelled => true,
        }
    }

    /// Whether the wanted jobs of a state can be counted without going through them.
    #[must_use]
    pub fn is_counted(&self, state: JobState) -> bool {
        let group_alone = Selection { group: self.group, ..Selection::default() };
        let name_alone = Selection { name: self.name, ..Selection::default() };
        let is_active = state == JobState::Active;
        self.is_indexed(state) || *self == name_alone || (is_active && *self == group_alone)
    }
}

impl Queue {
    /// None: nothing can be wanted, because a name is not known.
    pub(super) fn wanted<'a>(&self, selection: &Selection<'a>) -> Option<Wanted<'a>> {
        let Selection { group, batch, worker, name, priorities, since, until } = *selection;
        Some(Wanted {
            lane: match group {
                Some(name) => Some(self.limits.lanes.find(name)?),
                None => None,
            },
            batch: match batch {
                Some(name) => Some(self.find_batch(name)?),
                None => None,
            },
            worker,
            name: match name {
                Some(name) => Some(self.jobs.table.names.find(name)?),
                None => None,
            },
            priorities: priorities.unwrap_or((i32::MIN, i32::MAX)),
            since: since.unwrap_or(0),
            until: until.unwrap_or(FOREVER),
        })
    }

    pub(super) fn is_wanted(&self, job: &Job, wanted: &Wanted<'_>) -> bool {
        let at = match job.state {
            StateData::Completed { at, .. } | StateData::Failed { at, .. } => at,
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. }
            | StateData::Active { .. } => job.added_at,
        };
        let worker = || match job.state {
            StateData::Active { worker, .. } => Some(self.worker_name(worker)),
            StateData::Completed { .. } | StateData::Failed { .. } => {
                job.extras.as_ref().and_then(|extras| extras.worker.as_deref())
            }
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. } => None,
        };
        let (lowest, highest) = wanted.priorities;
        (wanted.since..wanted.until).contains(&at)
            && (lowest..=highest).contains(&job.priority)
            && (wanted.lane.is_none() || self.lane_of(job) == wanted.lane)
            && (wanted.batch.is_none() || self.batch_of(job) == wanted.batch)
            && (wanted.name.is_none() || self.jobs.table.name_of(job) == wanted.name)
            && (wanted.worker.is_none() || worker() == wanted.worker)
    }
}
