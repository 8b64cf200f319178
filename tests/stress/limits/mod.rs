//! Limits hold under load: as the workers see it, never more jobs run at once, or in any window of time, than
//! the settings of a queue allow; and a limit is no narrower than its setting.
//!
//! Fifty processes claim, hold, complete, fail, hand back and forget jobs; some are killed with jobs in their
//! hands, and in the middle the server is killed, or its replica takes over.
//!
//! ```text
//!   trial           one limit under fifty workers, from the first job to the last
//!   operator        changes limits and pauses of lanes meanwhile;  in_force: what held at which instant
//!   workers         the processes;  worker: one of them;  event_log: what they write down
//!   observations    all of that;  invariants: what must hold of it;  postconditions: and of what is left
//!   fairness        lanes take turns
//!   wakeup_latency  a client that a limit keeps waiting is served at once when there is room
//! ```
//!
//! `scripts/stress-limits` lets each trial take a minute.

#![allow(clippy::cast_precision_loss, reason = "counts and microseconds, far below 2^52")]

mod event_log;
mod fairness;
mod in_force;
mod invariants;
mod observations;
mod operator;
mod postconditions;
mod trial;
mod wakeup_latency;
mod worker;
mod workers;

use observations::Observations;
use operator::Duty;
use trial::{Limits, Trial, Trouble};
use worker::Profile;

/// The queue of every test here.
const QUEUE: &str = "q";
/// Milliseconds after which a job that a worker forgot comes back.
const LEASE: u64 = 150;

/// A rate as settings have it: `max` claims at once, and `max` in `ms` milliseconds.
#[derive(Debug, Clone, Copy)]
struct Rate {
    max: usize,
    ms: usize,
}

impl Rate {
    /// As settings have it.
    fn setting(self) -> String {
        format!("{}/{}", self.max, self.ms)
    }

    /// Claims that come back in so many microseconds.
    fn back_in(self, micros: u64) -> f64 {
        micros as f64 / 1000.0 * self.max as f64 / self.ms as f64
    }
}

/// A figure with its name, and the least that it should be.
type Figure = (&'static str, f64, f64);

impl Trial {
    /// Fails if a limit is exceeded in any trial, or is not used as it could be in all of them: a limit that
    /// is too narrow is so every time, while a machine is too busy only now and then.
    fn run_until_used(&self, name: &str, figures: impl Fn(&Observations, f64) -> Vec<Figure>) {
        const TRIALS: usize = 3;
        let used = (0..TRIALS).any(|_| {
            let seen = self.play(name);
            seen.is_used(&figures(&seen, seen.part_up()))
        });
        assert!(used, "{name}: {TRIALS} times less than could be");
    }
}

#[test]
fn concurrency_is_never_exceeded_and_used() {
    let limits = Limits { concurrency: 8, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 0,
        profile: Profile { count: 3, hold: 20 },
        trouble: Trouble::Restart,
        duties: &[],
    };
    // Some of the time a slot is on its way from one process to another, or held by one that was killed.
    trial.run_until_used("concurrency", |seen, up| {
        vec![
            ("jobs held at once, at most", seen.most_held(), 8.0),
            ("jobs held at once, on average", seen.mean_held(), 8.0 * 0.5 * up),
        ]
    });
}

#[test]
fn a_rate_stays_within_its_bucket_and_is_used() {
    let rate = Rate { max: 100, ms: 500 };
    let limits = Limits { rate: Some(rate), ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 0,
        profile: Profile { count: 3, hold: 10 },
        trouble: Trouble::Restart,
        duties: &[],
    };
    trial.run_until_used("rate", |seen, up| {
        vec![("share of the tokens taken", seen.share_of_tokens(), 0.9 * up)]
    });
}

#[test]
fn a_strict_lane_runs_one_job_after_the_other() {
    let limits = Limits { lane_concurrency: 1, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 12,
        profile: Profile { count: 4, hold: 10 },
        trouble: Trouble::Restart,
        duties: &[],
    };
    // A job that waits for its retry, or its lease, holds its lane too, and no worker runs it.
    trial.run_until_used("group-concurrency 1", |seen, up| {
        vec![
            ("jobs of a lane held at once, at most", seen.most_held_in_a_lane(), 1.0),
            ("jobs of a lane held at once, on average", seen.mean_held_in_a_lane(), 0.25 * up),
        ]
    });
}

#[test]
fn a_lane_never_runs_more_than_its_share() {
    let limits = Limits { lane_concurrency: 3, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 6,
        profile: Profile { count: 3, hold: 20 },
        trouble: Trouble::Restart,
        duties: &[],
    };
    trial.run_until_used("group-concurrency 3", |seen, up| {
        vec![
            ("jobs of a lane held at once, at most", seen.most_held_in_a_lane(), 3.0),
            ("jobs of a lane held at once, on average", seen.mean_held_in_a_lane(), 3.0 * 0.5 * up),
        ]
    });
}

#[test]
fn the_rate_of_a_lane_stays_within_its_bucket_and_is_used() {
    let rate = Rate { max: 20, ms: 400 };
    let limits = Limits { lane_concurrency: 0, lane_rate: Some(rate), ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 8,
        profile: Profile { count: 3, hold: 10 },
        trouble: Trouble::Restart,
        duties: &[],
    };
    trial.run_until_used("group-rate", |seen, up| {
        vec![("share of the tokens of a lane taken", seen.share_of_lane_tokens(), 0.9 * up)]
    });
}

#[test]
fn all_limits_hold_when_a_replica_takes_over() {
    let (rate, lane_rate) = (Rate { max: 100, ms: 500 }, Rate { max: 20, ms: 400 });
    let limits = Limits { concurrency: 6, rate: Some(rate), lane_concurrency: 2, lane_rate: Some(lane_rate) };
    let trial = Trial {
        limits,
        lanes: 8,
        profile: Profile { count: 3, hold: 15 },
        trouble: Trouble::Failover,
        duties: &[],
    };
    trial.run_until_used("all limits, failover", |seen, up| {
        vec![
            ("jobs held at once, at most", seen.most_held(), 6.0),
            ("share of the tokens taken", seen.share_of_tokens(), 0.7 * up),
        ]
    });
}

#[test]
fn a_strict_lane_stays_in_order_when_a_replica_takes_over() {
    let limits = Limits { concurrency: 6, lane_concurrency: 1, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 12,
        profile: Profile { count: 4, hold: 10 },
        trouble: Trouble::Failover,
        duties: &[],
    };
    trial.run_until_used("group-concurrency 1, failover", |seen, up| {
        vec![
            ("jobs held at once, at most", seen.most_held(), 6.0),
            ("jobs held at once, on average", seen.mean_held(), 6.0 * 0.5 * up),
        ]
    });
}

/// A smaller bucket cannot miss what a larger one misses, so all of these have the same max.
const OWN_RATES: [Rate; 2] = [Rate { max: 20, ms: 400 }, Rate { max: 20, ms: 2000 }];
const OWN_CONCURRENCIES: [usize; 4] = [1, 2, 5, 8];

#[test]
fn a_lane_keeps_its_own_concurrency_while_it_changes() {
    let limits = Limits { lane_concurrency: 3, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 4,
        profile: Profile { count: 3, hold: 20 },
        trouble: Trouble::Restart,
        duties: &[Duty::Concurrency(&OWN_CONCURRENCIES)],
    };
    trial.run_until_used("own concurrency", |seen, up| {
        vec![("share of what the limits of lanes allowed", seen.share_of_own_concurrencies(), 0.4 * up)]
    });
}

#[test]
fn a_lane_keeps_its_own_rate_while_it_changes() {
    let lane_rate = Some(Rate { max: 20, ms: 800 });
    let limits = Limits { lane_concurrency: 0, lane_rate, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 8,
        profile: Profile { count: 3, hold: 10 },
        trouble: Trouble::Restart,
        duties: &[Duty::Rate(&OWN_RATES)],
    };
    trial.run_until_used("own rate", |seen, up| {
        vec![("share of the tokens of a lane taken", seen.share_of_own_tokens(), 0.75 * up)]
    });
}

#[test]
fn nothing_of_a_paused_lane_is_claimed_and_it_goes_on_afterwards() {
    let limits = Limits { lane_concurrency: 3, ..Limits::open() };
    let trial = Trial {
        limits,
        lanes: 6,
        profile: Profile { count: 3, hold: 10 },
        trouble: Trouble::Restart,
        duties: &[Duty::Pause],
    };
    trial.run_until_used("pauses", |seen, up| {
        vec![(
            "share of the times without a pause in which a lane went on",
            seen.share_of_gaps_used(),
            0.9 * up,
        )]
    });
}

#[test]
fn lanes_keep_all_that_is_their_own_when_a_replica_takes_over() {
    let (rate, lane_rate) = (Rate { max: 200, ms: 500 }, Rate { max: 20, ms: 800 });
    let limits =
        Limits { concurrency: 12, rate: Some(rate), lane_concurrency: 3, lane_rate: Some(lane_rate) };
    let trial = Trial {
        limits,
        lanes: 8,
        profile: Profile { count: 3, hold: 15 },
        trouble: Trouble::Failover,
        duties: &[Duty::Concurrency(&OWN_CONCURRENCIES), Duty::Rate(&OWN_RATES), Duty::Pause, Duty::Pause],
    };
    trial.run_until_used("all of lanes, failover", |seen, up| {
        vec![(
            "share of the times without a pause in which a lane went on",
            seen.share_of_gaps_used(),
            0.8 * up,
        )]
    });
}
