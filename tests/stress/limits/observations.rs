//! What the workers saw of one trial, and what it shows.

use std::collections::BTreeMap;

use super::event_log::Run;
use super::invariants::{by_lane, excess, most_held, share_of_tokens, strictly_in_order, time_held};
use super::trial::Limits;
use super::{Figure, Rate};

/// What the workers saw.
pub(super) struct Observations {
    limits: Limits,
    runs: Vec<Run>,
    lanes: BTreeMap<usize, Vec<Run>>,
    /// When the last job was added, Unix microseconds.
    until: u64,
    /// For how many microseconds there was no server.
    down: u64,
    /// Leases that were lost.
    losses: usize,
}

impl Observations {
    pub(super) fn new(limits: Limits, runs: Vec<Run>, until: u64, down: u64, losses: usize) -> Self {
        Self { limits, lanes: by_lane(&runs), runs, until, down, losses }
    }

    /// Fails if more were held, or claimed, than a limit allows.
    pub(super) fn assert_within_limits(&self, has_lanes: bool) {
        let Limits { concurrency, rate, lane_concurrency, lane_rate } = self.limits;
        let within = |runs: &[Run], most: usize, rate: Option<Rate>, what: &str| {
            let held = most_held(runs);
            assert!(most == 0 || held <= most, "{what}: {held} jobs were held at once, and {most} may be");
            let excess = rate.map_or(0.0, |rate| excess(runs, rate));
            assert!(excess <= 0.0, "{what}: {excess:.2} claims more than {rate:?} allows");
        };
        within(&self.runs, concurrency, rate, "the queue");
        for (lane, runs) in self.lanes.iter().filter(|_| has_lanes) {
            within(runs, lane_concurrency, lane_rate, &format!("lane {lane}"));
            if lane_concurrency == 1 {
                strictly_in_order(runs);
            }
        }
    }

    /// Whether each of these figures (with its name) reaches the bound after it. A machine that is so busy
    /// that workers lose leases while they wait for a core shows nothing about that.
    pub(super) fn is_used(&self, figures: &[Figure]) -> bool {
        // Workers forget, or are killed with, about one in fifteen.
        if self.losses > self.runs.len() / 7 {
            println!("  use is not judged: too many leases were lost, the machine is too busy");
            return true;
        }
        let mut reached = true;
        for (what, figure, least) in figures {
            println!("  {what}: {figure:.2}, at least {least:.2} wanted");
            reached &= figure >= least;
        }
        reached
    }

    fn began(&self) -> u64 {
        self.runs.first().expect("a worker had a job").token
    }

    /// How long jobs were added, microseconds.
    fn span(&self) -> u64 {
        self.until - self.began()
    }

    /// For which part of that time there was a server.
    pub(super) fn part_up(&self) -> f64 {
        1.0 - self.down as f64 / self.span() as f64
    }

    /// Jobs held at one instant, at most.
    pub(super) fn most_held(&self) -> f64 {
        most_held(&self.runs) as f64
    }

    /// The same of one lane: of the one of which least were.
    pub(super) fn most_held_in_a_lane(&self) -> f64 {
        self.lanes.values().map(|runs| most_held(runs)).min().unwrap_or_default() as f64
    }

    /// Jobs held, on average.
    pub(super) fn mean_held(&self) -> f64 {
        time_held(&self.runs, self.began(), self.until) as f64 / self.span() as f64
    }

    /// The same of one lane, on average.
    pub(super) fn mean_held_in_a_lane(&self) -> f64 {
        self.mean_held() / self.lanes.len() as f64
    }

    /// What was claimed, of all that could be.
    pub(super) fn share_of_tokens(&self) -> f64 {
        share_of_tokens(&self.runs, self.limits.rate.expect("a rate"), self.until, self.span())
    }

    /// The same of the lane that got least.
    pub(super) fn share_of_lane_tokens(&self) -> f64 {
        let rate = self.limits.lane_rate.expect("a rate of lanes");
        let share = |runs: &Vec<Run>| share_of_tokens(runs, rate, self.until, self.span());
        self.lanes.values().map(share).fold(f64::INFINITY, f64::min)
    }

    pub(super) fn print(&self, name: &str, killed: usize) {
        let in_hand = self.runs.iter().filter(|run| run.ends.is_none()).count();
        let in_lanes = self.lanes.values().map(|runs| most_held(runs)).max().unwrap_or_default();
        println!(
            "{name}: {} claims seen in {:.1} s, at most {} held at once ({in_lanes} of a lane); {killed} workers killed, \
             {} leases lost, {in_hand} jobs never given back, {:.2} s without a server",
            self.runs.len(),
            (self.until - self.began()) as f64 / 1e6,
            most_held(&self.runs),
            self.losses,
            self.down as f64 / 1e6,
        );
    }
}
