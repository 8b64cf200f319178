//! All parts of one queue, and plain access to them.

use crate::queue::await_events::{AwaitEvent, Awaited, Subscriptions};
use crate::queue::batches::Batches;
use crate::queue::expiries::ExpiryRules;
use crate::queue::jobs::{forget_key, Job, JobOptions, OptionSets};
use crate::queue::limits::{Bucket, Lanes};
use crate::queue::schedules::{Schedule, Schedules};
use crate::queue::settings::Settings;
use crate::queue::stats::{Count, Counters, Event, Events, Histogram, PendingDuplicates, Series};
use crate::queue::store::{ids, Entry, Handle, IdIndex, Order, Place, Record, Remembered, Slab, When};
use crate::queue::workers::Workers;

/// One queue: everything behind one Redis key.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    pub(super) jobs: Slab<Job>,
    pub(super) remembered: Remembered,
    pub(super) ids: IdIndex,
    /// Waiting jobs without a group.
    pub(super) waiting: Order<Place>,
    /// Those with one; their lanes list them too.
    pub(super) grouped: Order<Place>,
    pub(super) delayed: Order<When>,
    /// Jobs that wait for a batch; each batch lists its own too.
    pub(super) blocked: Order<Place>,
    /// By the end of the lease.
    pub(super) active: Order<When>,
    /// By the instant they finished; so are the failed.
    pub(super) completed: Order<When>,
    pub(super) failed: Order<When>,
    /// Waiting, delayed and blocked jobs with PX, by its instant.
    pub(super) expiring: Order<When>,
    /// Kept records and remembered ids (packed entries) by the instant they are dropped, unless that is never.
    pub(super) forgetting: Order<When>,
    pub(crate) schedules: Schedules,
    pub(super) workers: Workers,
    pub(super) batches: Batches,
    pub(super) recipes: OptionSets,
    pub(super) lanes: Lanes,
    /// Of the rate of the whole queue.
    pub(super) bucket: Bucket,
    /// The instant of the last look at what time allows, Unix ms. Not saved: the next look is as good.
    pub(super) as_of: u64,
    pub(super) settings: Settings,
    pub(super) counters: Counters,
    pub(super) events: Events,
    /// Milliseconds from claimable to claimed.
    pub(super) waits: Histogram,
    /// Milliseconds from claimed to acknowledged.
    pub(super) runs: Histogram,
    pub(super) series: Series,
    pub(super) expiries: ExpiryRules,
    pub(super) next_seq: u64,
    pub(super) last_token: u64,
    pub(super) paused: bool,
    /// When its first effect happened, Unix ms; 0: not yet, the queue does not exist.
    pub(super) created_at: u64,
    /// Heap bytes behind all jobs.
    pub(super) job_bytes: usize,
    pub(super) subscriptions: Subscriptions,
    pub(super) refusals: PendingDuplicates,
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

    pub(crate) fn find_hashed(&self, hash: u64, id: &[u8]) -> Option<Entry> {
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

    /// Something happens: it is counted and will be told.
    pub(crate) fn happens(&mut self, event: Event) {
        self.events.insert(event);
        if let Some(count) = event.count() {
            self.counters.add(count);
        }
    }

    /// What has happened since this was last asked.
    pub fn take_events(&mut self) -> Events {
        std::mem::take(&mut self.events)
    }

    /// Whether refused ADDs are still to be told. Nothing is journaled when the first of them comes.
    #[must_use]
    pub fn has_refusals(&self) -> bool {
        self.refusals.any()
    }

    /// From now on [`Queue::take_news`] tells about `awaited`.
    pub fn subscribe(&mut self, awaited: Awaited) {
        self.subscriptions.begin(awaited);
    }

    /// Nobody waits for it any more.
    pub fn unsubscribe(&mut self, awaited: &Awaited) {
        self.subscriptions.end(awaited);
    }

    /// Nobody waits for anything any more.
    pub fn unsubscribe_all(&mut self) {
        self.subscriptions = Subscriptions::default();
    }

    /// Whether somebody waits for something.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        self.subscriptions.is_on()
    }

    /// What has become of what was awaited; it is not awaited any more.
    pub fn take_news(&mut self) -> Vec<(Awaited, AwaitEvent)> {
        self.subscriptions.take()
    }
}
