//! The keys of a queue's indexes, read from what the indexes name.

use super::job::{Job, StateData};
use super::options::OptionSets;
use crate::queue::store::{ids, Entry, Handle, LaneNumber, LanePlace, Place, Remembered, Slab, When};

/// A place in line: the key of the waiting and the blocked.
pub(crate) fn place_key(jobs: &Slab<Job>, handle: Handle) -> Place {
    jobs.get(handle).map_or(Place { priority: i32::MAX, seq: u64::MAX }, |job| Place {
        priority: job.priority,
        seq: job.seq,
    })
}

/// The same for a job with a GROUP, in its lane.
pub(crate) fn lane_key(jobs: &Slab<Job>, recipes: &OptionSets, handle: Handle) -> LanePlace {
    let lane = jobs.get(handle).and_then(|job| recipes.lane(job.recipe));
    LanePlace { lane: lane.unwrap_or(LaneNumber(Handle::MAX)), place: place_key(jobs, handle) }
}

/// When time changes the job: the key of the delayed and the active.
pub(crate) fn due_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle).map_or(When { at: u64::MAX, seq: u64::MAX }, |job| match job.state {
        StateData::Delayed { due } => When { at: due, seq: job.seq },
        _ => When { at: job.due(), seq: job.seq },
    })
}

/// When an unclaimed job expires.
pub(crate) fn expiry_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle)
        .map_or(When { at: u64::MAX, seq: u64::MAX }, |job| When { at: job.expires(), seq: job.seq })
}

/// When a job finished: the key of the completed and the failed.
pub(crate) fn finished_key(jobs: &Slab<Job>, handle: Handle) -> When {
    jobs.get(handle).map_or(When { at: u64::MAX, seq: u64::MAX }, |job| match job.state {
        StateData::Completed { at, .. } | StateData::Failed { at, .. } => When { at, seq: job.seq },
        _ => When { at: u64::MAX, seq: job.seq },
    })
}

/// When a kept record or a remembered id is dropped.
pub(crate) fn forget_key(jobs: &Slab<Job>, remembered: &Remembered, packed: u32) -> When {
    let key = match Entry::unpack(packed) {
        Entry::Job(handle) => jobs.get(handle).map(|job| When { at: job.due(), seq: job.seq }),
        Entry::Remembered(handle) => remembered.get(handle).map(|r| When { at: r.until, seq: r.seq }),
    };
    key.unwrap_or(When { at: u64::MAX, seq: u64::MAX })
}

/// The token of an active job: the order of a worker's jobs.
pub(crate) fn token_key(jobs: &Slab<Job>, handle: Handle) -> u64 {
    jobs.get(handle).map_or(u64::MAX, |job| match job.state {
        StateData::Active { token, .. } => token,
        _ => u64::MAX,
    })
}

/// The hash of whatever id an entry has.
pub(crate) fn hash_of(jobs: &Slab<Job>, remembered: &Remembered, packed: u32) -> u64 {
    let id = match Entry::unpack(packed) {
        Entry::Job(handle) => jobs.get(handle).map(Job::id),
        Entry::Remembered(handle) => remembered.get(handle).map(|r| r.id),
    };
    ids::hash(id.unwrap_or_default())
}
