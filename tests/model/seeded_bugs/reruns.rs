//! Seeded bugs of the next life of a job.

use super::{is_noticed, is_noticed_on};
use crate::model::Model;
use crate::strategy::rerun_scripts;

#[test]
fn a_rerun_that_forgets_who_has_done_it_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        let waiting = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.runs.is_empty());
        waiting.for_each(|job| job.done_under = None);
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}

#[test]
fn a_rerun_that_keeps_its_progress_is_noticed() {
    let bug = |model: &mut Model, _| {
        let rerun = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.done_under.is_some());
        rerun.for_each(|job| job.progress = Some(b"half".to_vec()));
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}

#[test]
fn a_rerun_with_the_payload_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let payload = job.spec.payload.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.payload.clone_from(&payload));
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_whose_px_counts_from_its_beginning_is_noticed() {
    let bug = |model: &mut Model, _| {
        let lives = model.jobs.iter_mut().filter(|job| job.is_live() && !job.is_active());
        for job in lives.filter(|job| job.expires_at.is_some() && !job.replaced) {
            job.expires_at = job.spec.expires_after.map(|ms| job.added_at + ms);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn the_error_of_a_failed_life_that_vanishes_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.earlier_error = None)));
}

#[test]
fn a_rerun_with_the_fields_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let fields = job.fields.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.fields.extend(fields.clone()));
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_with_the_name_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let name = job.spec.name.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.name = rerun.spec.name.take().or(name.clone()));
        }
    };
    assert!(is_noticed(bug));
}
