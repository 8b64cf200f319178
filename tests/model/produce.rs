//! ADD and MADD.

use super::args::{OnDup, ERR};
use super::fields;
use super::job::{Job, Rerun, State};
use super::model::Model;
use super::spec::{JobSpec, Place, Start};
use super::value::Value;

impl Model {
    /// Adds `jobs` one after the other, or none if there is no room for all that would be new.
    pub(super) fn add_all(
        &mut self,
        jobs: &[(Vec<u8>, JobSpec, OnDup)],
        many: bool,
        shards: Option<u64>,
        now: u64,
    ) -> Value {
        let expires_first = |spec: &JobSpec| match (spec.expires_after, spec.start) {
            (Some(px), Start::At(instant)) => now + px <= instant,
            _ => false,
        };
        if jobs.iter().any(|(_, spec, _)| expires_first(spec)) {
            return Value::Error("ERR".into());
        }
        let belongs_elsewhere = shards.is_some_and(|n| ![0, n].contains(&self.settings.shards));
        if belongs_elsewhere && !jobs.iter().all(|(id, ..)| self.is_known(id, now)) {
            return Value::Error("JQSHARDS".into());
        }
        if !self.has_room(jobs, now) {
            return Value::Error("JQFULL".into());
        }
        if self.is_sealed_against(jobs, now) {
            return Value::Error("JQSEALED".into());
        }
        if self.refuses_new_fields(jobs, now) {
            return Value::Error(ERR.into());
        }
        let add = |(id, spec, on_dup): &(Vec<u8>, JobSpec, OnDup)| match id.as_slice() {
            b"#" => self.add_numbered(spec, *on_dup, now),
            id => self.add(id, spec, *on_dup, now),
        };
        let mut replies: Vec<Value> = jobs.iter().map(add).collect();
        match replies.pop() {
            Some(only) if !many => only,
            last => Value::Array(replies.into_iter().chain(last).collect()),
        }
    }

    /// Adds one job, if there is room and its batch takes it; what came of it.
    pub(super) fn add_if_there_is_room(
        &mut self,
        id: Vec<u8>,
        spec: JobSpec,
        on_dup: OnDup,
        now: u64,
    ) -> Option<&'static str> {
        let jobs = [(id, spec, on_dup)];
        if !self.has_room(&jobs, now) || self.is_sealed_against(&jobs, now) {
            return None;
        }
        let [(id, spec, _)] = jobs;
        Some(self.enqueue(&id, &spec, on_dup, now).name())
    }

    /// Under the next number that is no id yet, which is not remembered.
    fn add_numbered(&mut self, spec: &JobSpec, on_dup: OnDup, now: u64) -> Value {
        let is_known = |number: u64| self.jobs.iter().any(|job| job.id == number.to_string().as_bytes());
        let number = (self.last_number + 1..=u64::MAX).find(|number| !is_known(*number)).unwrap_or_default();
        self.last_number = number;
        let spec = JobSpec { dedup: spec.dedup.or(Some(0)), ..spec.clone() };
        self.add(number.to_string().as_bytes(), &spec, on_dup, now)
    }

    /// Whether `id` is refused, or leads to a job that is not finished.
    fn is_known(&self, id: &[u8], now: u64) -> bool {
        self.jobs.iter().any(|job| job.id == id && !job.is_free(now))
    }

    fn has_room(&self, jobs: &[(Vec<u8>, JobSpec, OnDup)], now: u64) -> bool {
        let (numbered, given): (Vec<_>, Vec<_>) = jobs.iter().map(|(id, ..)| id).partition(|id| *id == b"#");
        let mut ids: Vec<&Vec<u8>> = given;
        ids.sort();
        ids.dedup();
        let known = |id: &Vec<u8>| self.jobs.iter().any(|job| job.id == *id);
        let new_ids = ids.iter().filter(|id| !known(id)).count() + numbered.len();
        let new_jobs = ids.iter().filter(|id| !self.is_known(id, now)).count() + numbered.len();
        let live = self.jobs.iter().filter(|job| job.is_live()).count();
        fits(self.jobs.len(), new_ids, self.settings.max_ids) && fits(live, new_jobs, self.settings.max_jobs)
    }

    /// Whether one of `jobs` would be a new member of a batch that takes none. An id that stands twice is a duplicate
    /// the second time.
    fn is_sealed_against(&self, jobs: &[(Vec<u8>, JobSpec, OnDup)], now: u64) -> bool {
        let is_sealed = |name: &Vec<u8>| self.named(name).is_some_and(|batch| batch.sealed);
        jobs.iter().enumerate().any(|(place, (id, spec, _))| {
            let stands_before = id != b"#" && jobs[..place].iter().any(|(before, ..)| before == id);
            !self.is_known(id, now) && !stands_before && spec.batch.as_ref().is_some_and(is_sealed)
        })
    }

    fn add(&mut self, id: &[u8], spec: &JobSpec, on_dup: OnDup, now: u64) -> Value {
        let outcome = self.enqueue(id, spec, on_dup, now);
        // Only one that failed at once can have left nothing.
        let state = self.job(id).map_or("failed", |job| job.state_name());
        Value::Array(vec![Value::bytes(outcome.name()), Value::bytes(id), Value::bytes(state)])
    }

    fn enqueue(&mut self, id: &[u8], spec: &JobSpec, on_dup: OnDup, now: u64) -> Outcome {
        let mut spec = spec.clone();
        if on_dup == OnDup::Rerun {
            spec.dedup = spec.dedup.or(Some(0));
        }
        let from = now + self.late;
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
                let from = self.job(id).map(|job| job.state_name());
                self.replace(id, &spec, now);
                self.log_move("replaced", id, from, now);
            }
            Outcome::NewPayload => {
                self.count("replaced");
                self.job(id).into_iter().for_each(|job| job.spec.payload.clone_from(&spec.payload));
                let state = self.job(id).map(|job| job.state_name());
                self.log_move("replaced", id, state, now);
            }
            Outcome::Rerun => {
                self.count("reruns");
                let lost = self.job(id).and_then(|job| {
                    job.rerun = Some(if on_dup == OnDup::Replace {
                        patched_rerun(job, &spec, from)
                    } else {
                        Rerun {
                            expires_at: spec.expires_after.map(|ms| from + ms),
                            latest_due: spec.max_wait.map(|ms| from + ms),
                            spec,
                        }
                    });
                    if let State::Waiting { late, .. } = job.state {
                        late
                    } else {
                        None
                    }
                });
                let state = self.job(id).map(|job| job.state_name());
                self.log_move("rerun", id, state, now);
                if let Some(token) = lost {
                    self.fail_after_loss(id, token, now);
                }
            }
            Outcome::Duplicate => {
                self.count("duplicates");
                if let Some(name) = &spec.batch {
                    self.count_duplicate(name, now);
                }
            }
        }
        outcome
    }

    /// What `spec` names becomes that of a job that has not started.
    fn replace(&mut self, id: &[u8], spec: &JobSpec, now: u64) {
        let (seq, late) = (self.next_seq_at(spec.place), self.late);
        let from = now + late;
        let Some(job) = self.job(id) else { return };
        (job.rerun, job.lost, job.replaced) = (None, None, true);
        if let (None, Some(ms)) = (job.latest_due, spec.max_wait) {
            let was_claimed = job.attempt() > 1;
            job.latest_due = Some(if was_claimed { from + ms } else { job.added_at + ms });
        }
        job.expires_at = spec.expires_after.map(|ms| from + ms).or(job.expires_at);
        let mut moves = false;
        if spec.names_start {
            let due = spec.start.due(now, late).min(job.latest_due.unwrap_or(u64::MAX));
            let due = Some(due).filter(|due| *due > now);
            match (&mut job.state, due) {
                (State::Held, _) => {}
                (State::Blocked { .. }, _) if spec.start == Start::Hold => {}
                (_, _) if spec.start == Start::Hold => job.state = State::Held,
                (State::Blocked { due: its, .. }, due) => *its = due,
                (_, Some(due)) => (job.state, moves) = (State::Delayed { due, retry: false }, true),
                (State::Waiting { .. }, None) => {}
                (_, None) => (job.state, moves) = (State::Waiting { since: now, late: None }, true),
            }
        }
        if let State::Waiting { late, .. } = &mut job.state {
            *late = None;
        }
        if spec.group.is_some() && spec.group != job.spec.group {
            (job.holds, moves) = (false, true);
        }
        moves |= spec.names_priority && spec.priority != job.spec.priority;
        moves |= spec.place == Place::Front;
        if moves {
            job.seq = seq;
        }
        job.fields = fields::over(&spec.fields, &job.fields);
        job.spec = over(spec, &job.spec);
    }
}

/// `spec`, and what `old` says where that names nothing.
fn over(spec: &JobSpec, old: &JobSpec) -> JobSpec {
    let mut new = old.clone();
    new.payload.clone_from(&spec.payload);
    if spec.names_start {
        (new.start, new.names_start) = (spec.start, true);
    }
    if spec.names_priority {
        new.priority = spec.priority;
    }
    new.attempts = spec.attempts.or(old.attempts);
    new.backoff = spec.backoff.or(old.backoff);
    new.dedup = spec.dedup.or(old.dedup);
    new.keep = spec.keep.or(old.keep);
    new.max_run = spec.max_run.or(old.max_run);
    new.group = spec.group.clone().or(new.group);
    if spec.place == Place::Front {
        new.place = Place::Front;
    }
    new.name = spec.name.clone().or(new.name);
    new.fields = fields::over(&spec.fields, &old.fields);
    new
}

/// The life after that of an active job: like the one that was asked for before, or like the present one, but
/// for what `spec` names.
fn patched_rerun(job: &Job, spec: &JobSpec, from: u64) -> Rerun {
    let present = JobSpec {
        start: Start::After(0),
        names_start: false,
        place: Place::End,
        batch: None,
        after: None,
        fields: job.fields.clone(),
        ..job.spec.clone()
    };
    let present = Rerun { spec: present, expires_at: None, latest_due: None };
    let asked = job.rerun.clone().unwrap_or(present);
    Rerun {
        spec: over(spec, &asked.spec),
        expires_at: spec.expires_after.map(|ms| from + ms).or(asked.expires_at),
        latest_due: asked.latest_due.or(spec.max_wait.map(|ms| from + ms)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Added,
    Duplicate,
    Replaced,
    /// Replaced, but for the payload everything stays.
    NewPayload,
    Rerun,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Duplicate => "duplicate",
            Outcome::Replaced | Outcome::NewPayload => "replaced",
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
        OnDup::Rerun if job.is_live() => Outcome::NewPayload,
        _ => Outcome::Duplicate,
    }
}

/// Whether `new` more fit where there are `now` and `limit` are allowed; 0 is no limit.
fn fits(now: usize, new: usize, limit: usize) -> bool {
    limit == 0 || new == 0 || now + new <= limit
}
