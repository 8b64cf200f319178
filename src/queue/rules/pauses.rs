//! Pauses, of the whole queue and of single lanes, and the limits of single lanes. Pauses end by themselves in a step of time, of which replicas learn
//! like of any other.

use crate::queue::limits::{Bucket, GroupLimits, Lane, MAX_RULED};
use crate::queue::stats::Event;
use crate::queue::time::unless_endless;
use crate::queue::value::Queue;

impl Queue {
    /// Until when a group gives no job; None: it is not paused.
    pub(crate) fn group_paused_until(&self, name: &[u8]) -> Option<u64> {
        self.limits.lanes.find(name).and_then(|number| self.limits.lanes.get(number)?.rules().paused_until)
    }

    /// Whether a group has rules of its own, or there is room for another one that has.
    pub(crate) fn may_have_rules(&self, name: &[u8]) -> bool {
        self.limits.lanes.ruled() < MAX_RULED || self.has_rules(name)
    }

    /// Whether something is set for this group alone.
    #[must_use]
    pub fn has_rules(&self, name: &[u8]) -> bool {
        self.limits
            .lanes
            .find(name)
            .and_then(|number| self.limits.lanes.get(number))
            .is_some_and(Lane::has_rules)
    }

    pub(crate) fn set_pause(&mut self, until: Option<u64>, at: u64) {
        self.paused_until = until;
        self.stats.record(event(until));
        self.log_pause(event(until), None, until, at);
    }

    pub(crate) fn set_group_pause(&mut self, name: &[u8], until: Option<u64>, at: u64) {
        if let Some(number) = self.limits.lanes.of(name) {
            self.limits.lanes.edit_rules(number, |rules| rules.paused_until = until);
            self.stats.record(event(until));
            self.log_pause(event(until), Some(name), until, at);
        }
    }

    /// The limits of a group of its own.
    pub(crate) fn group_limits(&self, name: &[u8]) -> GroupLimits {
        let lane = self.limits.lanes.find(name).and_then(|number| self.limits.lanes.get(number));
        lane.map(Lane::limits).unwrap_or_default()
    }

    pub(crate) fn set_group_limits(&mut self, name: &[u8], limits: GroupLimits) {
        let Some(number) = self.limits.lanes.of(name) else { return };
        self.limits.lanes.edit_rules(number, |rules| rules.limits = limits);
        if limits.rate == Some(None) {
            // As for the queue: without a rate no token is missing.
            self.limits.lanes.edit(number, |lane| lane.bucket = Bucket::default());
        }
    }

    /// When the next pause ends by itself.
    pub(crate) fn next_pause_end(&self) -> Option<u64> {
        let of_queue = self.paused_until.and_then(unless_endless);
        of_queue.into_iter().chain(self.limits.lanes.next_pause_end()).min()
    }

    /// Ends the next pause, if its time has come.
    pub(crate) fn end_next_pause(&mut self, at: u64) -> bool {
        if self.next_pause_end().is_none_or(|end| end > at) {
            return false;
        }
        self.stats.record(Event::Resumed);
        if let Some(end) = self.paused_until.filter(|end| *end <= at) {
            self.paused_until = None;
            self.log_pause(Event::Resumed, None, None, end);
        } else if let Some((end, name)) = self.limits.lanes.end_first_pause() {
            self.log_pause(Event::Resumed, Some(&name), None, end);
        }
        true
    }
}

fn event(until: Option<u64>) -> Event {
    if until.is_some() {
        Event::Paused
    } else {
        Event::Resumed
    }
}
