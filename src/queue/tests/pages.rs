//! Listings and changes page by page: bounded, and nothing that stays is missed or seen twice.

use super::*;
use crate::queue::views::{ListPage, Position};

impl TestQueue {
    fn page(&self, state: JobState, direction: Direction, from: Option<Position>) -> ListPage<Handle> {
        let range = PageRange::new(3, ListStart { direction, from });
        self.queue.list(state, &Selection::default(), range, Row::Id)
    }

    /// All pages of a state; between them `meanwhile` happens.
    fn pages(
        &mut self,
        state: JobState,
        direction: Direction,
        meanwhile: impl Fn(&mut Self, usize),
    ) -> Vec<String> {
        let mut ids = Vec::new();
        let mut from = None;
        for nth in 0.. {
            let page = self.page(state, direction, from);
            ids.extend(page.rows.iter().map(|job| String::from_utf8_lossy(self.queue.id(*job)).into_owned()));
            from = page.next;
            if from.is_none() {
                break;
            }
            meanwhile(self, nth);
        }
        ids
    }
}

#[test]
fn a_job_that_stays_is_listed_once_while_others_come_and_go() {
    for direction in [Direction::Forward, Direction::Backward] {
        let mut test = TestQueue::at(1000);
        for n in 0..9 {
            let group = (n % 2 == 0).then_some(b"g".as_slice());
            test.add(&n.to_string(), JobSpec { group, priority: Some(n % 3), ..job() });
        }
        let before = test.ids(JobState::Waiting);
        let ids = test.pages(JobState::Waiting, direction, |test, nth| {
            // The job where the next page begins goes, and jobs come before and behind all others.
            let seen = 3 * (nth + 1);
            let next = if direction == Direction::Forward {
                before.get(seen)
            } else {
                before.iter().rev().nth(seen)
            };
            if let Some(id) = next {
                test.session(|session| session.remove(id.as_bytes()));
            }
            test.add(&format!("first {nth}"), JobSpec { priority: Some(-1), ..job() });
            test.add(&format!("last {nth}"), JobSpec { priority: Some(9), ..job() });
        });
        let left = test.ids(JobState::Waiting);
        for id in before.iter().filter(|id| left.contains(id)) {
            assert_eq!(ids.iter().filter(|it| *it == id).count(), 1, "{id} in {ids:?}");
        }
    }
}
