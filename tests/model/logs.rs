//! The logs of jobs.

use super::job::Job;
use super::model::Model;
use super::selected::remembered_until;
use super::value::Value;

impl Model {
    pub(super) fn append_to_log(&mut self, id: &[u8], lines: Vec<Vec<u8>>) -> Value {
        let most = self.settings.max_log_bytes;
        let takes_lines = |job: &&mut Job| remembered_until(job).is_none() && !job.result_only;
        let job = self.jobs.iter_mut().find(|job| job.id == id).filter(takes_lines);
        let Some(job) = job else { return Value::Int(-1) };
        if most > 0 {
            job.log_lines += lines.len() as u64;
            job.log.extend(lines);
            while job.log.iter().map(|line| line.len() + 2).sum::<usize>() > most {
                job.log.remove(0);
            }
        }
        Value::uint(job.log_lines)
    }

    pub(super) fn log_of(&self, id: &[u8], skip: usize, count: usize, backward: bool) -> Value {
        let job = self.jobs.iter().find(|job| job.id == id && remembered_until(job).is_none());
        let Some(job) = job else { return Value::Null };
        let mut lines: Vec<&Vec<u8>> = job.log.iter().collect();
        if backward {
            lines.reverse();
        }
        let shown = lines.into_iter().skip(skip).take(count).map(Value::bytes).collect();
        Value::Array(vec![Value::uint(job.log_lines), Value::Array(shown)])
    }
}
