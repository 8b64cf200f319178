//! The domain: one queue, as pure data and rules. No Redis, no clock, no chance, no I/O; time is an argument.
//!
//! ```text
//!                  ADD DELAY/AT                 due, PROMOTE
//!      ADD ─────────────┬──────────► delayed ─────────────────┐
//!       │               │               ▲                     ▼
//!       └───────────────┼───────────────┼────────────────► waiting ◄──┐
//!                       │    NACK, tries left              CLAIM │    │ RELEASE, lease lost
//!                       │               │                        ▼    │
//!                       │               └───────────────────── active ┘
//!                       │                                        │ ACK ──────────────► completed
//!            PX over    ▼   CANCEL                               └ NACK, none left ──► failed ──RETRY──► waiting
//!   waiting, delayed ──► expired, cancelled                        lost too often
//!
//!      ADD AFTER ──► blocked ──batch finished──► waiting or delayed; expires and is cancelled like these
//! ```
//!
//! How it is kept:
//!
//! - [`slab`]: the jobs, on pages that never move; a handle is a place on a page.
//! - [`remembered`]: ids whose job is gone but whose dedup window is open, packed.
//! - [`ids`]: from an id to either of them.
//! - [`order`]: who comes next, once per state; the keys are read from the jobs themselves.
//! - [`lanes`], with [`limits`] and [`bucket`]: groups, and how many jobs may run.
//! - [`batches`]: named sets of jobs, counted, and who waits for them. [`await_events`]: who outside does.
//! - [`pending_duplicates`]: counted, but not journaled one by one. [`events`]: what has happened, for those who want to be told.
//! - [`schedules`]: jobs that the queue adds to itself.
//! - [`expiries`], with [`prefixes`]: the keys whose expiry becomes a job.
//! - [`saved`] and [`restore`]: a queue taken apart for files, and put together again. [`sums`]: how much there is.
//! - [`workers`], [`series`], [`job_options`], [`settings`], [`counters`], [`histogram`]: what their names say.
//!
//! Everything changes through one mutator, [`Queue::apply`], one [`Effect`] at a time. A [`Session`] is one command's
//! access: it lets time do its part first, decides, journals each effect and applies it. Replicas and the
//! append-only file get the journal and apply the same effects, so their state is equal, byte by byte.
//!
//! Invariants, all recounted by [`Queue::check`]: every job is in exactly one index of its state; an id leads to
//! one job or one remembered record; sequence numbers are unique; tokens only grow.

mod advance;
mod apply;
mod await_events;
mod batches;
mod batching;
mod bucket;
mod check;
mod claim;
pub mod counters;
mod effect;
mod ending;
mod enqueue;
mod events;
mod expiries;
mod explain;
mod finish;
pub mod histogram;
pub(crate) mod ids;
mod indexes;
pub(crate) mod job;
pub(crate) mod job_options;
mod keys;
mod lanes;
mod limits;
mod list;
pub(crate) mod order;
mod pending_duplicates;
pub(crate) mod prefixes;
pub(crate) mod remembered;
mod restore;
mod saved;
pub mod schedules;
mod series;
mod session;
mod settings;
pub(crate) mod slab;
mod steer;
mod sums;
mod template;
#[cfg(test)]
mod tests;
mod time;
mod view;
mod workers;

pub use advance::Steps;
pub use await_events::{AwaitEvent, Awaited};
pub(crate) use batches::BatchNumber;
pub use batches::{After, Gate, Members};
pub(crate) use batching::valid_batch_name;
pub use batching::{BatchRefs, BatchView};
pub(crate) use bucket::Bucket;
pub use bucket::{Rate, MAX_RATE};
pub use claim::{ClaimOptions, Claimed};
pub use effect::Effect;
pub(crate) use effect::Target;
pub use enqueue::{Added, OnDup, Outcome, Refusal};
pub(crate) use events::Event;
pub use events::Events;
pub(crate) use expiries::is_sound as watch_is_sound;
pub use expiries::{ExpiryCounts, ExpiryOutcome, ExpiryRule, ExpiryRules, MAX_PREFIX, MAX_PREFIXES};
pub use explain::Explanation;
pub use finish::{Acked, Lease, Nacked};
pub use job::{JobState, NewJob, Start};
pub use job_options::{Backoff, JobOptions};
pub use list::Position;
pub(crate) use pending_duplicates::{may_be_told_at_once, PendingDuplicates};
pub use remembered::EndState;
pub(crate) use restore::{valid_group, valid_id};
pub(crate) use saved::{Header, SavedBatch, SavedJob, SavedLane, SavedState};
pub use schedules::{MemoryPressure, Schedule};
pub use series::{Minute, MOST_MINUTES};
pub use session::{Journal, Session};
pub use settings::Settings;
pub use slab::Handle;
pub use template::{Addition, Template};
pub(crate) use time::LATEST_TOKEN;
pub use time::{Now, FOREVER};
pub use view::{JobView, WorkerView};

use await_events::Subscriptions;
use batches::{Batch, Batches};
use counters::{Count, Counters};
use histogram::Histogram;
use ids::IdIndex;
use job::Job;
use job_options::OptionSets;
use keys::{due_key, expiry_key, finished_key, forget_key, lane_key, place_key};
pub(crate) use keys::{Entry, Place, When};
use lanes::Lanes;
use order::Order;
use remembered::{Record, Remembered};
use schedules::Schedules;
use series::Series;
use slab::Slab;
use workers::Workers;

/// The longest id in bytes.
pub const MAX_ID: usize = 512;
/// The longest name of a batch in bytes.
pub const MAX_BATCH: usize = 512;
/// The longest name of a group in bytes.
pub const MAX_GROUP: usize = 512;
/// The longest worker name in bytes.
pub const MAX_WORKER: usize = 128;
/// Error texts are cut at this many bytes.
pub const MAX_ERROR: usize = 1024;
/// Jobs a queue can hold at all: handles have 31 bits.
const MAX_HANDLES: usize = 1 << 31;

/// One queue: everything behind one Redis key.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    jobs: Slab<Job>,
    remembered: Remembered,
    ids: IdIndex,
    /// Waiting jobs without a group.
    waiting: Order<Place>,
    /// Those with one; their lanes list them too.
    grouped: Order<Place>,
    delayed: Order<When>,
    /// Jobs that wait for a batch; each batch lists its own too.
    blocked: Order<Place>,
    /// By the end of the lease.
    active: Order<When>,
    /// By the instant they finished; so are the failed.
    completed: Order<When>,
    failed: Order<When>,
    /// Waiting, delayed and blocked jobs with PX, by its instant.
    expiring: Order<When>,
    /// Kept records and remembered ids (packed entries) by the instant they are dropped, unless that is never.
    forgetting: Order<When>,
    pub(crate) schedules: Schedules,
    workers: Workers,
    batches: Batches,
    recipes: OptionSets,
    lanes: Lanes,
    /// Of the rate of the whole queue.
    bucket: Bucket,
    /// The instant of the last look at what time allows, Unix ms. Not saved: the next look is as good.
    as_of: u64,
    settings: Settings,
    counters: Counters,
    events: Events,
    /// Milliseconds from claimable to claimed.
    waits: Histogram,
    /// Milliseconds from claimed to acknowledged.
    runs: Histogram,
    series: Series,
    expiries: ExpiryRules,
    next_seq: u64,
    last_token: u64,
    paused: bool,
    /// When its first effect happened, Unix ms; 0: not yet, the queue does not exist.
    created_at: u64,
    /// Heap bytes behind all jobs.
    job_bytes: usize,
    subscriptions: Subscriptions,
    refusals: PendingDuplicates,
}

impl Queue {
    /// A queue that does not exist yet, with these rules.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Queue { settings, ..Queue::default() }
    }

    /// What `id` leads to.
    pub(crate) fn find(&self, id: &[u8]) -> Option<Entry> {
        self.find_hashed(ids::hash(id), id)
    }

    fn find_hashed(&self, hash: u64, id: &[u8]) -> Option<Entry> {
        self.ids.find(hash, |packed| self.id_of(Entry::unpack(packed)) == id).map(Entry::unpack)
    }

    pub(crate) fn id_of(&self, entry: Entry) -> &[u8] {
        match entry {
            Entry::Job(handle) => self.jobs.get(handle).map(Job::id),
            Entry::Remembered(handle) => self.remembered.get(handle).map(|r| r.id),
        }
        .unwrap_or_default()
    }

    pub(crate) fn job(&self, handle: Handle) -> Option<&Job> {
        self.jobs.get(handle)
    }

    pub(crate) fn recipe(&self, job: &Job) -> JobOptions {
        self.recipes.get(job.recipe)
    }

    pub(crate) fn worker_name(&self, worker: u32) -> &[u8] {
        self.workers.name(worker)
    }

    pub(crate) fn record(&self, handle: Handle) -> Option<Record<'_>> {
        self.remembered.get(handle)
    }

    /// The earliest instant, Unix ms, at which time alone changes something. None: nothing is due, ever. O(log n).
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        let leads = [
            self.delayed.first().and_then(|h| self.jobs.get(h)).map(Job::due),
            self.active.first().and_then(|h| self.jobs.get(h)).map(Job::due),
            self.expiring.first().and_then(|h| self.jobs.get(h)).map(Job::expires),
            self.forgetting.first().map(|packed| forget_key(&self.jobs, &self.remembered, packed).at),
            // Jobs that are to be released are due, whatever the clock says.
            self.batches.next_release().map(|_| 0),
            self.batches.next_forgotten().map(|(at, _)| at),
            self.refusals.due(),
            self.next_tick(),
            self.surplus().map(|_| 0),
            self.workers.next_forgotten(),
            self.lanes.next_look(),
            self.lanes.next_forgotten(),
            self.next_token(),
        ];
        leads.into_iter().flatten().min()
    }

    /// The instant of the earliest tick of a schedule, Unix ms. O(1).
    #[must_use]
    pub fn next_tick(&self) -> Option<u64> {
        self.schedules.first().map(|(at, _)| at)
    }

    /// Every schedule with its name, by name.
    #[must_use]
    pub fn schedules(&self) -> impl ExactSizeIterator<Item = (&[u8], &Schedule)> {
        self.schedules.iter()
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters.clone();
        counters.add_many(Count::Duplicates, self.refusals.count);
        counters
    }

    /// Milliseconds from claimable to claimed.
    #[must_use]
    pub fn waits(&self) -> &Histogram {
        &self.waits
    }

    /// Milliseconds from claimed to acknowledged.
    #[must_use]
    pub fn runs(&self) -> &Histogram {
        &self.runs
    }

    /// Whether claims are stopped.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }
}
