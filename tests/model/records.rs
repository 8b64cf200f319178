//! Records: how many are kept.

use super::job::{Job, State};
use super::model::Model;
use super::request::Keep;
use super::shown::{is_listed, place};
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

    /// A worker wants no more records of a kind, the one of the jobs that it has ended. A call of random scripts ends no
    /// thousand.
    pub(super) fn trim_kind(&mut self, state: &str, keep: Option<Keep>, answers: &Value, at: u64) {
        let (Some(most), Value::Array(codes)) = (keep.and_then(|keep| keep.max), answers) else { return };
        let ended = if state == "completed" { Value::Int(1) } else { Value::Int(2) };
        if !codes.contains(&ended) {
            return;
        }
        let records = self.listed(state);
        let surplus = records.len().saturating_sub(most);
        for id in records.into_iter().take(surplus) {
            self.drop_record(&id, at);
        }
    }

    /// The record is gone; the id stays refused while its window is open.
    pub(super) fn drop_record(&mut self, id: &[u8], at: u64) {
        self.forget(id, |job| {
            let is_kept = job.window_is_kept;
            if let State::Ended { kept, refused, .. } = &mut job.state {
                *kept = None;
                *refused = refused.filter(|until| !is_kept && *until > at);
            }
        });
    }

    /// The ids of a state in the order of JQ.LIST.
    fn listed(&self, state: &str) -> Vec<Vec<u8>> {
        let mut jobs: Vec<&Job> = self.jobs.iter().filter(|job| is_listed(job, state)).collect();
        jobs.sort_by_key(|job| place(job));
        jobs.into_iter().map(|job| job.id.clone()).collect()
    }
}
