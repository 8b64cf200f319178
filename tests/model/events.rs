//! The events of a queue: a list, to which everything that happens to a job appends what the manual says of it.

use super::job::{How, Job, State};
use super::model::Model;
use super::request::{After, EventsAsked};
use super::selected::remembered_until;
use super::value::Value;

/// An event that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(super) id: (u64, u64),
    at: u64,
    pub(super) name: String,
    pub(super) job: Option<Vec<u8>>,
    pub(super) fields: Vec<(String, Value)>,
}

type Field = (&'static str, Value);

impl Model {
    /// A job, which was in `from`, is in the state in which it is now.
    pub(super) fn log_move(&mut self, name: &str, id: &[u8], from: Option<&'static str>, at: u64) {
        self.log_move_with(name, id, from, Vec::new(), at);
    }

    /// The same with more to say.
    pub(super) fn log_move_with(
        &mut self,
        name: &str,
        id: &[u8],
        from: Option<&'static str>,
        more: Vec<Field>,
        at: u64,
    ) {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return };
        let mut fields: Vec<Field> = from.into_iter().map(|state| ("from", Value::bytes(state))).collect();
        fields.push(("to", Value::bytes(job.state_name())));
        match &job.state {
            State::Delayed { due, .. } => fields.push(("due-at", Value::uint(*due))),
            State::Active { token, worker, .. } => {
                fields.extend(run_of(*token, worker));
                fields.push(("attempt", Value::uint(job.attempt())));
            }
            State::Waiting { .. } | State::Blocked { .. } | State::Held | State::Ended { .. } => {}
        }
        fields.extend(more);
        self.log(name, Some(id), fields, at);
        self.log_if_drained(at);
    }

    /// The life of a job is about to end.
    pub(super) fn log_end(&mut self, id: &[u8], how: How, result: Option<&Vec<u8>>, at: u64) {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return };
        let name = match how {
            How::Completed => "completed",
            How::Failed => "failed",
            How::Expired => "expired",
            How::Cancelled => "cancelled",
        };
        let mut fields = vec![("from", Value::bytes(job.state_name())), ("to", Value::bytes(name))];
        if let State::Active { token, worker, .. } = &job.state {
            fields.extend(run_of(*token, worker));
        }
        match how {
            How::Completed => {
                fields.push(("attempt", Value::uint(failed_runs(job) + 1)));
                fields.extend(result.map(|result| ("result", Value::bytes(result))));
            }
            How::Failed => {
                fields.extend(self.attempts(job));
                fields.extend(job.error.as_ref().map(|error| ("error", Value::bytes(error))));
            }
            How::Expired | How::Cancelled => {}
        }
        self.log(name, Some(id), fields, at);
    }

    /// The lease of a job is over, and the loss is counted.
    pub(super) fn log_loss(&mut self, id: &[u8], to: &'static str, at: u64) {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return };
        let State::Active { token, worker, .. } = &job.state else { return };
        let mut fields = vec![("from", Value::bytes("active")), ("to", Value::bytes(to))];
        fields.extend(run_of(*token, worker));
        fields.extend(self.attempts(job));
        self.log("lost", Some(id), fields, at);
    }

    /// The number of the run that has failed last, and how many there may be.
    pub(super) fn attempts(&self, job: &Job) -> [Field; 2] {
        let attempt = failed_runs(job);
        let attempts = job.spec.attempts.unwrap_or(self.settings.attempts).max(attempt);
        [("attempt", Value::uint(attempt)), ("attempts", Value::uint(attempts))]
    }

    pub(super) fn log_batch(&mut self, name: &str, number: usize, at: u64) {
        let Some(batch) = self.batches.iter().find(|batch| batch.number == number) else { return };
        let fields = vec![("batch", Value::bytes(&batch.name))];
        self.log(name, None, fields, at);
    }

    pub(super) fn log(&mut self, name: &str, job: Option<&[u8]>, mut fields: Vec<Field>, at: u64) {
        let about = self.jobs.iter().find(|it| job == Some(&*it.id) && remembered_until(it).is_none());
        let name_of_job = about.and_then(|job| job.spec.name.as_ref());
        fields.extend(name_of_job.map(|name| ("name", Value::bytes(name))));
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.append(name, job, fields, at);
    }

    fn append(&mut self, name: &str, job: Option<&[u8]>, fields: Vec<(String, Value)>, at: u64) {
        if self.settings.events_max == 0 {
            return;
        }
        let (ms, n) = self.last_event;
        self.last_event = (ms.max(at), n + 1);
        let (id, job, name) = (self.last_event, job.map(<[u8]>::to_vec), name.to_owned());
        self.events.push(Logged { id, at, name, job, fields });
        self.drop_events(self.settings.events_max);
    }

    fn drop_events(&mut self, keep: usize) -> usize {
        let surplus = self.events.len().saturating_sub(keep);
        self.events.drain(..surplus);
        surplus
    }

    /// Says so if nothing waits and nothing is active any more.
    pub(super) fn log_if_drained(&mut self, at: u64) {
        let is_busy = self.jobs.iter().any(|job| job.is_waiting() || job.is_active());
        if !is_busy && self.was_busy {
            self.log("drained", None, Vec::new(), at);
        }
        self.was_busy = is_busy;
    }

    /// Another number of events is kept than `before`.
    pub(super) fn keep_events(&mut self, before: usize) {
        let most = self.settings.events_max;
        if before == 0 && most > 0 && self.last_event != (0, 0) {
            self.last_event.1 += 1;
        }
        self.drop_events(most);
        self.was_busy = self.jobs.iter().any(|job| job.is_waiting() || job.is_active());
    }

    pub(super) fn emit(&mut self, name: &str, job: Option<&[u8]>, fields: &[Vec<u8>], at: u64) -> Value {
        if self.settings.events_max == 0 {
            return Value::Null;
        }
        let pair = |pair: &[Vec<u8>]| match pair {
            [name, value] => Some((String::from_utf8_lossy(name).into_owned(), Value::bytes(value))),
            _ => None,
        };
        self.append(name, job, fields.chunks(2).filter_map(pair).collect(), at);
        shown_id(self.last_event)
    }

    pub(super) fn trim_events(&mut self, keep: usize) -> Value {
        Value::count(self.drop_events(keep))
    }

    pub(super) fn read_events(&self, asked: &EventsAsked) -> Value {
        let last = self.last_event;
        let gone = self.events.first().map_or(last, |first| (first.id.0, first.id.1 - 1));
        let (from, missed) = match asked.after {
            After::Nothing => ((0, 0), 0),
            After::Now => (last, 0),
            After::Event(id) if id >= gone => (id, 0),
            After::Event(id) if id.1 <= gone.1 => (id, gone.1 - id.1),
            After::Event(id) => (id, 1),
        };
        let (mut next, mut shown) = (from.max(last), Vec::new());
        for event in self.events.iter().filter(|event| event.id > from) {
            if shown.len() == asked.count {
                break;
            }
            next = event.id;
            let is_job = asked.job.is_none() || asked.job == event.job;
            let is_name = asked.only.is_empty() || asked.only.contains(&event.name);
            if is_job && is_name {
                shown.push(shown_event(event));
            }
        }
        Value::Array(vec![shown_id(next), Value::uint(missed), Value::Array(shown)])
    }
}

fn run_of(token: u64, worker: &[u8]) -> [Field; 2] {
    [("worker", Value::bytes(worker)), ("token", Value::uint(token))]
}

pub(super) fn failed_runs(job: &Job) -> u64 {
    job.nacks + job.losses + job.earlier_losses
}

fn shown_id((ms, n): (u64, u64)) -> Value {
    Value::bytes(format!("{ms}-{n}"))
}

fn shown_event(event: &Logged) -> Value {
    let head = [shown_id(event.id), Value::uint(event.at), Value::bytes(&event.name)];
    let job = [Value::maybe(event.job.as_ref())];
    let fields = event.fields.iter().flat_map(|(name, value)| [Value::bytes(name), value.clone()]);
    Value::Array(head.into_iter().chain(job).chain(fields).collect())
}
