//! Seeded bugs of what is kept of a job, and for how long its id is refused.

use super::{is_engine_noticed, is_noticed};
use crate::job::{How, State};
use crate::model::Model;
use crate::strategy::scripts;
use crate::value::{Engine, Value};

#[test]
fn records_over_a_lowered_limit_that_stay_are_noticed() {
    let bug = |model: &mut Model, _| model.settings.keep_completed_max = 0;
    assert!(is_noticed(bug));
}

#[test]
fn a_result_that_goes_before_its_id_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            if let State::Ended { result: Some(_), refused: Some(_), kept, .. } = &mut job.state {
                *kept = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_record_for_its_result_that_keeps_its_payload_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.result_only = false)));
}

#[test]
fn a_record_that_a_worker_wants_to_be_kept_and_is_not_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.settings.keep_completed = 0;
        for job in model.jobs.iter_mut().filter(|job| job.spec.keep.is_none() && job.is_record()) {
            if let State::Ended { how: How::Completed, refused, kept, .. } = &mut job.state {
                *kept = *refused;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn records_over_the_number_of_a_worker_that_stay_are_noticed() {
    assert!(is_engine_noticed(&scripts(100), Hoarding));
}

/// Does not hear the number of records that a worker wants to be kept.
struct Hoarding(Model);

impl Engine for Hoarding {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let mut heard = words.to_vec();
        if let Some(max) = heard.iter().position(|word| *word == b"MAX") {
            heard.drain(max..heard.len().min(max + 2));
        }
        self.0.call(now_us, if words.first() == Some(&&b"JQ.ACK"[..]) { &heard } else { words })
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn an_id_that_is_free_while_its_record_is_kept_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.window_is_kept) {
            if let State::Ended { refused, .. } = &mut job.state {
                *refused = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn an_id_that_is_remembered_after_its_record_has_gone_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.window_is_kept) {
            job.window_is_kept = false;
            if let State::Ended { refused: Some(until), .. } = &mut job.state {
                *until = until.saturating_add(50);
            }
        }
    };
    assert!(is_noticed(bug));
}
