//! Batches: a list of them, and a ledger with a line for every member there ever was, counted anew whenever a
//! number is asked for.

use super::job::{How, Job, State};
use super::model::Model;
use super::spec::Place;
use super::value::{map, Value};

/// A batch; one dropped is gone from the list, and its lines of the ledger belong to no batch.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Never given to another one.
    pub(super) number: usize,
    pub(super) name: Vec<u8>,
    pub(super) sealed: bool,
    pub(super) duplicates: i64,
    pub(super) created_at: u64,
    pub(super) finished: Option<Finished>,
    /// Nothing was pending when last looked at.
    settled: bool,
    /// Of an open one: dropped then, once no job waits for it and nothing is pending.
    pub(super) open_until: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished {
    pub(super) at: u64,
    /// When nothing was pending any more, the last time.
    settled_at: u64,
    /// Dropped then, once no job waits for it and nothing is pending.
    pub(super) kept: u64,
}

/// A line of the ledger: a member and how it ended, or None while it is pending.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    batch: usize,
    pub(super) end: Option<How>,
}

/// What a blocked job wants of its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency {
    After,
    AfterOk,
}

impl Model {
    /// No more members.
    pub(super) fn seal(&mut self, name: &[u8], now: u64) -> Value {
        let number = self.mention(name, now);
        let batches = self.batches.iter_mut();
        let Some(batch) = batches.into_iter().find(|batch| batch.number == number && !batch.sealed) else {
            return Value::Int(0);
        };
        batch.sealed = true;
        self.log_batch("batch-sealed", number, now);
        self.finish_batches(now);
        Value::Int(1)
    }

    /// Drops a batch, unless a job waits for it.
    pub(super) fn forget_batch(&mut self, name: &[u8]) -> Value {
        let Some(number) = self.named(name).map(|batch| batch.number) else { return Value::Int(0) };
        if self.jobs.iter().any(|job| job.waits_for(number)) {
            return Value::Int(0);
        }
        self.batches.retain(|batch| batch.number != number);
        Value::Int(1)
    }

    pub(super) fn batch(&self, name: &[u8]) -> Value {
        self.named(name).map_or(Value::Null, |batch| self.numbers(batch))
    }

    /// The cursor is null when there is more.
    pub(super) fn list_batches(&self, count: usize) -> Value {
        let shown = self.batches.iter().take(count);
        let shown = shown.map(|batch| Value::Array(vec![Value::bytes(&batch.name), self.numbers(batch)]));
        let cursor = if self.batches.len() > count { Value::Null } else { Value::Int(0) };
        Value::Array(vec![cursor, Value::Array(shown.collect())])
    }

    /// The reply to JQ.AWAIT … JOB.
    pub(super) fn state_and_result(&self, id: &[u8]) -> Value {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return Value::Null };
        let result = match &job.state {
            State::Ended { result, kept: Some(_), .. } => Value::maybe(result.as_ref()),
            _ => Value::Null,
        };
        Value::Array(vec![Value::bytes(job.state_name()), result])
    }

    fn numbers(&self, batch: &Batch) -> Value {
        let blocked = self.jobs.iter().filter(|job| job.waits_for(batch.number)).count();
        map([
            ("sealed", Value::Int(batch.sealed.into())),
            ("finished", Value::Int(batch.finished.is_some().into())),
            ("total", Value::count(self.members(batch).count())),
            ("pending", Value::count(self.how_many(batch, None))),
            ("completed", Value::count(self.how_many(batch, Some(How::Completed)))),
            ("failed", Value::count(self.how_many(batch, Some(How::Failed)))),
            ("expired", Value::count(self.how_many(batch, Some(How::Expired)))),
            ("cancelled", Value::count(self.how_many(batch, Some(How::Cancelled)))),
            ("duplicates", Value::Int(batch.duplicates)),
            ("blocked", Value::count(blocked)),
            ("created-at", Value::uint(batch.created_at)),
            ("finished-at", batch.finished.map_or(Value::Null, |finished| Value::uint(finished.at))),
        ])
    }

    fn members<'a>(&'a self, batch: &'a Batch) -> impl Iterator<Item = &'a Member> {
        self.ledger.iter().filter(|member| member.batch == batch.number)
    }

    fn how_many(&self, batch: &Batch, end: Option<How>) -> usize {
        self.members(batch).filter(|member| member.end == end).count()
    }

    pub(super) fn named(&self, name: &[u8]) -> Option<&Batch> {
        self.batches.iter().find(|batch| batch.name == name)
    }

    /// The batch that `job` is a member of, if it is still there.
    pub(super) fn batch_of(&self, job: &Job) -> Option<&Batch> {
        let number = self.ledger.get(job.member?)?.batch;
        self.batches.iter().find(|batch| batch.number == number)
    }

    /// The number of the batch `name`, which is opened if there is none.
    fn mention(&mut self, name: &[u8], now: u64) -> usize {
        let open_until = self.open_until(now);
        if let Some(batch) = self.batches.iter_mut().find(|batch| batch.name == name) {
            batch.open_until = open_until;
            return batch.number;
        }
        let number = self.opened;
        self.opened += 1;
        self.batches.push(Batch {
            number,
            name: name.to_vec(),
            sealed: false,
            duplicates: 0,
            created_at: now,
            finished: None,
            settled: false,
            open_until,
        });
        number
    }

    /// Until when an open batch is kept that is mentioned now.
    fn open_until(&self, now: u64) -> u64 {
        match self.settings.keep_batches {
            0 => now + self.late + 86_400_000,
            keep if keep < 0 => super::job::NEVER,
            keep => now + self.late + keep.unsigned_abs(),
        }
    }

    /// A job was refused that was to be a member of `name`.
    pub(super) fn count_duplicate(&mut self, name: &[u8], now: u64) {
        let number = self.mention(name, now);
        for batch in self.batches.iter_mut().filter(|batch| batch.number == number) {
            batch.duplicates += 1;
        }
    }

    /// Adds `id`, which was added at `now`, to the batches that its options name.
    pub(super) fn join_batches(&mut self, id: &[u8], now: u64) {
        let Some(spec) = self.job(id).map(|job| job.spec.clone()) else { return };
        if let Some(name) = &spec.batch {
            let batch = self.mention(name, now);
            self.ledger.push(Member { batch, end: None });
            let line = self.ledger.len() - 1;
            if let Some(job) = self.job(id) {
                job.member = Some(line);
            }
        }
        if let Some((name, dependency)) = &spec.after {
            let batch = self.mention(name, now);
            self.block(id, batch, *dependency);
            self.log_move("added", id, None, now);
            if self.decided_at(batch, *dependency).is_some() {
                self.unblock(id, now);
            }
        } else {
            self.log_move("added", id, None, now);
        }
    }

    /// Since when it is decided what becomes of jobs that wait so for the batch of that number.
    fn decided_at(&self, number: usize, dependency: Dependency) -> Option<u64> {
        let batch = self.batches.iter().find(|batch| batch.number == number)?;
        let finished = batch.finished?;
        match dependency {
            Dependency::After => Some(finished.at),
            Dependency::AfterOk => Some(finished.settled_at).filter(|_| self.how_many(batch, None) == 0),
        }
    }

    /// Whether a failed job may be retried: a batch that was not all completed would fail it again.
    pub(super) fn may_be_retried(&self, id: &[u8]) -> bool {
        let unmet = self.jobs.iter().find(|job| job.id == id).and_then(|job| job.unmet);
        let Some((number, _)) = unmet else { return true };
        let batch = self.batches.iter().find(|batch| batch.number == number);
        batch.is_none_or(|batch| {
            self.decided_at(number, Dependency::AfterOk).is_none() || self.unmet(batch).is_none()
        })
    }

    /// A retried job waits again for the batch that it failed for, if it did and the batch is still there.
    pub(super) fn wait_behind_again(&mut self, id: &[u8], now: u64) {
        let Some((batch, due)) = self.job(id).and_then(|job| job.unmet.take()) else {
            return self.log_move("revived", id, Some("failed"), now);
        };
        let is_there = self.batches.iter().any(|it| it.number == batch);
        let Some(job) = self.job(id) else { return };
        if is_there {
            job.state = State::Blocked { batch, dependency: Dependency::AfterOk, due };
            self.log_move("revived", id, Some("failed"), now);
            if self.decided_at(batch, Dependency::AfterOk).is_some() {
                self.unblock(id, now);
            }
        } else if let Some(due) = due.filter(|due| *due > now) {
            job.state = State::Delayed { due, retry: false };
            self.log_move("revived", id, Some("failed"), now);
        } else {
            self.log_move("revived", id, Some("failed"), now);
        }
    }

    /// Makes `id`, whose life has just begun, wait for `batch`.
    pub(super) fn block(&mut self, id: &[u8], batch: usize, dependency: Dependency) {
        let Some(job) = self.job(id) else { return };
        let due = if let State::Delayed { due, .. } = job.state { Some(due) } else { None };
        job.state = State::Blocked { batch, dependency, due };
    }

    /// The batch of `id` has finished: lets the job go on, or fail.
    pub(super) fn unblock(&mut self, id: &[u8], at: u64) {
        let Some(State::Blocked { batch, dependency, due }) = self.job(id).map(|job| job.state.clone())
        else {
            return;
        };
        let why = self.batches.iter().find(|it| it.number == batch).and_then(|batch| self.unmet(batch));
        if let Some(why) = why.filter(|_| dependency == Dependency::AfterOk) {
            if let Some(job) = self.job(id) {
                job.error = Some(why.into_bytes());
                job.unmet = Some((batch, due));
            }
            return self.end(id, How::Failed, None, None, at);
        }
        let place = self.job(id).map_or(Place::End, |job| job.place());
        self.join(id, place, at);
        if let (Some(job), Some(due)) = (self.job(id), due.filter(|due| *due > at)) {
            job.state = State::Delayed { due, retry: false };
        }
        self.log_move("unblocked", id, Some("blocked"), at);
    }

    /// Why nothing may go on that wants every member of `batch` completed.
    fn unmet(&self, batch: &Batch) -> Option<String> {
        let ends = [None, Some(How::Failed), Some(How::Expired), Some(How::Cancelled)];
        let numbers = ends.map(|end| self.how_many(batch, end));
        let ends = numbers.iter().zip(["pending", "failed", "expired", "cancelled"]);
        let ends: Vec<_> = ends.filter(|(n, _)| **n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let (name, total) = (String::from_utf8_lossy(&batch.name), self.members(batch).count());
        let why = format!("batch '{name}' was not all completed: {} of {total}", ends.join(", "));
        Some(why).filter(|_| !ends.is_empty())
    }

    /// A batch is finished when it is sealed and nothing in it is pending.
    pub(super) fn finish_batches(&mut self, at: u64) {
        let is_over = |batch: &&Batch| batch.sealed && self.how_many(batch, None) == 0;
        let over: Vec<usize> = self.batches.iter().filter(is_over).map(|batch| batch.number).collect();
        let keep = self.settings.keep_batches;
        let kept = if keep < 0 { super::job::NEVER } else { at + self.late + keep.unsigned_abs() };
        let mut finished = Vec::new();
        for batch in &mut self.batches {
            let is_over = over.contains(&batch.number);
            if is_over && !batch.settled {
                finished.push(batch.number);
                let first = batch.finished.map_or(at, |finished| finished.at);
                batch.finished = Some(Finished { at: first, settled_at: at, kept });
            }
            batch.settled = is_over;
        }
        for number in finished {
            self.log_batch("batch-finished", number, at);
        }
    }

    /// What is pending in its batch has ended so, or pends again.
    pub(super) fn set_end(&mut self, member: Option<usize>, end: Option<How>, at: u64) {
        let open_until = self.open_until(at);
        if let Some(member) = member.and_then(|line| self.ledger.get_mut(line)) {
            member.end = end;
            let batches = self.batches.iter_mut().filter(|batch| batch.number == member.batch);
            batches.for_each(|batch| batch.open_until = open_until);
        }
        self.finish_batches(at);
    }

    /// The job to be released next: of the batch that finished first the one that took its place first.
    pub(super) fn next_release(&self) -> Option<(u64, &Job)> {
        let decided = self.jobs.iter().filter_map(|job| {
            let State::Blocked { batch, dependency, .. } = job.state else { return None };
            Some((self.decided_at(batch, dependency)?, batch, job))
        });
        let (at, _, job) = decided.min_by_key(|(at, batch, job)| (*at, *batch, job.seq))?;
        Some((at, job))
    }

    /// Drops the batches whose time is over.
    pub(super) fn drop_batches(&mut self, now: u64) {
        let (jobs, ledger) = (&self.jobs, &self.ledger);
        let pending = |batch: &Batch| {
            ledger.iter().filter(|member| member.batch == batch.number && member.end.is_none()).count()
        };
        self.batches.retain(|batch| {
            let is_over = match batch.finished {
                Some(finished) => batch.settled && finished.kept <= now,
                None => !batch.sealed && pending(batch) == 0 && batch.open_until <= now,
            };
            !is_over || jobs.iter().any(|job| job.waits_for(batch.number))
        });
    }
}
