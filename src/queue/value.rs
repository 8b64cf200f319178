//! All parts of one queue, and plain access to them.

use crate::queue::await_events::{AwaitEvent, Awaited, Subscriptions};
use crate::queue::batches::Batches;
use crate::queue::events::{EventId, EventLog};
use crate::queue::expiries::ExpiryRules;
use crate::queue::jobs::{Job, JobOptions, JobStore};
use crate::queue::limits::{ClaimLimits, Pause};
use crate::queue::schedules::{Schedule, Schedules};
use crate::queue::settings::Settings;
use crate::queue::stats::{Count, Counters, Events, Histogram, PendingDuplicates, Stats};
use crate::queue::store::{ids, Handle, IdEntry, Record, Seldom};
use crate::queue::time::{
    is_a_little_behind, set_back, Lead, Now, UnixMs, LARGEST_COUNT, LATEST_TOKEN, MARGIN, REPLAY_MARGIN,
};
use crate::queue::workers::Workers;

/// One queue: everything behind one Redis key.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    pub(super) jobs: JobStore,
    pub(super) batches: Seldom<Batches>,
    pub(super) workers: Seldom<Workers>,
    pub(super) limits: ClaimLimits,
    pub(super) schedules: Seldom<Schedules>,
    pub(super) expiry_rules: Seldom<ExpiryRules>,
    pub(super) stats: Stats,
    /// ADDs that were refused and are not journaled yet. Not part of the state.
    pub(super) pending_duplicates: PendingDuplicates,
    /// What clients of this server wait for. Not part of the state.
    pub(super) subscriptions: Subscriptions,
    /// The last transitions, if the queue keeps or has kept any.
    pub(super) event_log: Option<Box<EventLog>>,
    pub(super) settings: Settings,
    /// Why no job is claimed. None: it is not paused.
    pub(super) pause: Option<Pause>,
    /// The newest token that was given.
    pub(super) last_token: u64,
    /// When its first effect happened, Unix ms; 0: not yet, the queue does not exist.
    pub(super) created_at: u64,
    /// How far its clock is ahead of the server's.
    pub(super) lead: Lead,
    /// The latest instant at which a session began or effects were applied, Unix ms, since the server's clock was set
    /// back; 0: none since it was read from an old file. The clock of the queue stands there until the server's is there
    /// again. Saved, but not part of the state: a primary has sessions that change nothing.
    pub(super) heard_at: u64,
}

impl Queue {
    /// Whether so few numbers or tokens are left that nothing changes this queue any more. At a million claims a second
    /// it takes decades to get here; damaged or forged bytes get here at once.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.has_less_than(MARGIN)
    }

    /// Whether not even what the primary sent can be applied.
    pub(crate) fn is_beyond_replay(&self) -> bool {
        self.has_less_than(REPLAY_MARGIN)
    }

    fn has_less_than(&self, margin: u64) -> bool {
        let jobs = &self.jobs;
        let numbers = [jobs.next_seq, jobs.front_seqs, jobs.last_number, self.batches.next_number()];
        numbers.into_iter().any(|number| number > LARGEST_COUNT - margin)
            || self.last_token > LATEST_TOKEN - margin
    }

    /// A queue that does not exist yet, with these rules.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Queue { settings, ..Queue::default() }
    }

    /// How far the server's clock was set back since this queue was last changed or looked after, in milliseconds.
    pub(crate) fn is_set_back(&self, now: Now) -> Option<u64> {
        set_back(self.heard_at, now.millis())
    }

    /// A session begins. What nothing has happened to has no past.
    pub(crate) fn hear(&mut self, now: Now) {
        if self.exists() {
            self.heard_at = self.heard_at.max(now.millis());
        }
    }

    /// Effects are applied that a primary journaled at this instant, whatever was heard here: it says if its own clock
    /// was behind.
    pub(crate) fn hear_of_primary(&mut self, now: Now) {
        if self.exists() {
            self.heard_at = now.millis();
        }
    }

    /// The server's clock is a little behind: until when that of the queue stands still.
    pub(crate) fn stands_until(&self, now: Now) -> Option<u64> {
        is_a_little_behind(self.heard_at, now.millis()).then_some(self.heard_at)
    }

    /// Whether it can have been standing still until then when the effects were journaled that are applied.
    pub(crate) fn may_stand_until(&self, until: u64) -> bool {
        is_a_little_behind(until, self.heard_at)
    }

    /// Where the clock of the queue stands when the server's shows `at`, by the server's clock: it does not go back.
    pub(crate) fn clock_at(&self, at: u64) -> u64 {
        at.max(self.heard_at)
    }

    /// The latest instant at which a session began or effects were applied, Unix ms.
    #[must_use]
    pub fn heard_at(&self) -> u64 {
        self.heard_at
    }

    /// What `id` leads to.
    pub(crate) fn find(&self, id: &[u8]) -> Option<IdEntry> {
        self.look_up(id).ok()
    }

    /// What `id` leads to, or, where it leads to nothing, its hash.
    pub(crate) fn look_up(&self, id: &[u8]) -> Result<IdEntry, u64> {
        let hash = ids::hash(id);
        self.jobs.find(hash, id).ok_or(hash)
    }

    /// Before each of many ids is looked up: see [`JobStore::foresee`].
    pub(crate) fn foresee<'a>(&self, nth: usize, ids: impl Iterator<Item = &'a [u8]>) {
        self.jobs.foresee(nth, ids);
    }

    /// Before each of many jobs is claimed that come first in their order: see [`JobStore::foresee_claim`].
    pub(crate) fn foresee_claims(&self, nth: usize, more: impl FnOnce() -> usize) {
        self.jobs.foresee_claim(nth, more);
    }

    pub(crate) fn id_of(&self, entry: IdEntry) -> &[u8] {
        self.jobs.table.id_of(entry)
    }

    pub(crate) fn job(&self, handle: Handle) -> Option<&Job> {
        self.jobs.get(handle)
    }

    pub(crate) fn options(&self, job: &Job) -> JobOptions {
        self.jobs.table.options(job)
    }

    /// The name of a job that has one.
    pub(crate) fn name_of(&self, job: &Job) -> Option<&[u8]> {
        self.jobs.table.name_of(job).map(|number| self.jobs.table.names.get(number))
    }

    pub(crate) fn worker_name(&self, worker: u32) -> &[u8] {
        self.workers.name(worker)
    }

    pub(crate) fn record(&self, handle: Handle) -> Option<Record<'_>> {
        self.jobs.table.remembered.get(handle)
    }

    /// The instant of the earliest tick of a schedule. O(1).
    #[must_use]
    pub fn next_tick(&self) -> Option<UnixMs> {
        self.schedules.first().map(|(at, _)| UnixMs(at))
    }

    /// Every schedule with its name, by name.
    #[must_use]
    pub fn schedules(&self) -> impl ExactSizeIterator<Item = (&[u8], &Schedule)> {
        self.schedules.iter()
    }

    /// The schedule of this name.
    pub(crate) fn schedule(&self, name: &[u8]) -> Option<&Schedule> {
        self.schedules.get(name)
    }

    /// Whether the schedule `name` could tick at `next` after this.
    pub(crate) fn may_tick_next(&self, name: &[u8], next: Option<u64>) -> bool {
        self.schedules.may_tick_next(name, next)
    }

    /// Whether a schedule that is new may have passed over these instants.
    pub(crate) fn may_pass_over(&self, name: &[u8], first: u64, last: u64) -> bool {
        self.schedules.may_pass_over(name, first, last)
    }

    /// Whether anything has happened to it: otherwise it is not behind a key yet.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.created_at != 0
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut counters = self.stats.counters.clone();
        counters.add_many(Count::Duplicates, self.pending_duplicates.count);
        counters
    }

    /// The same numbers in the order of [`counters::NAMES`](crate::queue::counters::NAMES).
    pub fn happened(&self) -> impl Iterator<Item = u64> + '_ {
        let pending = self.pending_duplicates.count;
        let more = move |place| if place == Count::Duplicates as usize { pending } else { 0 };
        let counts = self.stats.counters.each().iter().enumerate();
        counts.map(move |(place, count)| count.saturating_add(more(place)))
    }

    /// Milliseconds from claimable to claimed.
    #[must_use]
    pub fn waits(&self) -> &Histogram {
        &self.stats.waits
    }

    /// Milliseconds from claimed to acknowledged.
    #[must_use]
    pub fn runs(&self) -> &Histogram {
        &self.stats.runs
    }

    /// Whether claims are stopped.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.pause.is_some()
    }

    /// Why no job is claimed; None: it is not paused.
    #[must_use]
    pub fn pause(&self) -> Option<Pause> {
        self.pause
    }

    /// The id of the last event there was; `0-0`: there was none.
    #[must_use]
    pub fn last_event(&self) -> EventId {
        self.event_log.as_ref().map_or(EventId::default(), |log| log.last())
    }

    /// What has happened since this was last asked.
    pub fn take_events(&mut self) -> Events {
        std::mem::take(&mut self.stats.events)
    }

    /// Whether refused ADDs are counted that were not journaled yet. The first of them changes nothing else,
    /// so a timer must be set for it.
    #[must_use]
    pub fn has_pending_duplicates(&self) -> bool {
        self.pending_duplicates.any()
    }

    /// From now on [`Queue::take_await_events`] returns what becomes of `awaited`.
    pub fn subscribe(&mut self, awaited: Awaited) {
        let last = self.last_event();
        self.subscriptions.begin(awaited, last);
    }

    /// No client waits for it any more.
    pub fn unsubscribe(&mut self, awaited: &Awaited) {
        self.subscriptions.end(awaited);
    }

    /// No client waits for anything any more.
    pub fn unsubscribe_all(&mut self) {
        self.subscriptions = Subscriptions::default();
    }

    /// Whether a client waits for anything.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        self.subscriptions.is_on()
    }

    /// What has become of what was awaited; it is not awaited any more.
    pub fn take_await_events(&mut self) -> Vec<(Awaited, AwaitEvent)> {
        self.subscriptions.take(self.event_log.as_deref())
    }
}
