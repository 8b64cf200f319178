//! What the workers saw of one trial, and what it shows.

use std::collections::BTreeMap;

use super::event_log::Run;
use super::in_force::InForce;
use super::invariants::{by_lane, excess, most_held, share_of_tokens, strictly_in_order, time_held};
use super::trial::Limits;
use super::{Figure, Rate};

/// What the workers saw.
pub(super) struct Observations {
    limits: Limits,
    in_force: InForce,
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
    pub(super) fn new(
        limits: Limits,
        in_force: InForce,
        runs: Vec<Run>,
        until: u64,
        down: u64,
        losses: usize,
    ) -> Self {
        Self { limits, in_force, lanes: by_lane(&runs), runs, until, down, losses }
    }

    /// Fails if more were held, or claimed, than a limit allows.
    pub(super) fn assert_within_limits(&self, has_lanes: bool) {
        let Limits { concurrency, rate, lane_concurrency, .. } = self.limits;
        // Whatever an operator has changed meanwhile.
        let most_in_a_lane = self.in_force.highest_lane_concurrency();
        let fastest_of_a_lane = self.in_force.fastest_lane_rate();
        let within = |runs: &[Run], most: usize, rate: Option<Rate>, what: &str| {
            let held = most_held(runs);
            assert!(most == 0 || held <= most, "{what}: {held} jobs were held at once, and {most} may be");
            let excess = rate.map_or(0.0, |rate| excess(runs, rate));
            assert!(excess <= 0.0, "{what}: {excess:.2} claims more than {rate:?} allows");
        };
        within(&self.runs, concurrency, rate, "the queue");
        for (lane, runs) in self.lanes.iter().filter(|_| has_lanes) {
            within(runs, most_in_a_lane, fastest_of_a_lane, &format!("lane {lane}"));
            self.in_force.assert_kept(*lane, runs);
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

    /// Jobs of a lane held on average, as a share of what its own limit allowed; of all lanes.
    pub(super) fn share_of_own_concurrencies(&self) -> f64 {
        let room = |lane: &usize| self.in_force.room(*lane, self.began(), self.until);
        time_held(&self.runs, self.began(), self.until) as f64 / self.lanes.keys().map(room).sum::<f64>()
    }

    /// What was claimed, of all that a lane's own rates allowed; of the lane that got least.
    pub(super) fn share_of_own_tokens(&self) -> f64 {
        let share = |(lane, runs): (&usize, &Vec<Run>)| {
            let taken = runs.iter().filter(|run| run.token <= self.until).count();
            taken as f64 / self.in_force.tokens(*lane, self.began(), self.until)
        };
        self.lanes.iter().map(share).fold(f64::INFINITY, f64::min)
    }

    /// In what part of the times between two pauses a lane went on; of all lanes.
    pub(super) fn share_of_gaps_used(&self) -> f64 {
        let went_on = |(lane, runs): (&usize, &Vec<Run>)| self.in_force.went_on(*lane, runs, self.until);
        let (gaps, used) =
            self.lanes.iter().map(went_on).fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        used as f64 / gaps as f64
    }

    pub(super) fn print(&self, name: &str, killed: usize) {
        let in_hand = self.runs.iter().filter(|run| run.ends.is_none()).count();
        let in_lanes = self.lanes.values().map(|runs| most_held(runs)).max().unwrap_or_default();
        println!(
            "{name}: {} claims seen in {:.1} s, at most {} held at once ({in_lanes} of a lane); {killed} workers killed, \
             {} changes, {} leases lost, {in_hand} jobs never given back, {:.2} s without a server",
            self.runs.len(),
            (self.until - self.began()) as f64 / 1e6,
            most_held(&self.runs),
            self.in_force.changes(),
            self.losses,
            self.down as f64 / 1e6,
        );
    }
}
