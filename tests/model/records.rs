//! Records: how many are kept.

use super::admin::{is_listed, place};
use super::job::{Job, State};
use super::model::Model;

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

    /// The ids of a state in the order of JQ.LIST.
    fn listed(&self, state: &str) -> Vec<Vec<u8>> {
        let mut jobs: Vec<&Job> = self.jobs.iter().filter(|job| is_listed(job, state)).collect();
        jobs.sort_by_key(|job| place(job));
        jobs.into_iter().map(|job| job.id.clone()).collect()
    }
}
