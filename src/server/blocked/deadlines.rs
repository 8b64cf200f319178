//! The deadlines of blocked clients. Pure.

use crate::server::clock::Uptime;
use std::collections::BTreeSet;

/// How many milliseconds after its time a blocked client is taken for forgotten by the server.
const OVERTIME: u64 = 50;

/// When a client that is blocked for `ms` from `now` on has waited for too long; None: it waits for ever.
pub(in crate::server) fn deadline(now: Uptime, ms: u64) -> Option<Uptime> {
    (ms != 0).then(|| now.after(ms).after(OVERTIME))
}

/// Deadlines in their order, each with the ticket of its client.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BTreeSet<(Uptime, u64)>);

impl Deadlines {
    pub(super) fn insert(&mut self, deadline: Option<Uptime>, ticket: u64) {
        self.0.extend(deadline.map(|deadline| (deadline, ticket)));
    }

    pub(super) fn remove(&mut self, deadline: Option<Uptime>, ticket: u64) {
        if let Some(deadline) = deadline {
            self.0.remove(&(deadline, ticket));
        }
    }

    pub(super) fn first(&self) -> Option<Uptime> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    /// Takes the first ticket whose deadline is not after `now`.
    pub(super) fn pop(&mut self, now: Uptime) -> Option<u64> {
        let (deadline, ticket) = *self.0.first()?;
        if deadline > now {
            return None;
        }
        self.0.pop_first();
        Some(ticket)
    }
}
