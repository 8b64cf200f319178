//! The recount of the lanes: whatever follows from the lanes themselves is counted again.

use super::Lanes;
use crate::queue::limits::LaneRules;
use crate::queue::store::Handle;
use std::sync::Arc;

impl Lanes {
    /// What does not add up in here. O(lanes).
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let mut room = 0;
        let (mut ready, mut refills, mut expiring, mut pauses, mut ruled) = (0, 0, 0, 0, 0);
        let (mut paused, mut wanted, mut rated) = (0, 0, 0);
        for (number, lane) in self.iter() {
            let position = self.position_of(lane);
            let of = |entry: Option<&Handle>| entry == Some(&number.0);
            room += position.room;
            ready += usize::from(position.ready.is_some_and(|place| of(self.ready.get(&place))));
            refills += usize::from(position.refill.is_some_and(|when| of(self.refills.get(&when))));
            expiring += usize::from(self.expiring.contains(&(lane.bucket.full_at(), Arc::clone(&lane.name))));
            let rules = lane.rules();
            paused += usize::from(rules.pause.is_some());
            rated += usize::from(rules.has_rate());
            wanted += usize::from(lane.waiting > 0);
            ruled += usize::from(rules != LaneRules::default());
            pauses += usize::from(
                rules.pause_end().is_some_and(|end| self.pauses.contains(&(end, Arc::clone(&lane.name)))),
            );
            let name = String::from_utf8_lossy(&lane.name);
            if position.ready.is_some() != (position.room > 0) {
                wrong.push(format!(
                    "lane '{name}' may give {} jobs, but is wrongly in or out of the order",
                    position.room
                ));
            }
            let is_evaluated = !lane.touched && lane.bucket.is_sound();
            if !is_evaluated
                || lane.may_go() != self.expiring.contains(&(lane.bucket.full_at(), Arc::clone(&lane.name)))
            {
                wrong.push(format!("lane '{name}' is not as it was left"));
            }
        }
        let counted = (self.room, self.ready.len(), self.refills.len(), self.expiring.len(), self.list.len());
        let rules_counted = (self.pauses.len(), self.ruled, self.paused, self.wanted, self.rated);
        if counted != (room, ready, refills, expiring, self.len())
            || rules_counted != (pauses, ruled, paused, wanted, rated)
        {
            wrong.push(format!(
                "lanes may give {room} jobs, but {} are counted, or their orders are off",
                self.room
            ));
        }
    }
}
