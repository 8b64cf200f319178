//! Queues whose gates err in one way each: the twin with something changed behind its back after every command. The duel
//! must notice every one.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::duel::duel;
use super::model::Twin;
use super::strategy::scripts;
use super::value::{Engine, Value};

/// A twin, and what becomes wrong with it after a command at an instant (Unix ms).
struct Faulty {
    twin: Twin,
    fault: fn(&mut Twin, u64),
}

impl Engine for Faulty {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.twin.call(now_us, words);
        (self.fault)(&mut self.twin, now_us / 1000);
        reply
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Whether the duel parts from a queue with this fault, on one of as many scripts as it plays at least.
fn is_noticed(fault: fn(&mut Twin, u64)) -> bool {
    let mut runner = TestRunner::deterministic();
    (0..500).any(|_| {
        let script = scripts(100).new_tree(&mut runner).expect("a script").current();
        duel(&script, &mut Twin::default(), &mut Faulty { twin: Twin::default(), fault }).is_err()
    })
}

#[test]
fn a_retry_that_does_not_hold_its_lane_is_noticed() {
    let fault = |twin: &mut Twin, _| {
        let delayed = twin.jobs.iter_mut().filter(|job| job.state_name() == "delayed");
        delayed.for_each(|job| job.holds = false);
    };
    assert!(is_noticed(fault));
}

#[test]
fn a_job_that_holds_its_lane_for_ever_is_noticed() {
    let fault = |twin: &mut Twin, _| {
        let grouped = twin.jobs.iter_mut().filter(|job| job.call.group.is_some());
        grouped.filter(|job| job.is_live()).for_each(|job| job.holds |= job.nacks > 0);
    };
    assert!(is_noticed(fault));
}

#[test]
fn a_lane_that_is_never_at_the_end_of_its_turn_is_noticed() {
    assert!(is_noticed(|twin, _| twin.claims.iter_mut().for_each(|claim| claim.turn = 0)));
}

#[test]
fn a_token_that_comes_back_with_a_release_is_noticed() {
    let fault = |twin: &mut Twin, _| {
        let active = twin.jobs.iter().filter(|job| job.is_active()).count();
        let surplus = twin.claims.len().saturating_sub(active);
        twin.claims.iter_mut().take(surplus).for_each(|claim| (claim.rate, claim.group_rate) = (None, None));
    };
    assert!(is_noticed(fault));
}

#[test]
fn a_bucket_that_fills_while_the_clock_is_behind_is_noticed() {
    let fault = |twin: &mut Twin, now| twin.claims.iter_mut().for_each(|claim| claim.at = claim.at.min(now));
    assert!(is_noticed(fault));
}

#[test]
fn a_slot_that_a_lost_lease_leaks_is_noticed() {
    let fault = |twin: &mut Twin, _| {
        let losses = twin.jobs.iter().map(|job| job.losses).sum::<u64>();
        if twin.settings.concurrency > 1 && losses > 0 {
            twin.settings.concurrency = 1;
        }
    };
    assert!(is_noticed(fault));
}

#[test]
fn a_lane_that_is_remembered_for_ever_is_noticed() {
    assert!(is_noticed(|twin, _| twin.claims.iter_mut().for_each(|claim| claim.forgotten = false)));
}

#[test]
fn records_over_a_lowered_limit_that_stay_are_noticed() {
    let fault = |twin: &mut Twin, _| twin.settings.keep_completed_max = 0;
    assert!(is_noticed(fault));
}
