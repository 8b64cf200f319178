//! What an operator has made of the limits and pauses, as seen from an instant: which limits may have been in force
//! then, and which pauses surely were.
//!
//! A command takes effect somewhere between its being sent and its being answered. So an old limit may hold until the
//! answer, a new one from the sending on; and a pause surely holds from its answer until its end is sent.

use super::event_log::{Run, ROUNDED};
use super::invariants::excess;
use super::operator::{Change, Lane, Made};
use super::{Limits, Rate, LEASE};

/// What is in force for one lane, and for how long at least and at most. Instants are Unix microseconds.
#[derive(Debug, Clone, Copy)]
struct Stretch<T> {
    value: T,
    /// From when it may hold, and from when it surely does.
    may_begin: u64,
    begins: u64,
    /// Until when it surely holds, and until when it may.
    ends: u64,
    may_end: u64,
}

/// All that was changed, in order.
pub(super) struct InForce {
    made: Vec<Made>,
    limits: Limits,
}

impl InForce {
    pub(super) fn new(made: Vec<Made>, limits: Limits) -> Self {
        Self { made, limits }
    }

    /// How many changes there were.
    pub(super) fn changes(&self) -> usize {
        self.made.len()
    }

    /// The highest concurrency that lanes ever had; 0: none.
    pub(super) fn highest_lane_concurrency(&self) -> usize {
        let own = self.made.iter().filter_map(|made| match made.change {
            Change::Concurrency(_, most) => Some(most),
            _ => None,
        });
        own.chain([self.limits.lane_concurrency]).max().unwrap_or_default()
    }

    /// The fastest rate that lanes ever had.
    pub(super) fn fastest_lane_rate(&self) -> Option<Rate> {
        let own = self.made.iter().filter_map(|made| match made.change {
            Change::Rate(_, rate) => Some(rate),
            _ => None,
        });
        own.chain(self.limits.lane_rate).min_by_key(|rate| rate.ms)
    }

    /// Fails if any job of a lane was claimed above what may have been in force, or while a pause surely was.
    #[track_caller]
    pub(super) fn assert_kept(&self, lane: usize, runs: &[Run]) {
        self.assert_concurrency(lane, runs);
        self.assert_rates(lane, runs);
        for pause in self.pauses(Some(lane)).into_iter().chain(self.pauses(None)) {
            let of = pause.value.map_or("the queue".to_owned(), |lane| format!("lane {lane}"));
            let early = runs
                .iter()
                .find(|run| run.token > pause.begins + ROUNDED && run.token + ROUNDED < pause.ends);
            assert!(early.is_none(), "{early:?} was claimed in a pause of {of}: {pause:?}");
        }
    }

    /// A lower limit ends no run, so what counts is how many were held when another one was claimed.
    #[track_caller]
    fn assert_concurrency(&self, lane: usize, runs: &[Run]) {
        let stretches = self.concurrencies(lane);
        for (place, run) in runs.iter().enumerate() {
            let at = run.token;
            let recent = runs[..place].iter().rev().take_while(|other| other.token + LEASE * 1000 > at);
            let held = recent.filter(|other| other.held().1 > at + ROUNDED).count();
            let may = |stretch: &&Stretch<usize>| {
                at + ROUNDED >= stretch.may_begin && at <= stretch.may_end + ROUNDED
            };
            let possible = stretches.iter().filter(may).map(|stretch| stretch.value);
            let most = possible.map(|most| if most == 0 { usize::MAX } else { most }).max();
            let most = most.expect("some limit is always in force");
            assert!(held < most, "lane {lane}: {run:?} was claimed beside {held} others, and {most} may be");
        }
    }

    /// Within each stretch; over several the fastest rate bounds them.
    #[track_caller]
    fn assert_rates(&self, lane: usize, runs: &[Run]) {
        for stretch in self.rates(lane) {
            let within: Vec<Run> = runs
                .iter()
                .filter(|run| run.token > stretch.begins + ROUNDED && run.token + ROUNDED < stretch.ends)
                .cloned()
                .collect();
            let excess = excess(&within, stretch.value);
            assert!(excess <= 0.0, "lane {lane}: {excess:.2} claims too many in {stretch:?}");
        }
    }

    /// Tokens that a lane could take between two instants, if it always could take any.
    pub(super) fn tokens(&self, lane: usize, from: u64, until: u64) -> f64 {
        let max = self.fastest_lane_rate().map_or(0, |rate| rate.max);
        let back = |stretch: &Stretch<Rate>| {
            stretch.value.back_in(stretch.ends.min(until).saturating_sub(stretch.may_begin.max(from)))
        };
        max as f64 + self.rates(lane).iter().map(back).sum::<f64>()
    }

    /// The time for which jobs of a lane could be held between two instants, microseconds.
    pub(super) fn room(&self, lane: usize, from: u64, until: u64) -> f64 {
        let room = |stretch: &Stretch<usize>| {
            let span = stretch.ends.min(until).saturating_sub(stretch.may_begin.max(from));
            span as f64 * stretch.value as f64
        };
        self.concurrencies(lane).iter().map(room).sum()
    }

    /// Of the times between two pauses of a lane, or of the queue, that lasted for a while: how many there were, and
    /// in how many of them the lane went on.
    pub(super) fn went_on(&self, lane: usize, runs: &[Run], until: u64) -> (usize, usize) {
        const WHILE: u64 = 100_000;
        let mut pauses = self.pauses(Some(lane));
        pauses.extend(self.pauses(None));
        pauses.sort_unstable_by_key(|pause| pause.begins);
        let mut gaps = Vec::new();
        let mut over = pauses.first().map_or(until, |pause| pause.may_end);
        for pause in &pauses {
            gaps.push((over, pause.may_begin.min(until)));
            over = over.max(pause.may_end);
        }
        gaps.push((over, until));
        gaps.retain(|(from, to)| to.saturating_sub(*from) > WHILE);
        let is_used = |(from, to): &&(u64, u64)| runs.iter().any(|run| (*from..*to).contains(&run.token));
        (gaps.len(), gaps.iter().filter(is_used).count())
    }

    fn concurrencies(&self, lane: usize) -> Vec<Stretch<usize>> {
        self.stretches(self.limits.lane_concurrency, |change| match change {
            Change::Concurrency(of, most) if of == lane => Some(most),
            _ => None,
        })
    }

    fn rates(&self, lane: usize) -> Vec<Stretch<Rate>> {
        let Some(first) = self.limits.lane_rate else { return Vec::new() };
        self.stretches(first, |change| match change {
            Change::Rate(of, rate) if of == lane => Some(rate),
            _ => None,
        })
    }

    /// From the beginning until for ever, each until the next.
    fn stretches<T: Copy>(&self, first: T, value: impl Fn(Change) -> Option<T>) -> Vec<Stretch<T>> {
        let beginning =
            Stretch { value: first, may_begin: 0, begins: 0, ends: u64::MAX, may_end: u64::MAX - ROUNDED };
        let mut stretches = vec![beginning];
        for made in &self.made {
            let Some(value) = value(made.change) else { continue };
            let last = stretches.last_mut().expect("the first one");
            (last.ends, last.may_end) = (made.asked, made.answered);
            stretches.push(Stretch { value, may_begin: made.asked, begins: made.answered, ..beginning });
        }
        stretches
    }

    /// Each as if it were alone: of two pauses the later end holds, so each lasts at least until its own.
    fn pauses(&self, of: Lane) -> Vec<Stretch<Lane>> {
        let mut pauses: Vec<Stretch<Lane>> = Vec::new();
        for made in &self.made {
            match made.change {
                Change::Pause(lane, ms) if lane == of => {
                    let end = |at: u64| ms.map_or(u64::MAX - ROUNDED, |ms| at + ms * 1000);
                    pauses.push(Stretch {
                        value: of,
                        may_begin: made.asked,
                        begins: made.answered,
                        ends: end(made.asked),
                        may_end: end(made.answered) + ROUNDED,
                    });
                }
                Change::Resume(lane) if lane == of => {
                    for pause in &mut pauses {
                        pause.ends = pause.ends.min(made.asked);
                        pause.may_end = pause.may_end.min(made.answered);
                    }
                }
                _ => {}
            }
        }
        pauses
    }
}
