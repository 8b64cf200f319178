//! What must be true of the runs that workers saw, whatever the server says of itself.
//!
//! Each check errs on the side of the server: a job counts as held only while it surely was, and a window as
//! no longer than it can have been. What a worker that was killed did not write down is missing, which makes
//! none of them fail.

use std::collections::BTreeMap;

use super::event_log::{Run, ROUNDED};
use super::Rate;

/// Runs in the order of their tokens, those of each lane apart.
pub(super) fn by_lane(runs: &[Run]) -> BTreeMap<usize, Vec<Run>> {
    let mut lanes: BTreeMap<usize, Vec<Run>> = BTreeMap::new();
    for run in runs {
        lanes.entry(run.lane).or_default().push(run.clone());
    }
    lanes
}

/// The most jobs that were held at one instant.
pub(super) fn most_held(runs: &[Run]) -> usize {
    let mut changes: Vec<(u64, isize)> = Vec::new();
    for (from, until) in runs.iter().map(Run::held).filter(|(from, until)| from < until) {
        changes.extend([(from, 1), (until, -1)]);
    }
    // At the same instant those who end come first.
    changes.sort_unstable();
    let (mut held, mut most) = (0, 0);
    for (_, change) in changes {
        held += change;
        most = most.max(held);
    }
    usize::try_from(most).expect("as many begin as end")
}

/// How long jobs were held between two instants, all together, microseconds.
pub(super) fn time_held(runs: &[Run], from: u64, until: u64) -> u64 {
    let time = |run: &Run| {
        let (begins, ends) = run.held();
        ends.min(until).saturating_sub(begins.max(from))
    };
    runs.iter().map(time).sum()
}

/// By how many claims any window exceeds what a rate allows in it, at worst; 0 or less: none does.
pub(super) fn excess(runs: &[Run], rate: Rate) -> f64 {
    excess_by_tokens(runs, rate).max(excess_by_workers(runs, rate))
}

/// Tokens are the server's instants. Claims i to j are `j - i + 1`, and the window allows `max` and what came
/// back in it; so a claim has a height of which none may rise above an earlier one by more than that.
fn excess_by_tokens(runs: &[Run], rate: Rate) -> f64 {
    let (mut lowest, mut worst) = (f64::INFINITY, f64::NEG_INFINITY);
    let first = runs.first().map_or(0, |run| run.token);
    for (place, run) in runs.iter().enumerate() {
        let height = place as f64 - rate.back_in(run.token - first);
        lowest = lowest.min(height);
        worst = worst.max(height - lowest + 1.0 - rate.max as f64 - rate.back_in(ROUNDED));
    }
    worst
}

/// A claim took place between its being sent and its being answered: those that lie wholly within a window
/// count.
fn excess_by_workers(runs: &[Run], rate: Rate) -> f64 {
    const BEGINNINGS: usize = 1000;
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_unstable_by_key(|run| run.answered);
    let mut worst = f64::NEG_INFINITY;
    for begin in runs.iter().step_by(1 + runs.len() / BEGINNINGS).map(|run| run.asked) {
        let within = runs.iter().filter(|run| run.asked >= begin);
        for (before, run) in within.enumerate() {
            let allowed = rate.max as f64 + rate.back_in(run.answered - begin + ROUNDED);
            worst = worst.max(before as f64 + 1.0 - allowed);
        }
    }
    worst
}

/// What was claimed until an instant, of what the rate allows in `span` microseconds.
pub(super) fn share_of_tokens(runs: &[Run], rate: Rate, until: u64, span: u64) -> f64 {
    let taken = runs.iter().filter(|run| run.token <= until).count();
    taken as f64 / (rate.max as f64 + rate.back_in(span))
}

/// Fails if a job of a lane was claimed before the one before it had ended for good, or out of the order in
/// which they were added.
///
/// A job whose lease is lost for the second time has failed, and the lane goes on; an ACK that comes after that
/// still counts. So the life of a job whose attempt is not the first ends with its lease at the latest.
#[track_caller]
pub(super) fn strictly_in_order(lane: &[Run]) {
    let mut ended: Option<&Run> = None;
    let mut last: Option<&Run> = None;
    let mut life_ends = None;
    for run in lane {
        if let Some(last) = last.filter(|last| last.number > run.number) {
            panic!("{} was claimed after {} of the same lane: {run:?} {last:?}", run.id(), last.id());
        }
        // The end was sent after that instant, and the claim took place before its answer came.
        if let Some(ended) = ended.filter(|_| life_ends > Some(run.answered)) {
            panic!("{} was claimed before {} had ended: {run:?} {ended:?}", run.id(), ended.id());
        }
        if let Some(ended) = ended.filter(|ended| ended.number == run.number) {
            panic!("{} was claimed after it had ended: {run:?} {ended:?}", run.id());
        }
        last = Some(run);
        if run.is_last() {
            ended = Some(run);
            life_ends = if run.attempt > 1 { Some(run.held().1) } else { run.ends };
        }
    }
}
