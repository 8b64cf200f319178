//! When the waits of clients end. Pure.

use std::collections::BTreeSet;

/// How much longer than it asked for, in milliseconds, a client waits before it is taken for forgotten by the server.
const OVERTIME: u64 = 50;
/// No wait that ends.
const NEVER: u64 = u64::MAX;

/// When a client that blocks for `ms` from `now` on (0: for ever) has waited for too long.
pub(super) fn end_of(now: u64, ms: u64) -> u64 {
    match ms {
        0 => NEVER,
        ms => now.saturating_add(ms).saturating_add(OVERTIME),
    }
}

/// Waits that end, by that instant, then by ticket.
#[derive(Debug, Default)]
pub(super) struct Ends(BTreeSet<(u64, u64)>);

impl Ends {
    /// The wait of a ticket ends then.
    pub(super) fn add(&mut self, end: u64, ticket: u64) {
        if end != NEVER {
            self.0.insert((end, ticket));
        }
    }

    /// It is over before its time.
    pub(super) fn remove(&mut self, end: u64, ticket: u64) {
        self.0.remove(&(end, ticket));
    }

    /// When the next one ends.
    pub(super) fn first(&self) -> Option<u64> {
        self.0.first().map(|(end, _)| *end)
    }

    /// Takes the next one that has ended by `now`.
    pub(super) fn pop(&mut self, now: u64) -> Option<u64> {
        let (end, ticket) = *self.0.first()?;
        if end > now {
            return None;
        }
        self.0.pop_first();
        Some(ticket)
    }
}
