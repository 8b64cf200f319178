//! What a worker may say about what it claimed.

use super::fields::FieldTerms;
use super::job::{until, How, Job, State};
use super::model::Model;
use super::request::{Keep, NackOptions, ReleaseOptions};
use super::spec::{Place, Start};
use super::standing::Standing;
use super::value::Value;

const AGAIN: i64 = 1;
const FAILED: i64 = 2;
const UNKNOWN: i64 = -1;
const NOT_YOURS: i64 = -2;
const CANCELLED: i64 = -3;
const HAS_FIELD: i64 = -4;

impl Model {
    pub(super) fn ack(
        &mut self,
        token: u64,
        id: &[u8],
        result: Option<&Vec<u8>>,
        keep: Option<Keep>,
        terms: &FieldTerms,
        now: u64,
    ) -> Value {
        Value::Int(match self.standing(token, id) {
            Standing::Held | Standing::Late | Standing::LateFailed
                if self.has_field(id, terms.unless.as_ref()) =>
            {
                HAS_FIELD
            }
            Standing::Held | Standing::Late | Standing::LateFailed => {
                self.change_fields(id, terms);
                self.saw_holder_of(id, now);
                if let Some(job) = self.job(id).filter(|job| !job.runs.is_empty()) {
                    if !job.is_live() {
                        job.error = None;
                    }
                    job.end_run("completed", None, now);
                }
                self.end_kept(id, How::Completed, Some(token), result, keep, now);
                1
            }
            Standing::LifeLost(member) => {
                self.count("acks");
                self.happened.push(("acks", now));
                if let Some(job) = self.job(id) {
                    (job.done_under, job.earlier_error, job.lost) = (Some(token), None, None);
                    let lost = job.runs.iter_mut().filter(|run| run.token == token);
                    lost.for_each(|run| (run.end, run.ended) = ("completed", now));
                }
                let states = [("from", "failed"), ("to", "completed")];
                let mut fields: Vec<_> = states.map(|(name, state)| (name, Value::bytes(state))).into();
                fields.push(("token", Value::uint(token)));
                self.log("completed", Some(id), fields, now);
                self.set_end(member, Some(How::Completed), now);
                1
            }
            Standing::Completed => 0,
            standing => {
                let answer = self.refuse(standing, token, id, now);
                if answer != CANCELLED && self.created_at.is_some() {
                    self.count("stale-acks");
                }
                answer
            }
        })
    }

    pub(super) fn nack(&mut self, token: u64, id: &[u8], options: &NackOptions, now: u64) -> Value {
        let NackOptions { error, delay, fatal, place, keep, fields } = options;
        let (error, keep) = (error.as_ref(), *keep);
        let standing = self.standing(token, id);
        match standing {
            Standing::Held | Standing::Late | Standing::LateFailed => {}
            Standing::Said("failed") => return Value::Int(0),
            _ => return Value::Int(self.refuse(standing, token, id, now)),
        }
        if self.has_field(id, fields.unless.as_ref()) {
            return Value::Int(HAS_FIELD);
        }
        self.change_fields(id, fields);
        self.saw_holder_of(id, now);
        self.count("nacks");
        let settings = self.settings.clone();
        let Some(job) = self.job(id) else { return Value::Null };
        let from = job.state_name();
        job.end_run("failed", error, now);
        job.nacks += 1;
        if error.is_some() {
            job.error = error.cloned();
        }
        if standing == Standing::LateFailed {
            self.log_end(id, How::Failed, None, now);
            if let Some(keep) = keep {
                let until = until(now + self.late, keep.span);
                match self.job(id).map(|job| (job.window_is_kept, &mut job.state)) {
                    Some((is_kept, State::Ended { kept, refused, .. })) if until.is_some() => {
                        *kept = until;
                        *refused = if is_kept { until } else { *refused };
                    }
                    _ => self.drop_record(id, now),
                }
            }
            return Value::Int(FAILED);
        }
        if *fatal || job.rerun.is_some() || job.nacks >= job.spec.attempts.unwrap_or(settings.attempts) {
            self.end_kept(id, How::Failed, Some(token), None, keep, now);
            return Value::Int(FAILED);
        }
        let wait = delay.unwrap_or_else(|| settings.backoff(job.spec.backoff, job.nacks));
        self.count("retries");
        self.wait_again(id, wait, *place, now);
        let tried_at = self.clock_at(now + self.late) + wait;
        if let Some(State::Delayed { due, retry }) = self.job(id).map(|job| &mut job.state) {
            (*due, *retry) = (tried_at, true);
        }
        let mut more: Vec<_> = self.job(id).cloned().iter().flat_map(|job| self.attempts(job)).collect();
        more.extend(error.map(|error| ("error", Value::bytes(error))));
        self.log_move_with("retried", id, Some(from), more, now);
        Value::Int(AGAIN)
    }

    pub(super) fn release(&mut self, token: u64, id: &[u8], options: &ReleaseOptions, now: u64) -> Value {
        let standing = self.standing(token, id);
        match standing {
            Standing::Held | Standing::Late => {}
            Standing::Said("released") => return Value::Int(0),
            _ => return Value::Int(self.refuse(standing, token, id, now)),
        }
        let ReleaseOptions { start, place, fields } = options;
        let (start, place) = (*start, *place);
        self.change_fields(id, fields);
        self.saw_holder_of(id, now);
        self.count("releases");
        let from = self.job(id).map(|job| job.state_name());
        self.job(id).into_iter().for_each(|job| job.end_run("released", None, now));
        let delay = if let Start::After(ms) = start { ms } else { 0 };
        if start == Start::Hold {
            self.join(id, Place::End, now);
            self.job(id).into_iter().for_each(|job| job.state = State::Held);
        } else if delay > 0 || place == Place::Front {
            self.wait_again(id, delay, place, now);
        } else if let Some(job) = self.job(id) {
            job.state = State::Waiting { since: now, late: None };
        }
        self.log_move("released", id, from, now);
        Value::Int(AGAIN)
    }

    pub(super) fn release_worker(&mut self, name: &[u8], now: u64) -> Value {
        let mut held = Vec::new();
        for job in &self.jobs {
            if let State::Active { token, worker, .. } = &job.state {
                if worker == name {
                    held.push((*token, job.id.clone()));
                }
            }
        }
        held.sort();
        for (token, id) in &held {
            self.release(*token, id, &ReleaseOptions::default(), now);
            self.advance(now);
        }
        Value::count(held.len())
    }

    pub(super) fn extend(&mut self, token: u64, id: &[u8], at_least: u64, now: u64) -> Value {
        let settings = self.settings.clone();
        let may_go_on = |job: &Job| {
            job.runs.last().is_some_and(|run| settings.run_until(&job.spec, run.since, token) > now)
        };
        let is_late = self.standing(token, id) == Standing::Late && self.has_slot_for(id);
        if let Some(job) = self.job(id).filter(|job| is_late && may_go_on(job)) {
            if let Some(run) = job.take_loss_back() {
                let (worker, since) = (run.worker, run.since);
                job.state = State::Active { token, worker, since, until: now, cancel: false };
                self.log_move("taken-back", id, Some("waiting"), now);
            }
        }
        let mut ends = u64::MAX;
        let answer = self.while_held(token, id, now, |job| {
            if let State::Active { since, until, .. } = &mut job.state {
                *until = at_least.min(settings.run_until(&job.spec, *since, token)).max(*until);
                ends = *until;
            }
        });
        if ends < at_least {
            // Never 1, which says that all is well.
            return Value::uint((ends - now).max(2));
        }
        answer
    }

    pub(super) fn progress(&mut self, token: u64, id: &[u8], data: Vec<u8>, now: u64) -> Value {
        let more = vec![("progress", Value::bytes(&data))];
        let answer = self.while_held(token, id, now, |job| {
            if job.progress.as_ref() != Some(&data) {
                job.earlier_losses += std::mem::take(&mut job.losses);
                job.progress = Some(data);
            }
        });
        if answer == Value::Int(1) {
            self.log_move_with("progressed", id, Some("active"), more, now);
        }
        answer
    }

    /// Changes a job that stays with its worker.
    fn while_held(&mut self, token: u64, id: &[u8], now: u64, change: impl FnOnce(&mut Job)) -> Value {
        if self.standing(token, id) == Standing::Held {
            self.saw_holder_of(id, now);
        }
        match (self.standing(token, id), self.job(id)) {
            (Standing::Held, Some(job)) => change(job),
            (Standing::CancelAsked | Standing::Cancelled, _) => return Value::Int(CANCELLED),
            (Standing::Unknown, _) => return Value::Int(UNKNOWN),
            (Standing::Completed | Standing::Said(_), _) => return Value::Int(0),
            _ => return Value::Int(NOT_YOURS),
        }
        Value::Int(1)
    }

    /// Delays the job, or makes it wait behind or before all of its priority when there is nothing to wait for.
    pub(super) fn wait_again(&mut self, id: &[u8], wait: u64, place: Place, now: u64) {
        self.join(id, place, now);
        let due = now + self.late + wait;
        if let Some(job) = self.job(id).filter(|_| wait > 0) {
            job.state = State::Delayed { due, retry: false };
        }
    }

    /// The answer to a worker that does not hold the job. One that was to give it up now has.
    fn refuse(&mut self, standing: Standing, token: u64, id: &[u8], now: u64) -> i64 {
        match standing {
            Standing::Unknown => UNKNOWN,
            Standing::Cancelled => CANCELLED,
            Standing::CancelAsked => {
                self.saw_holder_of(id, now);
                self.end(id, How::Cancelled, Some(token), None, now);
                CANCELLED
            }
            _ => NOT_YOURS,
        }
    }
}
