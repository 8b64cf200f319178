//! Seeded bugs of runs: what is lost, started and answered late.

use super::{is_engine_noticed, is_noticed};
use crate::events::failed_runs;
use crate::job::{How, State};
use crate::model::Model;
use crate::strategy::scripts;
use crate::value::{Engine, Value};

#[test]
fn a_late_ack_that_does_not_count_after_the_last_loss_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.losses > 0) {
            if let State::Ended { token, .. } = &mut job.state {
                *token = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_start_that_a_release_takes_back_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let is_running = job.is_active() || matches!(job.state, State::Ended { how: How::Completed, .. });
            job.starts = failed_runs(job) + u64::from(is_running);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn starts_that_go_on_with_the_next_life_are_noticed() {
    let bug = |model: &mut Model, _| {
        let reruns = model.jobs.iter_mut().filter(|job| !job.runs.is_empty() && job.attempt() == 1);
        reruns.for_each(|job| job.starts = job.starts.max(1));
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_run_that_goes_on_as_long_as_it_is_extended_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.settings.max_run = -1;
        model.jobs.iter_mut().filter(|job| job.is_active()).for_each(|job| job.spec.max_run = None);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_late_ack_that_does_not_count_once_the_next_life_has_begun_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.lost = None)));
}

#[test]
fn a_worker_that_gets_jobs_although_it_has_lost_one_is_noticed() {
    assert!(is_engine_noticed(&scripts(100), Greedy));
}

/// Claims the next jobs of a worker whatever the answers are.
struct Greedy(Model);

impl Engine for Greedy {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.0.call(now_us, words);
        let (Some(next), Value::Array(parts)) = (words.iter().position(|word| *word == b"NEXT"), &reply)
        else {
            return reply;
        };
        match (parts.as_slice(), words.get(next + 1)) {
            ([answers @ Value::Array(_), Value::Null], Some(worker)) => {
                let jobs = self.0.call(now_us, &[b"JQ.CLAIM", b"q", worker]);
                Value::Array(vec![answers.clone(), jobs])
            }
            _ => reply,
        }
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}
