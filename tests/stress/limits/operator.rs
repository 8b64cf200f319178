//! An operator who gives lanes limits of their own, and pauses lanes and the queue, while workers work; and who
//! writes down when: before a command is sent, and after it was answered.

use std::mem;

use testkit::rng::Rng;
use testkit::Client;

use super::event_log::now;
use super::{Limits, Rate, QUEUE};

/// What this operator does, again and again, to a lane or to the queue.
#[derive(Debug, Clone, Copy)]
pub(super) enum Duty {
    /// A concurrency of a lane's own: one of these, or that of the settings.
    Concurrency(&'static [usize]),
    /// A rate of a lane's own: one of these, or that of the settings. The max of all is the same, because a smaller
    /// bucket cannot miss what a larger one misses.
    Rate(&'static [Rate]),
    /// A pause of a lane, now and then of the queue; for a while, or until it is resumed.
    Pause,
}

/// The lane it is about; none: the queue.
pub(super) type Lane = Option<usize>;

/// What was changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// A lane has this concurrency from now on.
    Concurrency(usize, usize),
    /// And this rate.
    Rate(usize, Rate),
    /// Paused, for so many milliseconds or until it is resumed.
    Pause(Lane, Option<u64>),
    Resume(Lane),
}

/// A change that was answered. Instants are Unix microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) asked: u64,
    pub(super) answered: u64,
    pub(super) change: Change,
}

/// One operator.
pub(super) struct Operator {
    duties: &'static [Duty],
    lanes: usize,
    /// What a lane has that has no limit of its own.
    limits: Limits,
    rng: Rng,
    made: Vec<Made>,
}

impl Operator {
    pub(super) fn new(duties: &'static [Duty], lanes: usize, limits: Limits, seed: u64) -> Self {
        Self { duties, lanes, limits, rng: Rng::new(seed), made: Vec::new() }
    }

    /// Does one thing.
    pub(super) fn act(&mut self, client: &mut Client) {
        if self.duties.is_empty() {
            return;
        }
        let lane = self.rng.below(self.lanes);
        match *self.rng.pick(self.duties) {
            Duty::Concurrency(choices) => {
                let own = *self.rng.pick(choices);
                let is_own = !self.rng.one_in(4);
                self.limit(client, lane, is_own.then_some(own));
            }
            Duty::Rate(choices) => {
                let own = *self.rng.pick(choices);
                let is_own = !self.rng.one_in(4);
                self.rate(client, lane, is_own.then_some(own));
            }
            Duty::Pause => self.pause_or_resume(client, lane),
        }
    }

    /// Takes everything back: no limit of a lane's own, no pause. All that was ever changed.
    pub(super) fn leave(&mut self, client: &mut Client) -> Vec<Made> {
        if self.duties.is_empty() {
            return Vec::new();
        }
        self.resume(client, None);
        for lane in 0..self.lanes {
            self.resume(client, Some(lane));
            self.limit(client, lane, None);
            self.rate(client, lane, None);
        }
        mem::take(&mut self.made)
    }

    fn limit(&mut self, client: &mut Client, lane: usize, own: Option<usize>) {
        let value = own.map_or("default".to_owned(), |own| own.to_string());
        let line = format!("JQ.GROUP {QUEUE} lane-{lane} concurrency {value}");
        self.make(client, &line, Change::Concurrency(lane, own.unwrap_or(self.limits.lane_concurrency)));
    }

    fn rate(&mut self, client: &mut Client, lane: usize, own: Option<Rate>) {
        // Without a rate in the settings lanes get none here.
        let Some(rate) = own.or(self.limits.lane_rate) else { return };
        let value = own.map_or("default".to_owned(), Rate::setting);
        self.make(client, &format!("JQ.GROUP {QUEUE} lane-{lane} rate {value}"), Change::Rate(lane, rate));
    }

    /// Each is resumed more often than it is paused.
    fn pause_or_resume(&mut self, client: &mut Client, lane: usize) {
        let lane = (!self.rng.one_in(10)).then_some(lane);
        let ms = 20 + self.rng.below(150) as u64;
        match self.rng.below(5) {
            0 => self.pause(client, lane, None),
            1 => self.pause(client, lane, Some(ms)),
            _ => self.resume(client, lane),
        }
    }

    fn pause(&mut self, client: &mut Client, lane: Lane, ms: Option<u64>) {
        let span = ms.map_or_else(String::new, |ms| format!(" FOR {ms}"));
        self.make(client, &format!("JQ.PAUSE {QUEUE}{}{span}", group(lane)), Change::Pause(lane, ms));
    }

    fn resume(&mut self, client: &mut Client, lane: Lane) {
        self.make(client, &format!("JQ.RESUME {QUEUE}{}", group(lane)), Change::Resume(lane));
    }

    fn make(&mut self, client: &mut Client, line: &str, change: Change) {
        let asked = now();
        client.ask::<redis::Value>(line);
        self.made.push(Made { asked, answered: now(), change });
    }
}

fn group(lane: Lane) -> String {
    lane.map_or_else(String::new, |lane| format!(" GROUP lane-{lane}"))
}
