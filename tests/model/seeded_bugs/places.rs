//! Seeded bugs of where a job stands: fronts, holds, what a REPLACE moves, numbers as ids.

use super::is_noticed;
use crate::job::State;
use crate::model::Model;

#[test]
fn a_job_of_the_front_that_joins_the_end_after_its_delay_is_noticed() {
    let bug = |model: &mut Model, _| {
        let delayed = model.jobs.iter_mut().filter(|job| job.state_name() == "delayed");
        delayed.for_each(|job| job.seq = job.seq.abs());
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_number_that_is_given_twice_is_noticed() {
    assert!(is_noticed(|model, _| model.last_number = 0));
}

#[test]
fn a_hold_that_time_ends_is_noticed() {
    let bug = |model: &mut Model, now| {
        let held = model.jobs.iter_mut().filter(|job| matches!(job.state, State::Held));
        held.filter(|job| job.added_at < now)
            .for_each(|job| job.state = State::Delayed { due: now, retry: false });
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_hold_that_leaves_its_lane_is_noticed() {
    let bug = |model: &mut Model, _| {
        let held = model.jobs.iter_mut().filter(|job| matches!(job.state, State::Held));
        held.for_each(|job| job.holds = false);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_front_at_which_the_first_stays_first_is_noticed() {
    let bug = |model: &mut Model, _| {
        let front = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.seq < 0);
        front.filter(|job| job.seq > -1_000_000).for_each(|job| job.seq = -2_000_000 - job.seq);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replaced_job_that_drops_behind_is_noticed() {
    let bug = |model: &mut Model, _| {
        let replaced = model.jobs.iter_mut().filter(|job| job.replaced && job.is_waiting());
        replaced.filter(|job| job.seq < 1_000_000).for_each(|job| job.seq += 1_000_000);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replace_that_gives_attempts_back_is_noticed() {
    let bug = |model: &mut Model, _| {
        let replaced = model.jobs.iter_mut().filter(|job| job.replaced && job.is_live());
        replaced.filter(|job| !job.is_active()).for_each(|job| job.nacks = 0);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replace_that_skips_the_wait_for_the_next_attempt_is_noticed() {
    let bug = |model: &mut Model, now| {
        let delayed = model.jobs.iter_mut().filter(|job| job.replaced && job.state_name() == "delayed");
        delayed
            .filter(|job| job.nacks > 0)
            .for_each(|job| job.state = State::Delayed { due: now, retry: true });
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_debounce_without_a_longest_wait_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.latest_due = None)));
}
