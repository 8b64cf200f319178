//! Events that an application sends, and how many of all are kept.

use super::access::Session;
use crate::queue::effect::Effect;
use crate::queue::events::{EmittedFields, EventId};

impl Session<'_> {
    /// Puts an application's event behind those of the queue. None: the queue keeps no events.
    pub fn emit(&mut self, event: &[u8], job: Option<&[u8]>, fields: EmittedFields<'_>) -> Option<EventId> {
        if !self.queue.keeps_events() {
            return None;
        }
        self.change(&Effect::Emitted { event, job, fields });
        Some(self.queue.last_event())
    }

    /// Drops the oldest events until at most so many are left; how many.
    pub fn trim_events(&mut self, keep: usize) -> usize {
        let surplus = self.queue.event_count().saturating_sub(keep);
        if surplus > 0 {
            self.change(&Effect::EventsTrimmed { keep: keep as u64 });
        }
        surplus
    }
}
