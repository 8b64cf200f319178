//! Seeded bugs of fields, names and logs.

use super::{is_noticed, is_noticed_on};
use crate::model::Model;
use crate::strategy::log_scripts;

#[test]
fn fields_that_go_with_the_end_of_a_job_are_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.fields.clear());
    };
    assert!(is_noticed(bug));
}

#[test]
fn fields_beyond_what_is_allowed_are_noticed() {
    assert!(is_noticed(|model, _| model.settings.max_field_bytes = 1 << 20));
}

#[test]
fn a_name_that_goes_with_the_end_of_its_jobs_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.spec.name = None);
    };
    assert!(is_noticed(bug));
}

#[test]
fn lines_of_a_log_beyond_what_is_allowed_are_noticed() {
    assert!(is_noticed_on(&log_scripts(30), |model, _| model.settings.max_log_bytes = 1 << 16));
}

#[test]
fn a_log_that_forgets_how_many_lines_there_were_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().for_each(|job| job.log_lines = job.log.len() as u64);
    };
    assert!(is_noticed_on(&log_scripts(30), bug));
}

#[test]
fn a_log_that_goes_with_the_end_of_its_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.log.clear());
    };
    assert!(is_noticed(bug));
}
