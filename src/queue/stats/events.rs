//! The kinds of transitions since a server last took them: what subscribers are notified of.
//!
//! Redis notifies of a changed key once for each command and kind of change (one `sadd` for a hundred
//! members). So do we: this is a set, and a command of 10,000 jobs has one event of each kind at most. It is
//! marked in the one mutator, so what time does and what a replica applies is in it too. It is no part of the
//! state: neither saved nor compared.

use super::counters::Count;

/// A kind of transition. What time does comes first, as it does in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub enum Event {
    Due,
    Lost,
    Expired,
    Added,
    Replaced,
    Rerun,
    Claimed,
    Completed,
    Retried,
    Failed,
    Released,
    Cancelled,
    Promoted,
    Revived,
    Removed,
    BatchSealed,
    BatchFinished,
    Unblocked,
    Paused,
    Resumed,
}

/// The manual's names, in the order of [`Event`].
#[rustfmt::skip] // a list, not a column
const NAMES: [&str; 20] = [
    "due", "lost", "expired", "added", "replaced", "rerun", "claimed", "completed", "retried", "failed", "released",
    "cancelled", "promoted", "revived", "removed", "batch-sealed", "batch-finished", "unblocked", "paused", "resumed",
];

impl Event {
    /// The count that it is one more of.
    pub(crate) fn count(self) -> Option<Count> {
        Some(match self {
            Event::Lost => Count::Losses,
            Event::Expired => Count::Expirations,
            Event::Added => Count::Added,
            Event::Replaced => Count::Replaced,
            Event::Rerun => Count::Reruns,
            Event::Claimed => Count::Claims,
            Event::Completed => Count::Acks,
            Event::Retried => Count::Retries,
            Event::Failed => Count::Failures,
            Event::Released => Count::Releases,
            Event::Cancelled => Count::Cancellations,
            Event::Removed => Count::Removals,
            Event::Due
            | Event::Promoted
            | Event::Revived
            | Event::BatchSealed
            | Event::BatchFinished
            | Event::Unblocked
            | Event::Paused
            | Event::Resumed => return None,
        })
    }
}

/// A set of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// Adds one.
    pub(crate) fn insert(&mut self, event: Event) {
        self.0 |= 1 << event as u32;
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of those that happened, in the order in which they are published.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 & 1 << bit != 0).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_own_name_and_order() {
        let mut events = Events::default();
        assert!(events.is_empty());
        for event in [Event::Resumed, Event::Due, Event::Completed] {
            events.insert(event);
        }
        assert_eq!(events.names().collect::<Vec<_>>(), ["due", "completed", "resumed"]);
        assert_eq!(Event::Completed.count(), Some(Count::Acks));
    }
}
