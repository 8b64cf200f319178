//! What STATS and GET show, and in which order the lists show jobs.

use super::batch::Dependency;
use super::fields;
use super::job::{Job, Run, State, NEVER};
use super::model::Model;
use super::selected::{remembered_until, until_value};
use super::spec::{Place, WHILE_KEPT};
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
