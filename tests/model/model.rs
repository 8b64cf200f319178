//! The model: the manual's queue in its simplest form. One list of jobs, searched from its start every time;
//! no index, no count that could go stale, no case treated faster than another.
//!
//! What time alone does is in `advance`. What commands do is in `produce`, `claim`, `consume`, `admin`, `selected` and `records`, what they show in `shown`.
//! Batches are in `batch`, schedules in `schedules`, concurrency and rates in `limits`, JQ.WORKERS and JQ.SERIES in `history`, events in `events`.

use std::collections::BTreeMap;

use super::args::{Words, ERR};
use super::batch::{Batch, Member};
use super::events::Logged;
use super::groups::GroupLimits;
use super::job::{Job, State};
use super::limits::Claim;
use super::pauses::{Kind, Pauses};
use super::request::{claim_any, parse, NackOptions, ReleaseOptions, Request};
use super::schedules::Schedule;
use super::settings::Settings;
use super::spec::Place;
use super::value::{Engine, Value};

/// A queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(super) settings: Settings,
    pub(super) jobs: Vec<Job>,
    pub(super) last_seq: i64,
    /// The last place at a front.
    pub(super) last_front: i64,
    pub(super) last_token: u64,
    /// The last number that was given as an id.
    pub(super) last_number: u64,
    /// 1 while a command works in a millisecond that is not over: spans begin with the next one.
    pub(super) late: u64,
    pub(super) pauses: Pauses,
    /// Of the groups that have limits of their own.
    pub(super) group_limits: BTreeMap<Vec<u8>, GroupLimits>,
    pub(super) batches: Vec<Batch>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) ledger: Vec<Member>,
    /// Batches opened so far.
    pub(super) opened: usize,
    pub(super) counters: BTreeMap<&'static str, i64>,
    /// Every claim there was.
    pub(super) claims: Vec<Claim>,
    /// When each worker was seen last.
    pub(super) seen: BTreeMap<Vec<u8>, u64>,
    /// What was counted, and the instant at which it happened.
    pub(super) happened: Vec<(&'static str, u64)>,
    /// The events that are kept, and the id of the last one there was.
    pub(super) events: Vec<Logged>,
    pub(super) last_event: (u64, u64),
    /// Whether a job waited or was active when last looked at.
    pub(super) was_busy: bool,
    /// The instant of the first command that made a queue.
    pub(super) created_at: Option<u64>,
    /// The latest instant that the clock has shown since then, or since it was set back.
    pub(super) heard_at: u64,
}

impl Engine for Model {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let [verb, _key, rest @ ..] = words else { return Value::Error(ERR.into()) };
        let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
        // Its queues are counted first; here all of them are one.
        let request = if verb == "JQ.CLAIMANY" {
            claim_any(&mut Words(words.get(1..).unwrap_or_default()))
        } else {
            parse(&verb, Words(rest))
        };
        if let Ok(Request::Config(fields)) = &request {
            if self.settings.clone().with(fields).is_err() {
                return Value::Error(ERR.into());
            }
        }
        match request {
            Err(code) => Value::Error(code.into()),
            Ok(request) => {
                let now = now_us / 1000;
                self.hear(now);
                self.advance(now);
                self.late = now_us.div_ceil(1000) - now;
                self.tick_schedules(now);
                let is_read = request.is_read();
                let reply = self.run(request, now_us);
                if !is_read {
                    self.advance(now);
                }
                reply
            }
        }
    }

    fn check(&self) -> Vec<String> {
        let mut wrong = self.exceeded();
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

impl Model {
    fn run(&mut self, request: Request, now_us: u64) -> Value {
        let now = now_us / 1000;
        let makes_a_queue = matches!(
            request,
            Request::Add { .. }
                | Request::Config(_)
                | Request::Seal(_)
                | Request::Pause { .. }
                | Request::LimitGroup { .. }
                | Request::Schedule { .. }
        );
        let reply = self.carry_out(request, now_us, now);
        if makes_a_queue && !matches!(reply, Value::Error(_) | Value::Null) {
            self.created_at.get_or_insert(now.max(1));
        }
        reply
    }

    #[allow(clippy::too_many_lines, reason = "an arm for each request")]
    fn carry_out(&mut self, request: Request, now_us: u64, now: u64) -> Value {
        let asked = match &request {
            Request::Claim { lease, .. } | Request::ClaimAny { lease, .. } | Request::Held { lease, .. } => {
                *lease
            }
            Request::Extend { ms, .. } => Some(*ms),
            Request::Ack { next: Some(next), .. } | Request::Nack { next: Some(next), .. } => next.lease,
            _ => None,
        };
        if asked.is_some_and(|ms| ms > self.settings.max_lease) {
            return Value::Error(ERR.into());
        }
        match request {
            Request::Add { jobs, many, shards } => self.add_all(&jobs, many, shards, now),
            Request::Claim { worker, count, lease, max_bytes, full } => {
                let claimed = self.claim(&worker, count, lease, max_bytes, now_us);
                self.detailed(claimed, full)
            }
            Request::Held { worker, lease, full } => {
                let held = self.held(&worker, lease, now);
                self.detailed(held, full)
            }
            Request::ClaimAny { queue, worker, count, lease, max_bytes, full } => {
                let claimed = self.claim(&worker, count, lease, max_bytes, now_us);
                match self.detailed(claimed, full) {
                    Value::Null => Value::Null,
                    jobs => Value::Array(vec![Value::bytes(&queue), jobs]),
                }
            }
            Request::Ack { pairs, fields, .. }
            | Request::Nack { pairs, options: NackOptions { fields, .. }, .. }
            | Request::Release { pairs, options: ReleaseOptions { fields, .. } }
                if self.refuses_fields(pairs.iter().map(|(_, id)| id), &fields) =>
            {
                Value::Error(ERR.into())
            }
            Request::Ack { pairs, results, keep, next, fields } => {
                let mut results = results.into_iter();
                let answers = self.each(pairs, now, |model, (token, id)| {
                    model.ack(token, &id, results.next().as_ref(), keep, &fields, now)
                });
                let reply = self.claim_next(answers.clone(), next, now_us);
                self.trim_kind("completed", keep, &answers, now);
                reply
            }
            Request::Nack { pairs, options, next } => {
                let answers =
                    self.each(pairs, now, |model, (token, id)| model.nack(token, &id, &options, now));
                let reply = self.claim_next(answers.clone(), next, now_us);
                self.trim_kind("failed", options.keep, &answers, now);
                reply
            }
            Request::Release { pairs, options } => {
                self.each(pairs, now, |model, (token, id)| model.release(token, &id, &options, now))
            }
            Request::ReleaseWorker(worker) => self.release_worker(&worker, now),
            Request::Extend { ms, pairs } => self.each(pairs, now, |model, (token, id)| {
                model.extend(token, &id, model.clock_at(now + model.late) + ms, now)
            }),
            Request::Progress { token, id, data } => Value::Array(vec![self.progress(token, &id, data, now)]),
            Request::Log { id, lines } => self.append_to_log(&id, lines),
            Request::Logs { id, skip, count, backward } => self.log_of(&id, skip, count, backward),
            Request::Get(id) => self.get(&id),
            Request::List(state, page) => self.list(&state, &page),
            Request::ListRemembered(page) => self.list_remembered(&page),
            Request::Count(state, selection) => self.count_jobs(&state, &selection),
            Request::Stats => self.stats(now),
            Request::Remove(ids) => self.each(ids, now, |model, id| model.remove(&id, now)),
            Request::Cancel(ids) => self.each(ids, now, |model, id| model.cancel(&id, now)),
            Request::Promote { ids, delay, place } => {
                self.each(ids, now, |model, id| model.promote(&id, delay, place, now))
            }
            Request::Retry(ids, options) => self.retry_all(&ids, &options, now),
            Request::Rerun(ids, options) => self.rerun_all(&ids, &options, now),
            Request::Change { id, to } => self.change(&id, &to, now),
            Request::CancelPage(page) => self.cancel_page(&page, now),
            Request::PromotePage(page) => self.promote_page(&page, now),
            Request::RetryPage(page) => self.retry_page(&page, now),
            Request::Pause { group, span } => {
                let kind = span.map_or(Kind::Endless, |ms| Kind::Until(now + self.late + ms));
                self.pause(group, kind, now)
            }
            Request::Resume { group, only } => self.resume(group.as_ref(), only, now),
            Request::Config(fields) => self.configure(&fields),
            Request::Seal(name) => {
                let answer = self.seal(&name, now);
                self.advance(now);
                answer
            }
            Request::Forget(name) => self.forget_batch(&name),
            Request::Batch(name) => self.batch(&name),
            Request::Batches(count) => self.list_batches(count),
            Request::AwaitJob(id) => self.state_and_result(&id),
            Request::Purge(state, page) => self.purge(&state, &page, now),
            Request::PurgeRemembered(page) => self.purge_remembered(&page, now),
            Request::Workers => Value::Array(vec![Value::Int(0), self.workers()]),
            Request::LimitGroup { name, fields } => self.limit_group(&name, &fields),
            Request::Group(name) => self.group(&name),
            Request::Groups => Value::Array(vec![Value::Int(0), self.groups()]),
            Request::Names(count) => self.names(count),
            Request::AwaitIdle => Value::count(self.jobs.iter().filter(|job| job.is_active()).count()),
            Request::Events(asked) => self.read_events(&asked),
            Request::Emit { name, job, fields } => self.emit(&name, job.as_deref(), &fields, now),
            Request::TrimEvents(keep) => self.trim_events(keep),
            Request::Schedule { name, plan } => self.set_schedule(name, *plan, now),
            Request::Unschedule(name) => self.unschedule(&name),
            Request::Schedules => self.list_schedules(),
            Request::Series(minutes) => self.series(minutes, now),
        }
    }

    /// One answer per item, in order. What an item has released goes on before the next.
    fn each<T>(&mut self, items: Vec<T>, now: u64, mut one: impl FnMut(&mut Self, T) -> Value) -> Value {
        let answers = items.into_iter().map(|item| {
            let answer = one(self, item);
            self.advance(now);
            answer
        });
        Value::Array(answers.collect())
    }

    /// Changes the job, and drops it if nothing refuses its id and nothing is kept of it.
    pub(super) fn forget(&mut self, id: &[u8], change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.job(id) {
            change(job);
        }
        self.jobs.retain(|job| !matches!(job.state, State::Ended { refused: None, kept: None, .. }));
    }

    pub(super) fn job(&mut self, id: &[u8]) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    pub(super) fn next_seq(&mut self) -> i64 {
        self.last_seq += 1;
        self.last_seq
    }

    pub(super) fn next_seq_at(&mut self, place: Place) -> i64 {
        if place == Place::End {
            return self.next_seq();
        }
        self.last_front -= 1;
        self.last_front
    }

    pub(super) fn count(&mut self, counter: &'static str) {
        *self.counters.entry(counter).or_default() += 1;
    }
}
