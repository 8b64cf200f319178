//! Every job and every remembered id of a queue by its handle, and the keys by which indexes sort them.
//!
//! An index holds handles only; the keys are read from here whenever it has to compare.

use super::job::Job;
use super::names::JobNames;
use super::options::{JobOptions, OptionSet, OptionSets};
use super::state::StateData;
use crate::queue::batches::BatchNumber;
use crate::queue::store::ids::{self, IdHashes};
use crate::queue::store::{
    Handle, IdEntry, InstantKey, LaneKey, LaneNumber, NameNumber, PriorityKey, Record, Remembered, Seldom,
    Slab,
};
use std::hint::black_box;

/// The key of a handle that leads to nothing. Only a bug could ask for one; it sorts last.
const NO_INSTANT: InstantKey = InstantKey { at: u64::MAX, seq: i64::MAX };
const NO_PRIORITY: PriorityKey = PriorityKey { priority: i32::MAX, seq: i64::MAX };

/// Jobs, remembered ids, and the option sets and names that jobs share.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobTable {
    pub(super) jobs: Slab<Job>,
    pub(crate) remembered: Seldom<Remembered>,
    pub(crate) option_sets: Seldom<OptionSets>,
    pub(crate) names: Seldom<JobNames>,
}

/// The hashes of ids by packed [`IdEntry`]s.
impl IdHashes for JobTable {
    fn of(&self, packed: u32) -> u64 {
        ids::hash(self.id_of(IdEntry::unpack(packed)))
    }

    fn of_all(&self, packed: &[u32]) -> Vec<u64> {
        self.ids_of(packed).into_iter().map(ids::hash).collect()
    }
}

impl JobTable {
    pub(crate) fn get(&self, handle: Handle) -> Option<&Job> {
        self.jobs.get(handle)
    }

    /// What a job has beside the settings of the queue. Every command asks this several times: of most jobs it is
    /// nothing, and then no set is looked for.
    fn set_of(&self, job: &Job) -> Option<&OptionSet> {
        self.option_sets.kept(job.options.handle()?)
    }

    pub(crate) fn options(&self, job: &Job) -> JobOptions {
        self.set_of(job).map(|set| set.options).unwrap_or_default()
    }

    /// How long a run of a job may last, if it says so.
    pub(crate) fn max_run(&self, job: &Job) -> Option<u64> {
        self.set_of(job)?.options.max_run
    }

    /// The batch that a job is a member of.
    pub(crate) fn batch_of(&self, job: &Job) -> Option<BatchNumber> {
        self.set_of(job)?.batch
    }

    /// The lane of a job with a GROUP.
    pub(crate) fn lane_of(&self, job: &Job) -> Option<LaneNumber> {
        self.set_of(job)?.lane
    }

    /// The name of a job that has one.
    pub(crate) fn name_of(&self, job: &Job) -> Option<NameNumber> {
        self.set_of(job)?.name
    }

    pub(crate) fn id_of(&self, entry: IdEntry) -> &[u8] {
        match entry {
            IdEntry::Job(handle) => self.jobs.get(handle).map(Job::id),
            IdEntry::Remembered(handle) => self.remembered.get(handle).map(|record: Record<'_>| record.id),
        }
        .unwrap_or_default()
    }

    /// The ids of packed entries. To know where they are means to read the jobs.
    fn ids_of(&self, packed: &[u32]) -> Vec<&[u8]> {
        packed.iter().map(|packed| self.id_of(IdEntry::unpack(*packed))).collect()
    }

    /// Reads jobs and their bytes, for whoever needs them next.
    pub(super) fn foresee(&self, packed: &[u32]) {
        for id in self.ids_of(packed) {
            black_box(id.first());
        }
    }

    /// Sorts waiting and blocked jobs.
    pub(crate) fn priority_key(&self, handle: Handle) -> PriorityKey {
        self.jobs.get(handle).map_or(NO_PRIORITY, Job::priority_key)
    }

    /// Sorts waiting jobs with a GROUP inside their lanes.
    pub(crate) fn lane_key(&self, handle: Handle) -> LaneKey {
        let lane = self.jobs.get(handle).and_then(|job| self.lane_of(job));
        LaneKey { lane: lane.unwrap_or(LaneNumber(Handle::MAX)), key: self.priority_key(handle) }
    }

    /// Sorts delayed jobs, retries and active jobs, each on its clock: see [`Job::due_key`].
    pub(crate) fn due_key(&self, handle: Handle) -> InstantKey {
        self.jobs.get(handle).map_or(NO_INSTANT, Job::due_key)
    }

    /// Sorts jobs with PX by when they expire.
    pub(crate) fn expiry_key(&self, handle: Handle) -> InstantKey {
        self.jobs.get(handle).map_or(NO_INSTANT, Job::expiry_key)
    }

    /// Sorts records by when their jobs finished.
    pub(crate) fn finished_key(&self, handle: Handle) -> InstantKey {
        self.jobs.get(handle).map_or(NO_INSTANT, Job::finished_key)
    }

    /// Sorts records and remembered ids (packed entries) by when they are dropped.
    pub(crate) fn forget_key(&self, packed: u32) -> InstantKey {
        let key = match IdEntry::unpack(packed) {
            IdEntry::Job(handle) => {
                self.jobs.get(handle).map(|job| InstantKey { at: job.kept_until(), seq: job.seq })
            }
            IdEntry::Remembered(handle) => self.remembered.get(handle).map(|record| record.forget_key()),
        };
        key.unwrap_or(NO_INSTANT)
    }

    /// Sorts the jobs of a worker by their tokens, so the oldest claim comes first.
    pub(crate) fn token_key(&self, handle: Handle) -> u64 {
        self.jobs.get(handle).map_or(u64::MAX, |job| match job.state {
            StateData::Active { token, .. } => token,
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. }
            | StateData::Completed { .. }
            | StateData::Failed { .. } => u64::MAX,
        })
    }
}
