//! The rules of a queue one at a time, with every invariant recounted after every step. What random commands
//! do to it is tested against the naive model in `tests/model`.

mod advance;
mod batches;
mod claims;
mod clock;
mod events;
mod expiries;
mod ids;
mod limits;
mod pages;
mod schedules;

use super::session::Changed;
use super::stats::Count;
use super::store::Direction;
use super::views::{ListStart, PageRange, Row, Selection};
use super::*;

/// A queue at an instant that the test sets.
#[derive(Default)]
struct TestQueue {
    queue: Queue,
    ms: u64,
    effects: usize,
}

/// Counts what would be replicated.
struct EffectCounter<'a>(&'a mut usize);

impl Journal for EffectCounter<'_> {
    fn record(&mut self, _: &Queue, _: &Effect<'_>) {
        *self.0 += 1;
    }
}

/// The first so many of a listing.
fn first_page(count: usize) -> PageRange {
    PageRange::new(count, ListStart { direction: Direction::Forward, from: None })
}

impl TestQueue {
    fn at(ms: u64) -> Self {
        TestQueue { ms, ..TestQueue::default() }
    }

    fn session<R>(&mut self, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        self.session_with(MemoryPressure::Normal, act)
    }

    fn session_with<R>(&mut self, memory: MemoryPressure, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        let now = Now::from_micros(self.ms * 1000);
        let mut journal = EffectCounter(&mut self.effects);
        let result = act(&mut Session::begin_with(memory, &mut self.queue, now, &mut journal));
        assert_eq!(self.queue.check(), Vec::<String>::new());
        result
    }

    fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = *self.queue.settings();
        change(&mut settings);
        self.session(|session| session.configure(settings));
    }

    fn add(&mut self, id: &str, job: JobSpec<&[u8]>) -> (Outcome, JobState) {
        let added = self.session(|session| session.enqueue(Some(id.as_bytes()), &request(job)));
        (added.outcome, added.state)
    }

    /// When the queue is due next, Unix ms.
    fn due(&self) -> Option<u64> {
        self.queue.next_due().map(|UnixMs(at)| at)
    }

    /// The token of the one job claimed.
    fn claim(&mut self) -> Option<u64> {
        self.claim_many(1, 0).first().copied()
    }

    fn claim_many(&mut self, count: usize, reserved: usize) -> Vec<u64> {
        let options = ClaimOptions { worker: b"w".as_slice(), count, lease: Some(100), max_bytes: None };
        self.session(|session| session.claim(&options, reserved))
            .iter()
            .map(|claimed| claimed.token)
            .collect()
    }

    /// How many failed jobs get fresh attempts.
    fn revive_all(&mut self) -> Result<usize, Refusal> {
        let revived = self.session(|session| {
            session.revive_selected(&Selection::default(), first_page(100), Report::Number, Place::End)
        });
        revived.map(|selected| selected.changed.len())
    }

    fn ids(&self, state: JobState) -> Vec<String> {
        let page = self.queue.list(state, &Selection::default(), first_page(100), Row::Id);
        page.rows.iter().map(|job| String::from_utf8_lossy(self.queue.id(*job)).into_owned()).collect()
    }
}

fn job() -> JobSpec<&'static [u8]> {
    JobSpec {
        payload: b"x",
        start: Start::Now,
        priority: None,
        place: Place::End,
        options: JobOptions::default(),
        group: None,
        expires: None,
        max_wait: None,
        fields: None,
        name: None,
    }
}

/// An ADD of `job` that names no batch.
fn request(job: JobSpec<&[u8]>) -> AddRequest<&[u8]> {
    AddRequest { job, batches: BatchRefs::NONE, on_dup: OnDup::Ignore }
}
