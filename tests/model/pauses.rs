//! JQ.PAUSE and JQ.RESUME: what is paused, and until when.

use super::model::Model;
use super::value::Value;

/// Every pause there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pauses(Vec<Pause>);

/// Of a group, or of the queue.
#[derive(Debug, Clone)]
struct Pause {
    of: Option<Vec<u8>>,
    /// The largest number: without end.
    until: u64,
}

impl Model {
    pub(super) fn pause(&mut self, of: Option<Vec<u8>>, until: u64, now: u64) -> Value {
        let answer = self.pauses.begin(of.clone(), until);
        if answer == Value::Int(1) {
            let end = (until != u64::MAX).then(|| ("until", Value::uint(until)));
            self.log("paused", None, group_of(of).into_iter().chain(end).collect(), now);
        }
        answer
    }

    pub(super) fn resume(&mut self, of: Option<&Vec<u8>>, now: u64) -> Value {
        let answer = self.pauses.end(of);
        if answer == Value::Int(1) {
            self.log("resumed", None, group_of(of.cloned()), now);
        }
        answer
    }

    /// Ends the pauses that are over by `now`.
    pub(super) fn end_pauses(&mut self, now: u64) {
        for (end, of) in self.pauses.advance(now) {
            self.log("resumed", None, group_of(of), end);
        }
    }
}

fn group_of(of: Option<Vec<u8>>) -> Vec<(&'static str, Value)> {
    of.into_iter().map(|name| ("group", Value::bytes(name))).collect()
}

impl Pauses {
    /// The later end holds.
    fn begin(&mut self, of: Option<Vec<u8>>, until: u64) -> Value {
        if self.0.iter().any(|pause| pause.of == of && pause.until >= until) {
            return Value::Int(0);
        }
        self.0.retain(|pause| pause.of != of);
        self.0.push(Pause { of, until });
        Value::Int(1)
    }

    fn end(&mut self, of: Option<&Vec<u8>>) -> Value {
        let before = self.0.len();
        self.0.retain(|pause| pause.of.as_ref() != of);
        Value::Int((self.0.len() < before).into())
    }

    /// Ends those that are over by `now`: when each was over, and of what. That of the queue comes first.
    fn advance(&mut self, now: u64) -> Vec<(u64, Option<Vec<u8>>)> {
        let over = self.0.iter().filter(|pause| pause.until <= now);
        let mut over: Vec<_> = over.map(|pause| (pause.until, pause.of.clone())).collect();
        over.sort_by_key(|(until, of)| (of.is_some(), *until, of.clone()));
        self.0.retain(|pause| pause.until > now);
        over
    }

    /// Until when a group is paused, or the queue.
    pub(super) fn until(&self, of: Option<&[u8]>) -> Option<u64> {
        self.0.iter().find(|pause| pause.of.as_deref() == of).map(|pause| pause.until)
    }

    /// Every group that is.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.0.iter().filter_map(|pause| pause.of.as_ref())
    }
}
