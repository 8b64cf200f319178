//! Seeded bugs of instants and of a clock that is set back.

use super::is_noticed;
use crate::job::State;
use crate::model::Model;
use crate::spec::Start;

#[test]
fn a_clock_set_back_that_is_not_noticed_is_noticed() {
    assert!(is_noticed(|model, _| model.heard_at = 0));
}

#[test]
fn a_lease_for_which_time_passes_while_the_clock_is_a_little_behind_is_noticed() {
    let bug = |model: &mut Model, now| {
        let behind = model.heard_at.saturating_sub(now);
        for job in &mut model.jobs {
            if let State::Active { since, until, .. } = &mut job.state {
                *until -= if *since == now { behind } else { 0 };
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_delay_that_a_clock_set_back_shortens_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            if let State::Delayed { retry, .. } = &mut job.state {
                *retry = true;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_delay_that_is_cut_to_the_millisecond_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let (State::Delayed { due, .. }, Start::After(ms)) = (&mut job.state, job.spec.start) else {
                continue;
            };
            if *due == job.added_at + ms + 1 {
                *due -= 1;
            }
        }
    };
    assert!(is_noticed(bug));
}
