//! The kinds of transitions, and those since a server last took them: what subscribers are notified of.
//!
//! Redis notifies of a changed key once for each command and kind of change (one `sadd` for a hundred
//! members). So do we: this is a set, and a command of 10,000 jobs has one event of each kind at most. It is
//! marked in the one mutator, so what time does and what a replica applies is in it too. It is no part of the
//! state: neither saved nor compared.

use super::counters::Count;

/// A kind of transition. What time does comes first, as it does in a session. Progressed, taken back, rerun begun and
/// drained are only in the event log. The order is part of the saved format: add at the end.
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
    Progressed,
    TakenBack,
    RerunBegun,
    Drained,
    Changed,
}

/// The manual's names, in the order of [`Event`].
#[rustfmt::skip] // a list, not a column
const NAMES: [(Event, &str); 25] = [
    (Event::Due, "due"), (Event::Lost, "lost"), (Event::Expired, "expired"), (Event::Added, "added"),
    (Event::Replaced, "replaced"), (Event::Rerun, "rerun"), (Event::Claimed, "claimed"),
    (Event::Completed, "completed"), (Event::Retried, "retried"), (Event::Failed, "failed"),
    (Event::Released, "released"), (Event::Cancelled, "cancelled"), (Event::Promoted, "promoted"),
    (Event::Revived, "revived"), (Event::Removed, "removed"), (Event::BatchSealed, "batch-sealed"),
    (Event::BatchFinished, "batch-finished"), (Event::Unblocked, "unblocked"), (Event::Paused, "paused"),
    (Event::Resumed, "resumed"), (Event::Progressed, "progressed"), (Event::TakenBack, "taken-back"),
    (Event::RerunBegun, "rerun-begun"), (Event::Drained, "drained"),
    (Event::Changed, "changed"),
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
            | Event::Resumed
            | Event::Progressed
            | Event::TakenBack
            | Event::RerunBegun
            | Event::Drained
            | Event::Changed => return None,
        })
    }

    /// The manual's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(self as usize).map_or("", |(_, name)| name)
    }

    /// Each of them.
    pub fn all() -> impl Iterator<Item = Event> {
        NAMES.into_iter().map(|(event, _)| event)
    }

    /// The number for it in bytes.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        NAMES.get(usize::from(code)).map(|(event, _)| *event)
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
        let has = move |event: &Event| self.0 & 1 << *event as u32 != 0;
        Event::all().filter(has).map(Event::name)
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
        assert!(Event::all().enumerate().all(|(place, event)| usize::from(event.code()) == place));
    }
}
