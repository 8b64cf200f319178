//! How many of the selected jobs there are, where indexes and counters know it.

use super::selection::{Selection, Wanted};
use super::walk::{instant_keys, priority_keys};
use crate::queue::jobs::JobState;
use crate::queue::store::{InstantKey, LaneKey, LaneNumber, Order};
use crate::queue::value::Queue;

impl Queue {
    /// How many of the selected jobs of a state there are, exactly; none where [`Selection::is_counted`] says that
    /// no index knows. O(log n + n / 128).
    #[must_use]
    pub fn count_selected(&self, state: JobState, selection: &Selection<'_>) -> usize {
        if *selection == Selection::default() {
            return self.count(state);
        }
        if let Some(name) = selection.name {
            let named = self.names_from(name).next().filter(|it| it.name == name);
            return named.map_or(0, |it| it.count(state) as usize);
        }
        match self.wanted(selection) {
            Some(wanted) if selection.is_counted(state) => self.count_wanted(state, &wanted),
            _ => 0,
        }
    }

    fn count_wanted(&self, state: JobState, wanted: &Wanted<'_>) -> usize {
        let (jobs, indexes) = (&self.jobs.table, &self.jobs.indexes);
        let (lowest, highest) = priority_keys(wanted.priorities);
        let by_priority = |index: &Order<_>| index.count(lowest, highest, |h| jobs.priority_key(h));
        let by_instant = |index: &Order<InstantKey>| {
            let (first, last) = instant_keys(wanted.since, wanted.until);
            index.count(first, last, |h| jobs.finished_key(h))
        };
        match (state, wanted.lane, wanted.worker) {
            (JobState::Waiting, Some(lane), None) => self.limits.lanes.waiting.count(
                LaneKey { lane, key: lowest },
                LaneKey { lane, key: highest },
                |h| jobs.lane_key(h),
            ),
            (JobState::Waiting, None, None) => by_priority(&indexes.waiting) + by_priority(&indexes.grouped),
            (JobState::Blocked, ..) => by_priority(&indexes.blocked),
            (JobState::Active, Some(lane), _) => self.active_in(lane),
            (JobState::Active, None, Some(worker)) => self.held_by(worker),
            (JobState::Completed, ..) if wanted.since < wanted.until => by_instant(&indexes.completed),
            (JobState::Failed, ..) if wanted.since < wanted.until => by_instant(&indexes.failed),
            // No worker has a waiting job; what is left is counted without a selection.
            (JobState::Waiting, _, Some(_))
            | (JobState::Active, None, None)
            | (
                JobState::Delayed
                | JobState::Completed
                | JobState::Failed
                | JobState::Expired
                | JobState::Cancelled,
                ..,
            ) => 0,
        }
    }

    fn active_in(&self, lane: LaneNumber) -> usize {
        self.limits.lanes.get(lane).map_or(0, |lane| lane.active as usize)
    }

    fn held_by(&self, worker: &[u8]) -> usize {
        let active = self.workers.find(worker).and_then(|number| self.workers.active(number));
        active.map_or(0, Order::len)
    }
}
