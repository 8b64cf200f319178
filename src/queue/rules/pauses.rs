//! Pauses, of the whole queue and of single lanes, and the limits of single lanes. Pauses end by themselves in a step
//! of time, of which replicas learn like of any other.

use super::events::pause_event;
use crate::queue::limits::{Bucket, GroupLimits, Lane, Pause, MAX_RULED};
use crate::queue::stats::Event;
use crate::queue::value::Queue;

impl Queue {
    /// Why a group gives no job; None: it is not paused.
    pub(crate) fn group_pause(&self, name: &[u8]) -> Option<Pause> {
        self.limits.lanes.find(name).and_then(|number| self.limits.lanes.get(number)?.rules().pause)
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

    pub(crate) fn set_pause(&mut self, pause: Option<Pause>, at: u64) {
        self.pause = pause;
        self.stats.record(pause_event(pause));
        self.log_pause(None, pause, at);
    }

    pub(crate) fn set_group_pause(&mut self, name: &[u8], pause: Option<Pause>, at: u64) {
        if let Some(number) = self.limits.lanes.make().of(name) {
            self.limits.lanes.make().edit_rules(number, |rules| rules.pause = pause);
            self.stats.record(pause_event(pause));
            self.log_pause(Some(name), pause, at);
        }
    }

    /// The limits of a group of its own.
    pub(crate) fn group_limits(&self, name: &[u8]) -> GroupLimits {
        let lane = self.limits.lanes.find(name).and_then(|number| self.limits.lanes.get(number));
        lane.map(Lane::limits).unwrap_or_default()
    }

    pub(crate) fn set_group_limits(&mut self, name: &[u8], limits: GroupLimits) {
        let Some(number) = self.limits.lanes.make().of(name) else { return };
        self.limits.lanes.make().edit_rules(number, |rules| rules.limits = limits);
        if limits.rate == Some(None) {
            // As for the queue: without a rate no token is missing.
            self.limits.lanes.make().edit(number, |lane| lane.bucket = Bucket::default());
        }
    }

    /// When the next pause ends by itself.
    pub(crate) fn next_pause_end(&self) -> Option<u64> {
        let of_queue = self.pause.and_then(Pause::until);
        of_queue.into_iter().chain(self.limits.lanes.next_pause_end()).min()
    }

    /// Ends the next pause, if its time has come.
    pub(crate) fn end_next_pause(&mut self, at: u64) -> bool {
        if self.next_pause_end().is_none_or(|end| end > at) {
            return false;
        }
        if let Some(end) = self.pause.and_then(Pause::until).filter(|end| *end <= at) {
            self.pause = self.pause.and_then(Pause::without_until);
            self.pause_has_ended(None, self.pause, end);
        } else if let Some((end, name, left)) = self.limits.lanes.make().end_first_pause() {
            self.pause_has_ended(Some(&name), left, end);
        }
        true
    }

    /// A pause has ended by itself. Where one without end is left, that is no news.
    fn pause_has_ended(&mut self, group: Option<&[u8]>, left: Option<Pause>, end: u64) {
        if left.is_none() {
            self.stats.record(Event::Resumed);
            self.log_pause(group, None, end);
        }
    }
}
