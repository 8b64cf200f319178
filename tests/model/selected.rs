//! JQ.LIST, and what JQ.RETRY, JQ.PURGE, JQ.CANCEL and JQ.PROMOTE do to many jobs at once.

use super::job::{Job, State, NEVER};
use super::model::Model;
use super::request::RetryOptions;
use super::selection::{cursor, listed, page_of, Page, Selection};
use super::shown::is_listed;
use super::value::Value;

/// How many change at most without COUNT.
const CHANGES: usize = 1000;

impl Model {
    pub(super) fn list(&self, state: &str, page: &Page) -> Value {
        let examined = self.examined(state, &page.selection);
        let is_selected = |job: &&Job| self.is_selected(job, &page.selection).then_some(1);
        let (jobs, more) = listed(&examined, page, is_selected);
        let row = |job: &Job| match (page.full, page.payload) {
            (true, _) => self.map_of(&job.id, page.payload),
            (false, true) => Value::Array(vec![Value::bytes(&job.id), Value::bytes(&job.spec.payload)]),
            (false, false) => Value::bytes(&job.id),
        };
        Value::Array(vec![cursor(more), Value::Array(jobs.into_iter().map(row).collect())])
    }

    pub(super) fn count_jobs(&self, state: &str, selection: &Selection) -> Value {
        if state == "remembered" {
            return Value::count(self.remembered(selection).len());
        }
        let selected =
            self.examined(state, selection).into_iter().filter(|job| self.is_selected(job, selection));
        Value::count(selected.count())
    }

    /// The map of JQ.GET, in a list.
    fn map_of(&self, id: &[u8], with_payload: bool) -> Value {
        match self.get(id) {
            Value::Map(fields) => {
                let payload = Value::bytes(b"payload");
                let shown = |(name, value)| {
                    let value = if name == payload && !with_payload { Value::Null } else { value };
                    (name, value)
                };
                Value::Map(fields.into_iter().map(shown).collect())
            }
            other => other,
        }
    }

    /// Ids without a record, by the end of their windows.
    fn remembered(&self, selection: &Selection) -> Vec<&Job> {
        let mut ids: Vec<(u64, &Job)> =
            self.jobs.iter().filter_map(|job| Some((remembered_until(job)?, job))).collect();
        ids.sort_by_key(|(until, job)| (*until, job.seq));
        if selection.backward {
            ids.reverse();
        }
        ids.into_iter().map(|(_, job)| job).collect()
    }

    pub(super) fn list_remembered(&self, page: &Page) -> Value {
        let examined = self.remembered(&page.selection);
        let is_selected = |job: &&Job| ended_within(job, &page.selection).then_some(1);
        let (jobs, more) = listed(&examined, page, is_selected);
        let row = |job: &Job| if page.full { self.get(&job.id) } else { Value::bytes(&job.id) };
        Value::Array(vec![cursor(more), Value::Array(jobs.into_iter().map(row).collect())])
    }

    pub(super) fn purge_remembered(&mut self, page: &Page, now: u64) -> Value {
        let selection = page.until(now);
        let examined = self.remembered(&selection);
        let is_selected = |job: &&Job| ended_within(job, &selection).then_some(1);
        let (jobs, more) = page_of(&examined, page.count.unwrap_or(CHANGES), is_selected);
        let ids: Vec<Vec<u8>> = jobs.into_iter().map(|job| job.id.clone()).collect();
        for id in &ids {
            self.remove(id, now);
        }
        page.reply(&ids, more)
    }

    pub(super) fn purge(&mut self, state: &str, page: &Page, now: u64) -> Value {
        let is_record = matches!(state, "completed" | "failed");
        let change = if is_record { Self::purge_record } else { Self::cancel };
        let count = page.count.unwrap_or(CHANGES);
        let (changed, more) = self.change_page(state, &page.until(now), count, now, change);
        page.reply(&changed, more)
    }

    fn purge_record(&mut self, id: &[u8], now: u64) -> Value {
        self.count("removals");
        let from = self.job(id).map_or("", |job| job.state_name());
        self.log("removed", Some(id), vec![("from", Value::bytes(from))], now);
        self.drop_record(id, now);
        Value::Int(1)
    }

    pub(super) fn promote_page(&mut self, page: &Page, now: u64) -> Value {
        let count = page.count.unwrap_or(CHANGES);
        let (changed, more) = self.change_page("delayed", &page.selection, count, now, |model, id, now| {
            model.promote(id, 0, page.place, now)
        });
        page.reply(&changed, more)
    }

    pub(super) fn cancel_page(&mut self, page: &Page, now: u64) -> Value {
        let mut left = page.count.unwrap_or(CHANGES);
        let mut changed = Vec::new();
        for state in ["waiting", "delayed", "blocked", "active"] {
            let (done, more) = self.change_page(state, &page.selection, left, now, Self::cancel);
            left -= done.len();
            changed.extend(done);
            if more {
                return page.reply(&changed, true);
            }
        }
        page.reply(&changed, false)
    }

    /// Changes a page of the selected jobs of a state; the ids, and whether more have to be examined.
    fn change_page(
        &mut self,
        state: &str,
        selection: &Selection,
        count: usize,
        now: u64,
        change: impl Fn(&mut Self, &[u8], u64) -> Value,
    ) -> (Vec<Vec<u8>>, bool) {
        let is_done = |job: &Job| matches!(job.state, State::Active { cancel: true, .. });
        let counts = |job: &&Job| (self.is_selected(job, selection) && !is_done(job)).then_some(1);
        let (jobs, more) = page_of(&self.examined(state, selection), count, counts);
        let ids: Vec<Vec<u8>> = jobs.into_iter().map(|job| job.id.clone()).collect();
        let mut changed = Vec::new();
        for id in ids {
            if self.jobs.iter().any(|job| job.id == id && is_listed(job, state)) {
                let is_done = change(self, &id, now) == Value::Int(1);
                changed.extend(is_done.then_some(id));
                self.advance(now);
            }
        }
        (changed, more)
    }

    /// Those first that wait for no batch, then the others in rounds, until a round revives none.
    pub(super) fn retry_page(&mut self, page: &Page, now: u64) -> Value {
        let most = page.count.unwrap_or(CHANGES).min(self.room());
        let waits =
            |job: &Job| job.unmet.is_some_and(|(number, _)| self.batches.iter().any(|b| b.number == number));
        let counts = |job: &&Job| self.is_selected(job, &page.selection).then_some(usize::from(!waits(job)));
        let (jobs, more) = page_of(&self.examined("failed", &page.selection), most.max(1), counts);
        let (waiting, free): (Vec<&Job>, Vec<&Job>) = jobs.into_iter().partition(|job| waits(job));
        let ids = |jobs: Vec<&Job>| jobs.into_iter().map(|job| job.id.clone()).collect::<Vec<_>>();
        let (free, waiting) = (ids(free), ids(waiting));
        let any_may = !free.is_empty() || waiting.iter().any(|id| self.may_be_retried(id));
        if any_may && self.room() == 0 {
            return Value::Error("JQFULL".into());
        }
        let mut retried = Vec::new();
        let mut one = |model: &mut Self, id: &[u8]| {
            let options = RetryOptions { place: page.place, ..RetryOptions::default() };
            let goes = retried.len() < most && model.retry(id, &options, now) == Value::Int(1);
            retried.extend(goes.then(|| id.to_vec()));
            goes
        };
        for id in &free {
            one(self, id);
        }
        while waiting.iter().filter(|id| one(self, id)).count() > 0 {}
        let left = free.iter().chain(&waiting).any(|id| self.is_failed(id));
        page.reply(&retried, more || (retried.len() == most && left))
    }
}

/// Until when the id of a job is refused of which nothing else is left.
pub(super) fn remembered_until(job: &Job) -> Option<u64> {
    if let State::Ended { refused, kept: None, .. } = job.state {
        refused
    } else {
        None
    }
}

fn ended_within(job: &Job, selection: &Selection) -> bool {
    matches!(job.state, State::Ended { at, .. } if selection.has_instant(at))
}

/// As the manual writes an instant that may never come.
pub(super) fn until_value(until: u64) -> Value {
    if until == NEVER {
        Value::Int(-1)
    } else {
        Value::uint(until)
    }
}
