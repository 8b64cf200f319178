//! ADD and MADD.

use super::args::OnDup;
use super::job::{Job, JobSpec, State};
use super::model::Model;
use super::value::Value;

impl Model {
    /// Adds `jobs` one after the other, or none if there is no room for all that would be new.
    pub(super) fn add_all(
        &mut self,
        jobs: &[(Vec<u8>, JobSpec)],
        on_dup: OnDup,
        many: bool,
        now: u64,
    ) -> Value {
        if !self.has_room(jobs, now) {
            return Value::Error("JQFULL".into());
        }
        if self.is_sealed_against(jobs, now) {
            return Value::Error("JQSEALED".into());
        }
        let mut replies: Vec<Value> = jobs.iter().map(|(id, spec)| self.add(id, spec, on_dup, now)).collect();
        match replies.pop() {
            Some(only) if !many => only,
            last => Value::Array(replies.into_iter().chain(last).collect()),
        }
    }

    fn has_room(&self, jobs: &[(Vec<u8>, JobSpec)], now: u64) -> bool {
        let mut ids: Vec<&Vec<u8>> = jobs.iter().map(|(id, _)| id).collect();
        ids.sort();
        ids.dedup();
        let known = |id: &Vec<u8>| self.jobs.iter().any(|job| job.id == *id);
        let taken = |id: &Vec<u8>| self.jobs.iter().any(|job| job.id == *id && !job.is_free(now));
        let new_ids = ids.iter().filter(|id| !known(id)).count();
        let new_jobs = ids.iter().filter(|id| !taken(id)).count();
        let live = self.jobs.iter().filter(|job| job.is_live()).count();
        fits(self.jobs.len(), new_ids, self.settings.max_ids) && fits(live, new_jobs, self.settings.max_jobs)
    }

    /// Whether one of `jobs` would be a new member of a batch that takes none.
    fn is_sealed_against(&self, jobs: &[(Vec<u8>, JobSpec)], now: u64) -> bool {
        let is_new = |id: &Vec<u8>| !self.jobs.iter().any(|job| job.id == *id && !job.is_free(now));
        let is_sealed = |name: &Vec<u8>| self.named(name).is_some_and(|batch| batch.sealed);
        jobs.iter().any(|(id, spec)| is_new(id) && spec.batch.as_ref().is_some_and(is_sealed))
    }

    fn add(&mut self, id: &[u8], spec: &JobSpec, on_dup: OnDup, now: u64) -> Value {
        let outcome = match self.jobs.iter().find(|job| job.id == id) {
            None => Outcome::Added,
            Some(job) if job.is_free(now) => Outcome::Added,
            Some(job) => meet(job, on_dup),
        };
        match outcome {
            Outcome::Added => {
                self.count("added");
                self.happened.push(("added", now));
                self.begin(id, spec.clone(), now);
                self.join_batches(id, now);
            }
            Outcome::Replaced => {
                self.count("replaced");
                self.replace(id, spec, now);
            }
            Outcome::Rerun => {
                self.count("reruns");
                if let Some(job) = self.job(id) {
                    job.rerun = Some(spec.clone());
                }
            }
            Outcome::Duplicate => {
                self.count("duplicates");
                if let Some(name) = &spec.batch {
                    self.count_duplicate(name, now);
                }
            }
        }
        // Only one that failed at once can have left nothing.
        let state = self.job(id).map_or("failed", |job| job.state_name());
        Value::Array(vec![Value::bytes(outcome.name()), Value::bytes(id), Value::bytes(state)])
    }

    /// Another job in the place of one that has not started: in the same batch, and behind the same one.
    fn replace(&mut self, id: &[u8], spec: &JobSpec, now: u64) {
        let Some(old) = self.job(id).cloned() else { return };
        self.begin(id, spec.clone(), now);
        if let State::Blocked { batch, dependency, .. } = old.state {
            self.block(id, batch, dependency);
        }
        if let Some(job) = self.job(id) {
            job.member = old.member;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Added,
    Duplicate,
    Replaced,
    Rerun,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Duplicate => "duplicate",
            Outcome::Replaced => "replaced",
            Outcome::Rerun => "rerun",
        }
    }
}

/// What becomes of a job whose id is known and not free.
fn meet(job: &Job, on_dup: OnDup) -> Outcome {
    match on_dup {
        OnDup::Replace if matches!(job.state, State::Active { .. }) => Outcome::Rerun,
        OnDup::Replace if job.is_live() => Outcome::Replaced,
        OnDup::Rerun if job.may_be_completed() => Outcome::Rerun,
        OnDup::Rerun if job.is_live() && job.rerun.is_some() => Outcome::Rerun,
        _ => Outcome::Duplicate,
    }
}

/// Whether `new` more fit where there are `now` and `limit` are allowed; 0 is no limit.
fn fits(now: usize, new: usize, limit: usize) -> bool {
    limit == 0 || new == 0 || now + new <= limit
}
