//! JQ.PAUSE and JQ.RESUME: what is paused, and until when.

use super::model::Model;
use super::value::Value;

/// Every pause there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pauses(pub(super) Vec<Pause>);

/// Of a group, or of the queue; each may have one of either kind.
#[derive(Debug, Clone)]
pub(crate) struct Pause {
    of: Option<Vec<u8>>,
    pub(super) kind: Kind,
}

/// Until it is resumed, or until an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Endless,
    Until(u64),
}

impl Kind {
    fn is_endless(self) -> bool {
        self == Kind::Endless
    }

    fn end(self) -> u64 {
        match self {
            Kind::Endless => u64::MAX,
            Kind::Until(end) => end,
        }
    }
}

impl Model {
    pub(super) fn pause(&mut self, of: Option<Vec<u8>>, kind: Kind, now: u64) -> Value {
        let answer = self.pauses.begin(of.clone(), kind);
        if answer == Value::Int(1) {
            self.log_pause(of, now);
        }
        answer
    }

    /// `only`: of this kind.
    pub(super) fn resume(&mut self, of: Option<&Vec<u8>>, only: Option<&str>, now: u64) -> Value {
        let answer = self.pauses.end(of, only);
        if answer == Value::Int(1) {
            self.log_pause(of.cloned(), now);
        }
        answer
    }

    /// Ends the pauses that are over by `now`.
    pub(super) fn end_pauses(&mut self, now: u64) {
        for (end, of) in self.pauses.advance(now) {
            if self.pauses.until(of.as_deref()).is_none() {
                self.log_pause(of, end);
            }
        }
    }

    /// How the queue, or a group, is paused from now on.
    fn log_pause(&mut self, of: Option<Vec<u8>>, at: u64) {
        let until = self.pauses.until(of.as_deref());
        let end = until.filter(|until| *until != u64::MAX).map(|until| ("until", Value::uint(until)));
        let group = of.map(|name| ("group", Value::bytes(name)));
        let event = if until.is_some() { "paused" } else { "resumed" };
        self.log(event, None, group.into_iter().chain(end).collect(), at);
    }
}

impl Pauses {
    /// Of two that end by themselves the later end holds.
    fn begin(&mut self, of: Option<Vec<u8>>, kind: Kind) -> Value {
        let is_other = |pause: &Pause| pause.of != of || pause.kind.is_endless() != kind.is_endless();
        if self.0.iter().any(|pause| !is_other(pause) && pause.kind.end() >= kind.end()) {
            return Value::Int(0);
        }
        self.0.retain(is_other);
        self.0.push(Pause { of, kind });
        Value::Int(1)
    }

    fn end(&mut self, of: Option<&Vec<u8>>, only: Option<&str>) -> Value {
        let before = self.0.len();
        let stays = |pause: &Pause| only.is_some_and(|only| (only == "PAUSE") != pause.kind.is_endless());
        self.0.retain(|pause| pause.of.as_ref() != of || stays(pause));
        Value::Int((self.0.len() < before).into())
    }

    /// Ends those that are over by `now`: when each was over, and of what. That of the queue comes first.
    fn advance(&mut self, now: u64) -> Vec<(u64, Option<Vec<u8>>)> {
        let over = self.0.iter().filter(|pause| pause.kind.end() <= now);
        let mut over: Vec<_> = over.map(|pause| (pause.kind.end(), pause.of.clone())).collect();
        over.sort_by_key(|(until, of)| (of.is_some(), *until, of.clone()));
        self.0.retain(|pause| pause.kind.end() > now);
        over
    }

    /// Until when a group is paused, or the queue.
    pub(super) fn until(&self, of: Option<&[u8]>) -> Option<u64> {
        self.0.iter().filter(|pause| pause.of.as_deref() == of).map(|pause| pause.kind.end()).max()
    }

    /// Until when by PAUSE FOR.
    pub(super) fn for_until(&self, of: Option<&[u8]>) -> Option<u64> {
        let timed = self.0.iter().filter(|pause| !pause.kind.is_endless());
        timed.filter(|pause| pause.of.as_deref() == of).map(|pause| pause.kind.end()).max()
    }

    /// Every group that is.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.0.iter().filter_map(|pause| pause.of.as_ref())
    }
}
