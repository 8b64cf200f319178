//! Groups as clients see them.

use crate::queue::limits::{GroupLimits, Lane, Pause, Rate};
use crate::queue::store::LaneNumber;
use crate::queue::time::unless_endless;
use crate::queue::value::Queue;

/// What is known of a group. Instants are Unix ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// How many of its jobs wait.
    pub waiting: u32,
    /// How many are active.
    pub active: u32,
    /// How many a claim could take, if the limits of the whole queue do not matter.
    pub room: usize,
    /// Why it gives no job; None: it is not paused.
    pub pause: Option<Pause>,
    /// The limits in force; 0 is none.
    pub concurrency: u64,
    /// The rate in force.
    pub rate: Option<Rate>,
    /// Which of them are its own.
    pub own: GroupLimits,
    /// Why it gives no job although some wait.
    pub why: Option<String>,
    /// When time alone changes that.
    pub until: Option<u64>,
}

impl Queue {
    /// Every group that is known, by name, from a name on. O(log n) each.
    pub fn groups_from(&self, name: &[u8]) -> impl Iterator<Item = GroupView<'_>> {
        self.limits.lanes.from(name).map(|(number, lane)| self.view_group(number, lane))
    }

    /// The group of this name; one that is not known has no jobs. O(log n).
    #[must_use]
    pub fn group<'a>(&'a self, name: &'a [u8]) -> GroupView<'a> {
        let lane = self.limits.lanes.find(name).and_then(|it| Some((it, self.limits.lanes.get(it)?)));
        lane.map_or_else(
            || GroupView {
                name,
                waiting: 0,
                active: 0,
                room: 0,
                pause: None,
                concurrency: self.settings.group_concurrency,
                rate: self.settings.group_rate,
                own: GroupLimits::default(),
                why: None,
                until: None,
            },
            |(number, lane)| self.view_group(number, lane),
        )
    }

    fn view_group<'a>(&'a self, number: LaneNumber, lane: &'a Lane) -> GroupView<'a> {
        let head = self.head(number).filter(|_| lane.waiting > 0);
        let obstacle = head.and_then(|job| self.lane_obstacle(job, number));
        let kept_back = obstacle.map(|obstacle| self.explain_lane_obstacle(obstacle));
        GroupView {
            name: &lane.name,
            waiting: lane.waiting,
            active: lane.active,
            room: self.limits.lanes.last_position_of(lane).map_or(0, |position| position.room),
            pause: lane.rules().pause,
            concurrency: self.lane_concurrency(lane),
            rate: self.lane_rate(lane),
            own: lane.limits(),
            until: kept_back.as_ref().and_then(|(_, until)| unless_endless(*until)),
            why: kept_back.map(|(why, _)| why),
        }
    }
}
