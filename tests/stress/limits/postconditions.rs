//! What must be true when all is over: nothing is lost, nothing done twice, nothing kept.

use std::collections::{BTreeMap, BTreeSet};

use testkit::client::{claimed, Client};
use testkit::deadline::until_true;

use super::event_log::{Answer, Run};
use super::trial::Trial;
use super::{Rate, QUEUE};

/// Every job that was added has ended, as its worker was answered, and only once.
pub(super) fn each_job_ended_once(client: &mut Client, added: &[u64], runs: &[Run]) {
    let mut answered: BTreeMap<String, &str> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.is_last()) {
        let state = if run.answer == Answer::Completed { "completed" } else { "failed" };
        let other = answered.insert(run.id(), state);
        assert_eq!(other, None, "{} ended twice", run.id());
    }
    let of_lane = |(lane, added): (usize, &u64)| (0..*added).map(move |number| format!("{lane}-{number}"));
    let ids: Vec<String> = added.iter().enumerate().flat_map(of_lane).collect();
    for ids in ids.chunks(1000) {
        let mut all = redis::pipe();
        for id in ids {
            all.cmd("JQ.EXPLAIN").arg(QUEUE).arg(id);
        }
        let states: Vec<Vec<String>> = all.query(client.connection()).expect("states");
        for (id, state) in ids.iter().zip(states) {
            let state = state.get(1).unwrap_or_else(|| panic!("{id} is lost"));
            assert!(["completed", "failed"].contains(&state.as_str()), "{id} is {state}");
            let answered = answered.get(id).copied();
            assert!(
                answered.is_none_or(|answered| answered == state),
                "{id} is {state}, and its worker was answered {answered:?}"
            );
        }
    }
}

/// When all is over the whole of every limit can be used again, and not one job more.
pub(super) fn nothing_leaked(client: &mut Client, trial: &Trial) {
    assert_eq!(client.stat(QUEUE, "active"), 0);
    let (limits, lanes) = (trial.limits, trial.lanes.max(1));
    let enough = 300;
    for lane in 0..lanes {
        let items: Vec<_> = (0..enough).map(|number| format!("{lane}-again-{number} x")).collect();
        let group = if trial.lanes == 0 { String::new() } else { format!(" GROUP lane-{lane}") };
        client.ask::<()>(&format!("JQ.MADD {QUEUE} {enough} {}{group}", items.join(" ")));
    }
    let limit = |most: usize| if most == 0 { usize::MAX } else { most };
    let bucket = |rate: Option<Rate>| rate.map_or(usize::MAX, |rate| rate.max);
    let in_a_lane = limit(limits.lane_concurrency).min(bucket(limits.lane_rate)).min(enough);
    let in_lanes = if trial.lanes == 0 { enough } else { in_a_lane * lanes };
    let most = limit(limits.concurrency).min(bucket(limits.rate)).min(in_lanes);
    let claimable = i64::try_from(most).expect("a small number");
    until_true("every bucket is full", || client.stat(QUEUE, "claimable") == claimable);
    let jobs = claimed(&client.ask(&format!("JQ.CLAIM {QUEUE} last COUNT 10000 LEASE 60000")));
    assert_eq!(jobs.len(), most, "after all jobs have ended");
    let ids: BTreeSet<_> = jobs.iter().map(|job| &job.id).collect();
    assert_eq!(ids.len(), most, "each of them is another job");
}
