//! Seeded bugs of lanes, slots and rates.

use super::is_noticed;
use crate::model::Model;

#[test]
fn a_retry_that_does_not_hold_its_lane_is_noticed() {
    let bug = |model: &mut Model, _| {
        let delayed = model.jobs.iter_mut().filter(|job| job.state_name() == "delayed");
        delayed.for_each(|job| job.holds = false);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_job_that_holds_its_lane_for_ever_is_noticed() {
    let bug = |model: &mut Model, _| {
        let grouped = model.jobs.iter_mut().filter(|job| job.spec.group.is_some());
        grouped.filter(|job| job.is_live()).for_each(|job| job.holds |= job.nacks > 0);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_never_goes_behind_the_others_is_noticed() {
    assert!(is_noticed(|model, _| model.claims.iter_mut().for_each(|claim| claim.turn = 0)));
}

#[test]
fn a_token_that_comes_back_with_a_release_is_noticed() {
    let bug = |model: &mut Model, _| {
        let active = model.jobs.iter().filter(|job| job.is_active()).count();
        let surplus = model.claims.len().saturating_sub(active);
        model.claims.iter_mut().take(surplus).for_each(|claim| (claim.rate, claim.group_rate) = (None, None));
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_bucket_that_fills_while_the_clock_is_behind_is_noticed() {
    let bug = |model: &mut Model, now| model.claims.iter_mut().for_each(|claim| claim.at = claim.at.min(now));
    assert!(is_noticed(bug));
}

#[test]
fn a_slot_that_a_lost_lease_leaks_is_noticed() {
    let bug = |model: &mut Model, _| {
        let losses = model.jobs.iter().map(|job| job.losses).sum::<u64>();
        if model.settings.concurrency > 1 && losses > 0 {
            model.settings.concurrency = 1;
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_is_remembered_for_ever_is_noticed() {
    let bug = |model: &mut Model, now| {
        for lane in model.expiring_lanes() {
            let claims = model.claims.iter_mut().filter(|claim| claim.group.as_ref() == Some(&lane));
            claims.for_each(|claim| claim.at = now);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_goes_first_with_its_first_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        let front: Vec<_> = model.jobs.iter().filter(|job| job.seq < 0 && job.is_waiting()).collect();
        let lanes: Vec<_> = front.into_iter().filter_map(|job| job.spec.group.clone()).collect();
        let claims = model.claims.iter_mut();
        claims
            .filter(|claim| claim.group.as_ref().is_some_and(|lane| lanes.contains(lane)))
            .for_each(|claim| claim.turn = i64::MIN);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_window_that_fills_evenly_is_noticed() {
    let bug = |model: &mut Model, _| {
        let rates = model.claims.iter_mut().flat_map(|claim| [&mut claim.rate, &mut claim.group_rate]);
        rates.flatten().for_each(|rate| rate.is_window = false);
    };
    assert!(is_noticed(bug));
}
