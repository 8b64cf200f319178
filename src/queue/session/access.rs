//! One command's, or one timer tick's, access to a queue.

use crate::queue::effect::{Effect, JobEffect, Steps};
use crate::queue::settings::Settings;
use crate::queue::store::{Handle, IdEntry};
use crate::queue::time::Now;
use crate::queue::value::Queue;

/// Where effects are written down as they happen, to be replicated.
pub trait Journal {
    /// Takes down `effect`, which is about to happen to `queue`.
    fn record(&mut self, queue: &Queue, effect: &Effect<'_>);
}

/// Whether the server lets data grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryPressure {
    /// It does.
    Normal,
    /// It is at its limit: commands that add are refused, and so are ticks.
    AtLimit,
}

/// What a command does for time before its own work: so much that ordinary backlogs are gone, so little that
/// no client waits a millisecond for it. The timer does the rest.
const ADVANCE_FIRST: Steps = Steps { jobs: 1000, forgotten: 500 };

/// A queue at one instant, with a journal.
pub struct Session<'q> {
    pub(crate) queue: &'q mut Queue,
    now: Now,
    journal: &'q mut dyn Journal,
    /// Steps in the life of jobs that time may still take in this session.
    steps_left: u32,
    memory: MemoryPressure,
}

impl<'q> Session<'q> {
    /// Begins a session: lets time do what is due, bounded to about a millisecond.
    pub fn begin(queue: &'q mut Queue, now: Now, journal: &'q mut dyn Journal) -> Self {
        Self::begin_with(MemoryPressure::Normal, queue, now, journal)
    }

    /// The same where the server's memory may have reached its limit, which only schedules ask about: see
    /// [`Queue::next_tick`].
    pub fn begin_with(
        memory: MemoryPressure,
        queue: &'q mut Queue,
        now: Now,
        journal: &'q mut dyn Journal,
    ) -> Self {
        let mut session = Session { queue, now, journal, steps_left: ADVANCE_FIRST.jobs, memory };
        if session.queue.is_exhausted() {
            return session;
        }
        session.notice_set_back();
        session.queue.evaluate_lanes(now.millis());
        session.journal_due_duplicates();
        session.advance(ADVANCE_FIRST);
        session.tick_due();
        session
    }

    /// The server's clock may have been set back since the last session: that of the queue goes on.
    fn notice_set_back(&mut self) {
        if let Some(by) = self.queue.is_set_back(self.now) {
            self.carry_out(&Effect::ClockSetBack { by });
        }
        self.queue.hear(self.now);
    }

    /// The queue as it is.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        self.queue
    }

    /// When it takes place.
    #[must_use]
    pub fn now(&self) -> Now {
        self.now
    }

    /// Whether ticks, which no client asked for, may take memory.
    pub(crate) fn memory(&self) -> MemoryPressure {
        self.memory
    }

    /// Unix milliseconds, cut: what is due by then is due. A span begins with [`Session::in_ms`].
    pub(crate) fn at(&self) -> u64 {
        self.now.millis()
    }

    /// The instant at which a span of `ms` is over that begins now, rounded up: it must not end early.
    pub(crate) fn in_ms(&self, ms: u64) -> u64 {
        self.now.next_ms().saturating_add(ms)
    }

    /// The same of a lease or a wait for a next attempt, for which no time passes while the clock of the queue stands.
    pub(crate) fn in_queue_ms(&self, ms: u64) -> u64 {
        self.queue.clock_at(self.now.next_ms()).saturating_add(ms)
    }

    /// Lets time do at most `most`.
    pub(crate) fn advance(&mut self, most: Steps) {
        let is_due = self.queue.next_due().is_some_and(|due| due <= self.now.unix_ms());
        if !is_due || self.queue.is_exhausted() {
            return;
        }
        self.keep_awaited_batches(most.forgotten);
        let done = self.queue.advance(self.at(), most);
        self.steps_left = self.steps_left.saturating_sub(done.jobs);
        if done != Steps::default() {
            // Written down afterwards: it names no job, and only now it is known how much it was.
            self.journal.record(self.queue, &Effect::Advanced(done));
        }
    }

    /// Journals `effect` and makes it happen. Jobs that waited for a batch it finished go on at once, as many
    /// as the session has steps left for.
    pub(crate) fn change(&mut self, effect: &Effect<'_>) {
        if self.queue.has_pending_duplicates() {
            self.journal_duplicates();
        }
        if self.queue.created_at == 0 {
            self.journal_first_settings();
        }
        self.carry_out(effect);
        if self.queue.has_released() && self.steps_left > 0 {
            self.advance(Steps { jobs: self.steps_left, forgotten: 0 });
        }
    }

    /// Journals a change of one job and makes it happen.
    #[inline]
    pub(crate) fn change_job(&mut self, job: Handle, change: JobEffect<'_>) {
        self.change(&Effect::Job { job, change });
    }

    /// A queue begins. Replicas may have other defaults for new queues, so they get the settings it begins
    /// with.
    fn journal_first_settings(&mut self) {
        let settings = *self.queue.settings();
        if settings != Settings::default() {
            self.carry_out(&Effect::Configured(settings));
        }
    }

    fn carry_out(&mut self, effect: &Effect<'_>) {
        self.journal.record(self.queue, effect);
        self.queue.apply(effect, self.now);
    }

    /// Before each of many ids is named: `ids` are the `nth`, from 0 on, and those behind it. Makes what follows faster
    /// and changes nothing.
    pub fn foresee<'a>(&self, nth: usize, ids: impl Iterator<Item = &'a [u8]>) {
        self.queue.foresee(nth, ids);
    }

    /// What `id` leads to as of now, even where time has more to do than it had room for: an id is not
    /// remembered any more once its window is over.
    pub(crate) fn find(&mut self, id: &[u8]) -> Option<IdEntry> {
        let entry = self.queue.find(id)?;
        self.as_of_now(id, entry)
    }

    /// The same of an id that led to `entry`.
    pub(crate) fn as_of_now(&mut self, id: &[u8], mut entry: IdEntry) -> Option<IdEntry> {
        if let IdEntry::Job(handle) = entry {
            if self.advance_named(handle) {
                entry = self.queue.find(id)?;
            }
        }
        match entry {
            IdEntry::Job(_) => Some(entry),
            IdEntry::Remembered(handle) => {
                self.queue.record(handle).filter(|record| record.until > self.at()).map(|_| entry)
            }
        }
    }

    /// Brings a job up to now; whether there was anything to do.
    pub(crate) fn advance_named(&mut self, handle: Handle) -> bool {
        let at = self.at();
        let behind =
            self.queue.job(handle).is_some_and(|job| !job.is_finished() && self.queue.due_of(job) <= at);
        if behind {
            self.change_job(handle, JobEffect::Advanced);
        }
        behind
    }
}
