//! The commands of an operator: what removes, cancels, promotes, changes and retries jobs, and what configures.

use super::args::ERR;
use super::job::{How, State};
use super::model::Model;
use super::request::{Change, RetryOptions};
use super::shown::is_listed;
use super::spec::Place;
use super::value::Value;

impl Model {
    /// Forgets a job that is not active, or all that is left of one.
    pub(super) fn remove(&mut self, id: &[u8], now: u64) -> Value {
        let Some(job) = self.job(id) else { return Value::Int(-1) };
        if job.is_active() {
            return Value::Int(0);
        }
        let pending = job.member.filter(|_| job.is_live());
        let from = job.state_name();
        self.count("removals");
        self.log("removed", Some(id), vec![("from", Value::bytes(from))], now);
        self.jobs.retain(|job| job.id != id);
        self.log_if_drained(now);
        if pending.is_some() {
            self.set_end(pending, Some(How::Cancelled), now);
        }
        Value::Int(1)
    }

    pub(super) fn cancel(&mut self, id: &[u8], now: u64) -> Value {
        let Some(job) = self.job(id) else { return Value::Int(-1) };
        let token = match &mut job.state {
            State::Ended { .. } | State::Active { cancel: true, .. } => return Value::Int(0),
            State::Active { cancel, .. } => {
                *cancel = true;
                job.rerun = None;
                return Value::Int(1);
            }
            State::Waiting { late, .. } => *late,
            State::Delayed { .. } | State::Blocked { .. } | State::Held => None,
        };
        job.rerun = None;
        self.end(id, How::Cancelled, token, None, now);
        Value::Int(1)
    }

    pub(super) fn promote(&mut self, id: &[u8], delay: u64, place: Place, now: u64) -> Value {
        let Some(job) = self.job(id) else { return Value::Int(-1) };
        if !matches!(job.state, State::Delayed { .. } | State::Held) {
            return Value::Int(0);
        }
        let from = job.state_name();
        self.wait_again(id, delay, place, now);
        self.log_move("promoted", id, Some(from), now);
        Value::Int(1)
    }

    /// Changes all that is named, or nothing.
    pub(super) fn change(&mut self, id: &[u8], to: &Change, now: u64) -> Value {
        if self.refuses_fields([id.to_vec()].iter(), &to.fields) {
            return Value::Error(ERR.into());
        }
        let (seq, late) = (self.next_seq_at(to.place), self.late);
        let Some(job) = self.job(id) else { return Value::Int(-1) };
        let is_remembered = matches!(job.state, State::Ended { kept: None, .. });
        let is_active = job.is_active();
        let wants_to_move = to.start.is_some() || to.place == Place::Front;
        let is_still = is_active || !job.is_live() || matches!(job.state, State::Held);
        if is_remembered
            || (wants_to_move && is_still)
            || (to.priority.is_some() && !job.is_live())
            || ((to.payload.is_some() || !to.fields.changes.is_empty()) && job.result_only)
        {
            return Value::Int(0);
        }
        let from = job.state_name();
        let fields = to.fields.of(&job.fields);
        let due = to.start.map(|start| start.due(now, late)).map(|due| Some(due).filter(|due| *due > now));
        let mut moves = to.place == Place::Front;
        let mut changes = moves || to.payload.is_some() || to.progress.is_some() || fields != job.fields;
        job.fields = fields;
        if to.name.is_some() && to.name != job.spec.name {
            job.spec.name.clone_from(&to.name);
            changes = true;
        }
        match (&mut job.state, due) {
            (_, None) | (State::Waiting { .. }, Some(None)) => {}
            (State::Blocked { due: its, .. }, Some(due)) => (*its, changes) = (due, true),
            (state, Some(Some(due))) => (*state, moves) = (State::Delayed { due, retry: false }, true),
            (state, Some(None)) => (*state, moves) = (State::Waiting { since: now, late: None }, true),
        }
        if let Some(priority) = to.priority.filter(|priority| *priority != job.spec.priority) {
            job.spec.priority = priority;
            moves |= !is_active;
            changes = true;
        }
        if moves {
            job.seq = seq;
        }
        job.spec.payload = to.payload.clone().unwrap_or(std::mem::take(&mut job.spec.payload));
        if let (Some(rerun), Some(payload)) = (&mut job.rerun, &to.payload) {
            rerun.spec.payload.clone_from(payload);
        }
        job.progress = to.progress.clone().or(job.progress.take());
        if changes || moves {
            self.log_move("changed", id, Some(from), now);
        }
        Value::Int(1)
    }

    /// Failed jobs get fresh attempts: again and again, until no more of them may.
    pub(super) fn retry_all(&mut self, ids: &[Vec<u8>], options: &RetryOptions, now: u64) -> Value {
        if self.refuses_fields(ids.iter(), &options.fields) {
            return Value::Error(ERR.into());
        }
        let mut failed: Vec<&Vec<u8>> = ids.iter().filter(|id| self.is_failed(id)).collect();
        failed.sort();
        failed.dedup();
        let more = if failed.iter().any(|id| self.may_be_retried(id)) { failed.len() } else { 0 };
        if more > self.room() {
            return Value::Error("JQFULL".into());
        }
        let mut answers: Vec<Value> = ids.iter().map(|_| Value::Int(0)).collect();
        let mut goes_on = true;
        while goes_on {
            goes_on = false;
            for (id, answer) in ids.iter().zip(&mut answers) {
                if *answer == Value::Int(0) {
                    *answer = self.retry(id, options, now);
                    goes_on |= *answer == Value::Int(1);
                }
            }
        }
        Value::Array(answers)
    }

    pub(super) fn retry(&mut self, id: &[u8], options: &RetryOptions, now: u64) -> Value {
        if self.job(id).is_none() {
            return Value::Int(-1);
        }
        if !self.is_failed(id) || !self.may_be_retried(id) {
            return Value::Int(0);
        }
        self.change_fields(id, &options.fields);
        let Some(job) = self.job(id) else { return Value::Null };
        (job.nacks, job.losses, job.earlier_losses, job.starts) = (0, 0, 0, 0);
        let member = job.member;
        self.set_end(member, None, now);
        self.join(id, options.place, now);
        self.wait_behind_again(id, now);
        self.advance(now);
        Value::Int(1)
    }

    pub(super) fn is_failed(&self, id: &[u8]) -> bool {
        self.jobs.iter().any(|job| job.id == id && is_listed(job, "failed"))
    }

    /// How many more jobs `max-jobs` allows.
    pub(super) fn room(&self) -> usize {
        let unfinished = self.jobs.iter().filter(|job| job.is_live()).count();
        match self.settings.max_jobs {
            0 => usize::MAX,
            most => most.saturating_sub(unfinished),
        }
    }

    /// Sets fields that are known to be right.
    pub(super) fn configure(&mut self, fields: &[(String, Vec<u8>)]) -> Value {
        match self.settings.clone().with(fields) {
            Ok(settings) => {
                if settings.rate.is_none() {
                    self.claims.iter_mut().for_each(|claim| claim.rate = None);
                }
                let before = std::mem::replace(&mut self.settings, settings);
                self.keep_events(before.events_max);
            }
            Err(code) => return Value::Error(code.into()),
        }
        Value::Ok
    }
}
