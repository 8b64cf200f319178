//! JQ.WORKERS and JQ.SERIES: who was there, and what happened when.

use super::job::State;
use super::model::Model;
use super::value::{map, Value};

/// How long a worker is listed that holds nothing.
const LISTED: u64 = 3_600_000;
const MINUTE: u64 = 60_000;

impl Model {
    /// A worker did something.
    pub(super) fn saw(&mut self, worker: &[u8], now: u64) {
        let seen = self.seen.entry(worker.to_vec()).or_default();
        *seen = (*seen).max(now);
    }

    /// The worker that holds `id` did something.
    pub(super) fn saw_holder_of(&mut self, id: &[u8], now: u64) {
        if let Some(State::Active { worker, .. }) = self.job(id).map(|job| job.state.clone()) {
            self.saw(&worker, now);
        }
    }

    /// Forgets who was not seen for an hour and holds nothing.
    pub(super) fn forget_workers(&mut self, now: u64) {
        let idle: Vec<_> = self.seen.keys().filter(|name| self.held_by(name).is_empty()).cloned().collect();
        self.seen.retain(|name, seen| !idle.contains(name) || *seen + LISTED > now);
    }

    /// The tokens and lease ends of what a worker holds, oldest claim first.
    fn held_by(&self, name: &[u8]) -> Vec<(u64, u64)> {
        let held = self.jobs.iter().filter_map(|job| match &job.state {
            State::Active { token, worker, until, .. } if worker == name => Some((*token, *until)),
            _ => None,
        });
        let mut held: Vec<_> = held.collect();
        held.sort_unstable();
        held
    }

    pub(super) fn workers(&self) -> Value {
        let worker = |(name, seen): (&Vec<u8>, &u64)| {
            let held = self.held_by(name);
            map([
                ("worker", Value::bytes(name)),
                ("active", Value::count(held.len())),
                ("oldest-lease-until", held.first().map_or(Value::Null, |(_, until)| Value::uint(*until))),
                ("last-seen", Value::uint(*seen)),
            ])
        };
        Value::Array(self.seen.iter().map(worker).collect())
    }

    pub(super) fn series(&self, minutes: u64, now: u64) -> Value {
        let Some(created) = self.created_at else { return Value::Array(Vec::new()) };
        let newest = now / MINUTE;
        let oldest = (newest + 1).saturating_sub(minutes).max(created / MINUTE);
        let count = |what: &str, minute: u64| {
            let is_it = |(kind, at): &&(&str, u64)| *kind == what && at / MINUTE == minute;
            Value::count(self.happened.iter().filter(is_it).count())
        };
        let row = |minute: u64| {
            let counts = ["added", "acks", "failures"].map(|what| count(what, minute));
            Value::Array([Value::uint(minute * MINUTE)].into_iter().chain(counts).collect())
        };
        Value::Array((oldest..=newest).rev().map(row).collect())
    }
}
