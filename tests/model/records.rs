//! Records: how many are kept, and PURGE.

use super::admin::{is_listed, place};
use super::job::{How, Job, State};
use super::model::Model;
use super::value::Value;

impl Model {
    /// No more records are kept than the settings allow, those that finished last.
    pub(super) fn trim(&mut self, at: u64) {
        let limits =
            [("completed", self.settings.keep_completed_max), ("failed", self.settings.keep_failed_max)];
        for (state, most) in limits {
            let records = self.listed(state);
            let surplus = if most == 0 { 0 } else { records.len().saturating_sub(most) };
            for id in records.into_iter().take(surplus) {
                self.drop_record(&id, at);
            }
        }
    }

    /// The record is gone; the id stays refused while its window is open.
    pub(super) fn drop_record(&mut self, id: &[u8], at: u64) {
        self.forget(id, |job| {
            if let State::Ended { kept, refused, .. } = &mut job.state {
                *kept = None;
                *refused = refused.filter(|until| *until > at);
            }
        });
    }

    pub(super) fn purge(&mut self, state: &str, older: Option<u64>, count: usize, now: u64) -> Value {
        let is_old = |job: &Job| {
            let instant = if let State::Ended { at, .. } = job.state { at } else { job.added_at };
            older.is_none_or(|ms| instant < now.saturating_sub(ms))
        };
        let mut ids = self.listed(state);
        ids.retain(|id| self.jobs.iter().any(|job| job.id == *id && is_old(job)));
        ids.truncate(count);
        let mut purged = 0;
        for id in ids {
            // One that ended may have finished a batch, and let others go on.
            let late = match self.job(&id).filter(|job| is_listed(job, state)).map(|job| &job.state) {
                None => continue,
                Some(State::Waiting { late, .. }) => *late,
                Some(_) => None,
            };
            purged += 1;
            if matches!(state, "completed" | "failed") {
                self.count("removals");
                self.drop_record(&id, now);
            } else {
                self.job(&id).into_iter().for_each(|job| job.rerun = None);
                self.end(&id, How::Cancelled, late, None, now);
            }
            self.advance(now);
        }
        Value::count(purged)
    }

    /// The ids of a state in the order of JQ.LIST.
    fn listed(&self, state: &str) -> Vec<Vec<u8>> {
        let mut jobs: Vec<&Job> = self.jobs.iter().filter(|job| is_listed(job, state)).collect();
        jobs.sort_by_key(|job| place(job));
        jobs.into_iter().map(|job| job.id.clone()).collect()
    }
}
