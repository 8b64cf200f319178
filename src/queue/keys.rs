//! The keys of a queue's indexes, read from what the indexes name.

use super::ids;
use super::job::{Job, StateData};
use super::job_options::OptionSets;
use super::lanes::LaneNumber;
use super::remembered::Remembered;
use super::slab::{Handle, Slab};

/// A place in line: smaller priority first, then who joined first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) priority: i32,
    pub(crate) seq: u64,
}

/// A place in the line of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LanePlace {
    pub(super) lane: LaneNumber,
    pub(super) place: Place,
}

/// A place in time: earlier first, then the smaller sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct When {
    pub(crate) at: u64,
    pub(crate) seq: u64,
}

/// What an id leads to, in the 4 bytes the id index has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Job(Handle),
    Remembered(Handle),
}

impl Entry {
    const REMEMBERED: u32 = 1 << 31;

    pub(super) fn pack(self) -> u32 {
        match self {
            Entry::Job(handle) => handle,
            Entry::Remembered(handle) => handle | Self::REMEMBERED,
        }
    }

    pub(super) fn unpack(packed: u32) -> Self {
        if packed & Self::REMEMBERED == 0 {
            Entry::Job(packed)
        } else {
            Entry::Remembered(packed & !Self::REMEMBERED)
        }
    }
}

/// A place in line: the key of the waiting and the blocked.
pub(super) fn place_key(jobs: &Slab<Job>, handle: Handle) -> Place {
    jobs.get(handle).map_or(Place { priority: i32::MAX, seq: u64::MAX }, |job| Place {
        priority: job.priority,
        seq: job.seq,
    })
}

/// The same for a job with a GROUP, in its lane.
pub(super) fn lane_key(jobs: &Slab<Job>, recipes: &OptionSets, handle: Handle) -> LanePlace {
    let lane = jobs.get(handle).and_then(|job| recipes.lane(job.recipe));
    LanePlace { lane: lane.unwrap_or(LaneNumber(Handle::MAX)), place: place_key(jobs, handle) }
}

/// When time changes the job: the key of the delayed and the active.
pub(super) fn due_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle).map_or(When { at: u64::MAX, seq: u64::MAX }, |job| match job.state {
        StateData::Delayed { due } => When { at: due, seq: job.seq },
        _ => When { at: job.due(), seq: job.seq },
    })
}

/// When an unclaimed job expires.
pub(super) fn expiry_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle)
        .map_or(When { at: u64::MAX, seq: u64::MAX }, |job| When { at: job.expires(), seq: job.seq })
}

/// When a job finished: the key of the completed and the failed.
pub(super) fn finished_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle).map_or(When { at: u64::MAX, seq: u64::MAX }, |job| match job.state {
        StateData::Completed { at, .. } | StateData::Failed { at, .. } => When { at, seq: job.seq },
        _ => When { at: u64::MAX, seq: job.seq },
    })
}

/// When a kept record or a remembered id is dropped.
pub(super) fn forget_key(jobs: &Slab<Job>, remembered: &Remembered, packed: u32) -> When {
    let key = match Entry::unpack(packed) {
        Entry::Job(handle) => jobs.get(handle).map(|job| When { at: job.due(), seq: job.seq }),
        Entry::Remembered(handle) => remembered.get(handle).map(|r| When { at: r.until, seq: r.seq }),
    };
    key.unwrap_or(When { at: u64::MAX, seq: u64::MAX })
}

/// The token of an active job: the order of a worker's jobs.
pub(super) fn token_key(jobs: &Slab<Job>, handle: Handle) -> u64 {
    jobs.get(handle).map_or(u64::MAX, |job| match job.state {
        StateData::Active { token, .. } => token,
        _ => u64::MAX,
    })
}

/// The hash of whatever id an entry has.
pub(super) fn hash_of(jobs: &Slab<Job>, remembered: &Remembered, packed: u32) -> u64 {
    let id = match Entry::unpack(packed) {
        Entry::Job(handle) => jobs.get(handle).map(Job::id),
        Entry::Remembered(handle) => remembered.get(handle).map(|r| r.id),
    };
    ids::hash(id.unwrap_or_default())
}
