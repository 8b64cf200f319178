//! JQ.RERUN: completed jobs live once more.

use super::args::ERR;
use super::job::{How, State};
use super::model::Model;
use super::request::RetryOptions;
use super::value::Value;

impl Model {
    /// All that may, or none if there is no room.
    pub(super) fn rerun_all(&mut self, ids: &[Vec<u8>], options: &RetryOptions, now: u64) -> Value {
        if self.refuses_fields(ids.iter(), &options.fields) {
            return Value::Error(ERR.into());
        }
        let mut more: Vec<&Vec<u8>> = ids.iter().filter(|id| self.may_run_again(id)).collect();
        more.sort();
        more.dedup();
        if more.len() > self.room() {
            return Value::Error("JQFULL".into());
        }
        Value::Array(ids.iter().map(|id| self.rerun(id, options, now)).collect())
    }

    fn may_run_again(&self, id: &[u8]) -> bool {
        self.jobs.iter().any(|job| {
            let is_kept = matches!(job.state, State::Ended { how: How::Completed, kept: Some(_), .. });
            job.id == id && is_kept && !job.result_only
        })
    }

    fn rerun(&mut self, id: &[u8], options: &RetryOptions, now: u64) -> Value {
        if self.job(id).is_none() {
            return Value::Int(-1);
        }
        if !self.may_run_again(id) {
            return Value::Int(0);
        }
        self.change_fields(id, &options.fields);
        let Some(job) = self.job(id) else { return Value::Null };
        if let State::Ended { token, .. } = job.state {
            job.done_under = token;
        }
        (job.nacks, job.losses, job.earlier_losses, job.starts) = (0, 0, 0, 0);
        (job.error, job.progress, job.worker) = (None, None, None);
        let member = job.member;
        self.set_end(member, None, now);
        self.join(id, options.place, now);
        self.log_move("revived", id, Some("completed"), now);
        Value::Int(1)
    }
}
