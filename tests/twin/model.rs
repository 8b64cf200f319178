//! The twin: the manual's queue in its simplest form. One list of jobs, searched from its start every time; no
//! index, no count that could go stale, no case treated faster than another.
//!
//! What happens by itself is here; what commands do is in `produce`, `consume` and `look`, and what batches are in `batch`.

use std::collections::BTreeMap;

use super::batch::{Batch, Member};
use super::job::{until, Call, How, Job, State};
use super::request::{parse, Request};
use super::settings::Settings;
use super::value::{Engine, Value};
use super::words::{Words, ERR};

/// A queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Twin {
    pub(super) settings: Settings,
    pub(super) jobs: Vec<Job>,
    pub(super) last_seq: u64,
    pub(super) last_token: u64,
    pub(super) paused: bool,
    pub(super) batches: Vec<Batch>,
    pub(super) ledger: Vec<Member>,
    /// Batches opened so far.
    pub(super) opened: usize,
    pub(super) counters: BTreeMap<&'static str, i64>,
}

/// What time does to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Due,
    /// Its batch had finished at that instant.
    Release(u64),
    Lapse,
    Expire,
    IdFree,
    RecordOver,
}

impl Engine for Twin {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let [verb, _key, rest @ ..] = words else { return Value::Error(ERR.into()) };
        let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
        let request = parse(&verb, Words(rest));
        if let Ok(Request::Config(fields)) = &request {
            if self.settings.clone().with(fields).is_err() {
                return Value::Error(ERR.into());
            }
        }
        match request {
            Err(code) => Value::Error(code.into()),
            Ok(request) => {
                self.settle(now_us / 1000);
                self.run(request, now_us)
            }
        }
    }

    fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (place, job) in self.jobs.iter().enumerate() {
            if self.jobs.iter().skip(place + 1).any(|other| other.id == job.id || other.seq == job.seq) {
                wrong.push(format!("{job:?} shares its id or its place"));
            }
            if matches!(job.state, State::Ended { refused: None, kept: None, .. }) {
                wrong.push(format!("{job:?} should be gone"));
            }
        }
        wrong
    }
}

impl Twin {
    fn run(&mut self, request: Request, now_us: u64) -> Value {
        let now = now_us / 1000;
        match request {
            Request::Add { jobs, on_dup, many } => self.add_all(&jobs, on_dup, many, now),
            Request::Claim { worker, count, lease, max_bytes } => {
                self.claim(&worker, count, lease, max_bytes, now_us)
            }
            Request::Held { worker, lease } => self.held(&worker, lease, now),
            Request::Ack { pairs, result } => {
                self.each(pairs, now, |twin, (token, id)| twin.ack(token, &id, result.as_ref(), now))
            }
            Request::Nack { pairs, error, delay, fatal } => self.each(pairs, now, |twin, (token, id)| {
                twin.nack(token, &id, error.as_ref(), delay, fatal, now)
            }),
            Request::Release { pairs, delay } => {
                self.each(pairs, now, |twin, (token, id)| twin.release(token, &id, delay, now))
            }
            Request::ReleaseWorker(worker) => self.release_worker(&worker, now),
            Request::Extend { ms, pairs } => {
                self.each(pairs, now, |twin, (token, id)| twin.extend(token, &id, now + ms))
            }
            Request::Progress { token, id, data } => Value::Array(vec![self.progress(token, &id, data)]),
            Request::Get(id) => self.get(&id),
            Request::List { state, batch, count, payload } => {
                self.list(&state, batch.as_ref(), count, payload)
            }
            Request::Stats => self.stats(),
            Request::Remove(ids) => self.each(ids, now, |twin, id| twin.remove(&id, now)),
            Request::Cancel(ids) => self.each(ids, now, |twin, id| twin.cancel(&id, now)),
            Request::Promote(ids) => self.each(ids, now, |twin, id| twin.promote(&id)),
            Request::Retry(ids) => self.each(ids, now, |twin, id| twin.retry(&id, now)),
            Request::RetryOldest(count) => self.retry_oldest(count, now),
            Request::Pause => self.set_paused(true),
            Request::Resume => self.set_paused(false),
            Request::Config(fields) => self.configure(&fields),
            Request::Seal(name) => {
                let answer = self.seal(&name, now);
                self.settle(now);
                answer
            }
            Request::Forget(name) => self.forget_batch(&name),
            Request::Batch(name) => self.batch(&name),
            Request::Batches(count) => self.list_batches(count),
            Request::AwaitJob(id) => self.state_and_result(&id),
        }
    }

    /// One answer per item, in order. What an item has released goes on before the next.
    fn each<T>(&mut self, items: Vec<T>, now: u64, mut one: impl FnMut(&mut Self, T) -> Value) -> Value {
        let answers = items.into_iter().map(|item| {
            let answer = one(self, item);
            self.settle(now);
            answer
        });
        Value::Array(answers.collect())
    }

    /// Does everything that is due by `now`, one thing after the other, as of the instant it was due.
    pub(super) fn settle(&mut self, now: u64) {
        loop {
            let all = self.jobs.iter().flat_map(|job| events(job).into_iter().map(move |it| (it, job)));
            // Even if the clock was set back since the batch finished.
            let released = self.next_release().map(|(at, job)| ((at.min(now), Event::Release(at)), job));
            let all = all.chain(released).map(|((instant, event), job)| (instant, job.seq, &job.id, event));
            let next = all.min_by_key(|(instant, seq, ..)| (*instant, *seq));
            let Some((instant, _, id, event)) = next.filter(|(instant, ..)| *instant <= now) else { break };
            self.happen(&id.clone(), event, instant);
        }
        self.drop_batches(now);
    }

    fn happen(&mut self, id: &[u8], event: Event, instant: u64) {
        match event {
            Event::Due => self.join_end(id),
            Event::Release(at) => self.unblock(id, at),
            Event::Lapse => self.lapse(id, instant),
            Event::Expire => self.end(id, How::Expired, None, None, instant),
            Event::IdFree => self.forget(id, |job| {
                if let State::Ended { refused, .. } = &mut job.state {
                    *refused = None;
                }
            }),
            Event::RecordOver => self.forget(id, |job| {
                if let State::Ended { kept, refused, .. } = &mut job.state {
                    *kept = None;
                    *refused = refused.filter(|at| *at > instant);
                }
            }),
        }
    }

    /// The lease of `id` ran out at `instant`.
    fn lapse(&mut self, id: &[u8], instant: u64) {
        let limit = self.settings.max_losses;
        let Some(job) = self.job(id) else { return };
        let State::Active { token, cancel, .. } = job.state else { return };
        if cancel {
            return self.end(id, How::Cancelled, Some(token), None, instant);
        }
        job.losses += 1;
        job.state = State::Waiting { late: Some(token) };
        if job.losses > limit {
            job.error = Some(format!("lease lost {} times", job.losses).into_bytes());
            self.end(id, How::Failed, Some(token), None, instant);
        }
        self.count("losses");
    }

    /// Ends a life at `at`: a set-aside rerun begins, or the id is remembered and the record kept.
    pub(super) fn end(&mut self, id: &[u8], how: How, token: Option<u64>, result: Option<&Vec<u8>>, at: u64) {
        self.count(match how {
            How::Completed => "acks",
            How::Failed => "failures",
            How::Expired => "expirations",
            How::Cancelled => "cancellations",
        });
        let settings = self.settings.clone();
        let Some(job) = self.job(id) else { return };
        let member = job.member;
        if let Some(call) = job.rerun.take() {
            let done_under = token.filter(|_| how == How::Completed);
            self.begin(id, call, at);
            if let Some(job) = self.job(id) {
                job.done_under = done_under;
            }
            return self.settle_fate(member, Some(how), at);
        }
        let window = job.call.dedup.unwrap_or(settings.dedup_window);
        let refused = until(at, window);
        let kept = match how {
            How::Completed => until(at, job.call.keep.unwrap_or(settings.keep_completed)),
            How::Failed => until(at, settings.keep_failed),
            How::Expired | How::Cancelled => None,
        };
        job.state = State::Ended { how, at, token, result: result.cloned(), refused, kept };
        job.done_under = None;
        // A failed job that is retried was not asked for in time, but again.
        job.expires_at = None;
        let seq = self.next_seq();
        self.forget(id, |job| job.seq = seq);
        self.settle_fate(member, Some(how), at);
    }

    /// Begins a life at `at`, in the place of whatever was known of `id`.
    pub(super) fn begin(&mut self, id: &[u8], call: Call, at: u64) {
        let seq = self.next_seq();
        self.jobs.retain(|job| job.id != id);
        self.jobs.push(Job::new(id, call, seq, at));
    }

    /// Makes `id` wait behind all of its priority.
    pub(super) fn join_end(&mut self, id: &[u8]) {
        let seq = self.next_seq();
        if let Some(job) = self.job(id) {
            job.seq = seq;
            job.state = State::Waiting { late: None };
        }
    }

    /// Changes the job, and drops it if nothing refuses its id and nothing is kept of it.
    fn forget(&mut self, id: &[u8], change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.job(id) {
            change(job);
        }
        self.jobs.retain(|job| !matches!(job.state, State::Ended { refused: None, kept: None, .. }));
    }

    pub(super) fn job(&mut self, id: &[u8]) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    pub(super) fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    pub(super) fn count(&mut self, counter: &'static str) {
        *self.counters.entry(counter).or_default() += 1;
    }
}

/// What will happen to `job`, and when.
fn events(job: &Job) -> Vec<(u64, Event)> {
    let expiry = job.expires_at.map(|at| (at, Event::Expire));
    match job.state {
        State::Waiting { .. } | State::Blocked { .. } => expiry.into_iter().collect(),
        State::Delayed { due } => [(due, Event::Due)].into_iter().chain(expiry).collect(),
        State::Active { until, .. } => vec![(until, Event::Lapse)],
        State::Ended { refused, kept: None, .. } => {
            refused.map(|at| (at, Event::IdFree)).into_iter().collect()
        }
        State::Ended { kept: Some(at), .. } => vec![(at, Event::RecordOver)],
    }
}
