//! JQ.PAUSE and JQ.RESUME: what is paused, and until when.

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

impl Pauses {
    /// The later end holds.
    pub(super) fn begin(&mut self, of: Option<Vec<u8>>, until: u64) -> Value {
        if self.0.iter().any(|pause| pause.of == of && pause.until >= until) {
            return Value::Int(0);
        }
        self.0.retain(|pause| pause.of != of);
        self.0.push(Pause { of, until });
        Value::Int(1)
    }

    pub(super) fn end(&mut self, of: Option<&Vec<u8>>) -> Value {
        let before = self.0.len();
        self.0.retain(|pause| pause.of.as_ref() != of);
        Value::Int((self.0.len() < before).into())
    }

    /// Those that are over by `now`.
    pub(super) fn advance(&mut self, now: u64) {
        self.0.retain(|pause| pause.until > now);
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
