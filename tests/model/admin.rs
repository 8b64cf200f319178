//! The commands of an operator: STATS, GET, and what removes, cancels, promotes, retries, pauses.

use super::args::ERR;
use super::batch::Dependency;
use super::fields;
use super::job::{How, Job, Place, Run, State, NEVER, WHILE_KEPT};
use super::model::Model;
use super::request::{Change, RetryOptions};
use super::selected::{remembered_until, until_value};
use super::value::{map, Value};

/// The counters of `JQ.STATS` that only grow.
const COUNTERS: [&str; 15] = [
    "added",
    "duplicates",
    "replaced",
    "reruns",
    "claims",
    "acks",
    "nacks",
    "retries",
    "losses",
    "releases",
    "failures",
    "expirations",
    "cancellations",
    "removals",
    "stale-acks",
];

impl Model {
    pub(super) fn stats(&self, now: u64) -> Value {
        let number = |of: &dyn Fn(&Job) -> bool| Value::count(self.jobs.iter().filter(|job| of(job)).count());
        let in_state = |name: &'static str| (name, number(&|job: &Job| is_listed(job, name)));
        let states = ["waiting", "delayed", "blocked", "active", "completed", "failed"].map(in_state);
        let remembered = ("remembered", number(&|job: &Job| !job.is_live() && !job.is_record()));
        let counted = COUNTERS.map(|name| (name, Value::Int(self.counters.get(name).copied().unwrap_or(0))));
        let more = [
            ("batches", Value::count(self.batches.len())),
            ("groups", Value::count(self.known_groups().len())),
            ("events", Value::count(self.events.len())),
            ("paused", Value::Int(self.pauses.until(None).is_some().into())),
            ("paused-until", self.pauses.until(None).map_or(Value::Null, until)),
            ("paused-for-until", self.pauses.for_until(None).map_or(Value::Null, Value::uint)),
            ("claimable", Value::count(self.claimable(now))),
            ("oldest-claimable-ms", Value::uint(self.oldest_claimable(now))),
        ];
        map(states.into_iter().chain([remembered]).chain(more).chain(counted))
    }

    /// What would be seen at `later` if no command came before, but for what only grows old.
    pub(crate) fn at_rest(&self, later: u64) -> Value {
        let mut sleeper = self.clone();
        sleeper.advance(later);
        sleeper.tick_schedules(later);
        let Value::Map(mut fields) = sleeper.stats(later) else { return Value::Null };
        fields.retain(|(name, _)| *name != Value::bytes("oldest-claimable-ms"));
        Value::Array(vec![Value::Map(fields), sleeper.workers()])
    }

    pub(super) fn get(&self, id: &[u8]) -> Value {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return Value::Null };
        let mut fields = vec![("id", Value::bytes(id)), ("state", Value::bytes(job.state_name()))];
        if let (Some(until), State::Ended { at, .. }) = (remembered_until(job), &job.state) {
            fields.extend([("finished-at", Value::uint(*at)), ("refused-until", until_value(until))]);
            return map(fields);
        }
        fields.extend([
            ("payload", if job.result_only { Value::Null } else { Value::bytes(&job.spec.payload) }),
            ("priority", Value::Int(job.spec.priority)),
            ("attempt", Value::uint(job.attempt())),
            ("losses", Value::uint(job.losses)),
            ("added-at", Value::uint(job.added_at)),
            ("error", Value::maybe(job.error.as_ref().or(job.earlier_error.as_ref()))),
            ("progress", Value::maybe(job.progress.as_ref())),
            ("log-lines", if job.log_lines == 0 { Value::Null } else { Value::uint(job.log_lines) }),
            ("name", Value::maybe(job.spec.name.as_ref())),
            ("fields", fields::shown(&job.fields)),
            ("group", Value::maybe(job.spec.group.as_ref())),
            ("batch", self.batch_of(job).map_or(Value::Null, |batch| Value::bytes(&batch.name))),
            ("expires-at", job.expires_at.map_or(Value::Null, Value::uint)),
            ("rerun", job.rerun.as_ref().map_or(Value::Null, |_| Value::Int(1))),
        ]);
        if matches!(job.state, State::Delayed { .. } | State::Blocked { .. }) {
            let is_first = job.place() == Place::Front;
            fields.push(("front", if is_first { Value::Int(1) } else { Value::Null }));
            fields.push(("latest-due-at", job.latest_due.map_or(Value::Null, Value::uint)));
        }
        let attempts = job.spec.attempts.unwrap_or(self.settings.attempts);
        fields.push(("attempts", Value::uint(attempts.max(job.attempt()))));
        fields.push(("starts", Value::uint(job.starts)));
        let all = job.losses + job.earlier_losses;
        fields.extend((all != job.losses).then(|| ("all-losses", Value::uint(all))));
        for (name, span) in [("dedup", job.spec.dedup), ("keep", job.spec.keep), ("maxrun", job.spec.max_run)]
        {
            let shown = |span| if span == WHILE_KEPT { Value::bytes("kept") } else { Value::Int(span) };
            fields.extend(span.map(|span| (name, shown(span))));
        }
        if !job.runs.is_empty() {
            fields.push(("history", Value::Array(job.runs.iter().map(run).collect())));
        }
        let (most, all) = (self.settings.max_losses, job.losses + job.earlier_losses);
        let losses_left = most.saturating_sub(job.losses).min((4 * most).saturating_sub(all));
        match &job.state {
            State::Waiting { .. } => {}
            State::Held => fields.push(("hold", Value::Int(1))),
            State::Delayed { due, .. } => fields.push(("due-at", Value::uint(*due))),
            State::Blocked { batch, due, dependency } => {
                let after = self.batches.iter().find(|it| it.number == *batch);
                let word = match dependency {
                    Dependency::After => "after",
                    Dependency::AfterOk => "afterok",
                };
                fields.extend([
                    (word, after.map_or(Value::Null, |batch| Value::bytes(&batch.name))),
                    ("due-at", due.map_or(Value::Null, Value::uint)),
                ]);
            }
            State::Active { token, worker, until, since, .. } => fields.extend([
                ("claimed-at", Value::uint(*since)),
                ("token", Value::uint(*token)),
                ("worker", Value::bytes(worker)),
                ("failures-left", Value::uint(left(job, attempts.saturating_sub(job.nacks + 1)))),
                ("losses-left", Value::uint(left(job, losses_left))),
                ("lease-until", Value::uint(*until)),
                ("run-until", instant(self.settings.run_until(&job.spec, *since, *token))),
            ]),
            State::Ended { at, result, .. } => {
                fields.extend([("finished-at", Value::uint(*at)), ("result", Value::maybe(result.as_ref()))]);
                fields.extend(job.worker.as_ref().map(|name| ("worker", Value::bytes(name))));
            }
        }
        map(fields)
    }

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

/// How many more are allowed. A run before a rerun is the last of its life.
fn left(job: &Job, more: u64) -> u64 {
    if job.rerun.is_some() {
        0
    } else {
        more
    }
}

/// An instant; null if it never comes.
fn instant(at: u64) -> Value {
    if at == NEVER {
        Value::Null
    } else {
        Value::uint(at)
    }
}

/// An instant, -1 for never.
pub(super) fn until(instant: u64) -> Value {
    match instant {
        u64::MAX => Value::Int(-1),
        instant => Value::uint(instant),
    }
}

fn run(run: &Run) -> Value {
    let mut fields = vec![
        ("attempt", Value::uint(run.attempt)),
        ("worker", Value::bytes(&run.worker)),
        ("claimed-at", Value::uint(run.since)),
        ("ended-at", Value::uint(run.ended)),
        ("outcome", Value::bytes(run.end)),
    ];
    fields.extend(run.error.as_ref().map(|error| ("error", Value::bytes(error))));
    map(fields)
}

/// Whether `JQ.LIST` shows the job under `state`.
pub(super) fn is_listed(job: &Job, state: &str) -> bool {
    job.state_name() == state && (job.is_live() || job.is_record())
}

/// Where `JQ.LIST` shows the job among those of its state.
pub(super) fn place(job: &Job) -> (i64, i64) {
    let instant = match job.state {
        State::Waiting { .. } | State::Blocked { .. } | State::Held => return (job.spec.priority, job.seq),
        State::Delayed { due, .. } => due,
        State::Active { until, .. } => until,
        State::Ended { at, .. } => at,
    };
    (i64::try_from(instant).unwrap_or(i64::MAX), job.seq)
}
