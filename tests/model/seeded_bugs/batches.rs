//! Seeded bugs of batches and of jobs that wait for them.

use super::is_noticed_on;
use crate::job::How;
use crate::model::Model;
use crate::strategy::{batch_scripts, rerun_scripts};

#[test]
fn a_dependent_that_does_not_wait_for_a_retried_member_is_noticed() {
    let bug = |model: &mut Model, now| {
        let blocked = model.jobs.iter().filter(|job| {
            model.batches.iter().any(|batch| batch.finished.is_some() && job.waits_for(batch.number))
        });
        let ids: Vec<Vec<u8>> = blocked.map(|job| job.id.clone()).collect();
        for id in &ids {
            model.unblock(id, now);
        }
    };
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn an_open_batch_that_stays_for_ever_is_noticed() {
    let bug = |model: &mut Model, _| model.batches.iter_mut().for_each(|batch| batch.open_until = u64::MAX);
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn a_dependent_that_is_retried_beside_its_batch_is_noticed() {
    let bug = |model: &mut Model, _| model.jobs.iter_mut().for_each(|job| job.unmet = None);
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn a_rerun_that_its_batch_does_not_wait_for_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter().filter(|job| job.is_live() && job.done_under.is_some()) {
            if let Some(member) = job.member.and_then(|line| model.ledger.get_mut(line)) {
                member.end = Some(How::Completed);
            }
        }
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}
