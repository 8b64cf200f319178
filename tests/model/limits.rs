//! GROUP, concurrency and rates. Nothing is counted ahead: the job that may be claimed next is found by
//! searching all jobs and all claims there ever were.

use super::bucket::{missing, Missing, Rate};
use super::job::{Job, State};
use super::model::Model;

/// A claim that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(super) at: u64,
    /// Drawn like a place in line: the lane stands there until one of its jobs is claimed again.
    pub(super) turn: i64,
    pub(super) group: Option<Vec<u8>>,
    /// The rates that were in force.
    pub(super) rate: Option<Rate>,
    pub(super) group_rate: Option<Rate>,
    /// Its lane is gone: what it took has come back.
    pub(super) forgotten: bool,
}

impl Model {
    /// The job that a claim at `now` gets.
    pub(super) fn next_in_line(&self, now: u64) -> Option<&Job> {
        let now = self.clock_at(now);
        let active = self.jobs.iter().filter(|job| job.is_active()).count() as u64;
        let is_full = self.settings.concurrency > 0 && active >= self.settings.concurrency;
        let rate = self.settings.rate;
        let is_used_up = rate.is_some_and(|rate| rate.tokens(self.missing(None), now) == 0);
        if self.pauses.until(None).is_some() || is_full || is_used_up {
            return None;
        }
        self.in_turn(now).into_iter().min_by_key(|(place, _)| *place).map(|(_, job)| job)
    }

    /// Whether one more may be active, if that is this waiting job: its claim has taken its tokens already.
    pub(super) fn has_slot_for(&self, id: &[u8]) -> bool {
        let active = |of: &dyn Fn(&Job) -> bool| {
            self.jobs.iter().filter(|job| job.is_active() && of(job)).count() as u64
        };
        let most = self.settings.concurrency;
        let group = self.jobs.iter().find(|job| job.id == id).and_then(|job| job.spec.group.clone());
        let lane_has_room = group.is_none_or(|lane| {
            let most_of_lane = self.lane_concurrency(&lane);
            let holder = self.jobs.iter().find(|job| job.is_live() && job.is_of(&lane) && job.holds);
            let is_behind = most_of_lane == 1 && holder.is_some_and(|holder| holder.id != id);
            !is_behind && (most_of_lane == 0 || active(&|job| job.is_of(&lane)) < most_of_lane)
        });
        lane_has_room && (most == 0 || active(&|_| true) < most)
    }

    /// Jobs that only limits of the whole queue keep back, with their places: each without a group, and the
    /// first of each lane that may give one.
    pub(super) fn in_turn(&self, now: u64) -> Vec<((i64, i64), &Job)> {
        let alone = self.jobs.iter().filter(|job| job.is_waiting() && job.spec.group.is_none());
        let alone = alone.map(|job| ((job.spec.priority, job.seq), job));
        let lanes = self.lanes().into_iter().filter_map(|lane| {
            let head = self.head(&lane, now)?;
            let turn = self.claims_of(&lane).map(|claim| claim.turn).max().unwrap_or(i64::MIN);
            Some(((head.spec.priority, head.seq.max(turn)), head))
        });
        alone.chain(lanes).collect()
    }

    /// Every group that a job or a record names.
    pub(super) fn lanes(&self) -> Vec<Vec<u8>> {
        let known = self.jobs.iter().filter(|job| job.is_live() || job.is_record());
        let mut lanes: Vec<Vec<u8>> = known.filter_map(|job| job.spec.group.clone()).collect();
        lanes.sort();
        lanes.dedup();
        lanes
    }

    /// The job that a lane gives next, unless a dependency of its own is closed.
    pub(super) fn head(&self, lane: &[u8], now: u64) -> Option<&Job> {
        let now = self.clock_at(now);
        let jobs = || self.jobs.iter().filter(|job| job.is_live() && job.is_of(lane));
        let active = jobs().filter(|job| job.is_active()).count() as u64;
        let (most, rate) = (self.lane_concurrency(lane), self.lane_rate(lane));
        let is_used_up = rate.is_some_and(|rate| rate.tokens(self.missing(Some(lane)), now) == 0);
        if (most > 0 && active >= most) || is_used_up || self.pauses.until(Some(lane)).is_some() {
            return None;
        }
        let holder = jobs().find(|job| job.holds).filter(|_| most == 1);
        match holder {
            Some(holder) => Some(holder).filter(|job| job.is_waiting()),
            None => jobs().filter(|job| job.is_waiting()).min_by_key(|job| (job.spec.priority, job.seq)),
        }
    }

    fn claims_of<'a>(&'a self, lane: &'a [u8]) -> impl Iterator<Item = &'a Claim> {
        self.claims.iter().filter(move |claim| claim.group.as_deref() == Some(lane))
    }

    /// The rate of each claim that took a token: from the bucket of a lane, or from that of the queue.
    fn takes(&self, lane: Option<&[u8]>) -> Vec<(u64, Option<Rate>)> {
        match lane {
            None => self.claims.iter().map(|claim| (claim.at, claim.rate)).collect(),
            Some(lane) => {
                let kept = self.claims_of(lane).filter(|claim| !claim.forgotten);
                kept.map(|claim| (claim.at, claim.group_rate)).collect()
            }
        }
    }

    /// What is missing in the bucket of a lane, or of the queue; None: nothing was ever taken.
    pub(super) fn missing(&self, lane: Option<&[u8]>) -> Option<Missing> {
        missing(self.takes(lane).into_iter().filter_map(|(at, rate)| Some((at, rate?))))
    }

    /// Whether everything is back that was taken from the bucket of a lane.
    fn is_refilled(&self, lane: &[u8], now: u64) -> bool {
        self.missing(Some(lane)).is_none_or(|missing| missing.at(self.clock_at(now)) == 0)
    }

    /// Lanes without jobs whose buckets are not full.
    pub(super) fn expiring_lanes(&self) -> Vec<Vec<u8>> {
        let kept = self.claims.iter().filter(|claim| !claim.forgotten && claim.group_rate.is_some());
        let mut lanes: Vec<Vec<u8>> = kept.filter_map(|claim| claim.group.clone()).collect();
        lanes.sort();
        lanes.dedup();
        let known = self.lanes();
        // What is set for a lane keeps it, and its bucket with it.
        lanes.retain(|lane| !known.contains(lane) && !self.has_rules(lane));
        lanes
    }

    /// Groups that are known: for their jobs, for a bucket that is not full, for a pause or limits.
    pub(super) fn known_groups(&self) -> Vec<Vec<u8>> {
        let mut groups = self.lanes();
        groups.extend(self.expiring_lanes());
        groups.extend(self.pauses.groups().cloned());
        groups.extend(self.group_limits.keys().cloned());
        groups.sort();
        groups.dedup();
        groups
    }

    /// A lane without jobs is gone when its bucket is full, or no rate applies to it: its place, too.
    pub(super) fn forget_lanes(&mut self, now: u64) {
        for lane in self.expiring_lanes() {
            if self.settings.group_rate.is_none() || self.is_refilled(&lane, now) {
                let claims = self.claims.iter_mut().filter(|claim| claim.group.as_ref() == Some(&lane));
                claims.for_each(|claim| claim.forgotten = true);
            }
        }
        // A lane that comes again stands where its first job does.
        let known = self.known_groups();
        let is_gone = |claim: &&mut Claim| claim.group.as_ref().is_some_and(|lane| !known.contains(lane));
        self.claims.iter_mut().filter(is_gone).for_each(|claim| claim.turn = i64::MIN);
    }

    /// What one claim could take.
    pub(super) fn claimable(&self, now: u64) -> usize {
        let mut trial = self.clone();
        let mut count = 0;
        while let Some(id) = trial.next_in_line(now).map(|job| job.id.clone()) {
            trial.hand_out(&id, b"w", now, now * 1000);
            count += 1;
        }
        count
    }

    /// How long the job has waited that only the limits of the queue keep back, of the first of each priority
    /// and lane.
    pub(super) fn oldest_claimable(&self, now: u64) -> u64 {
        let mut first: Vec<((i64, i64), &Job)> = self.in_turn(now);
        first.sort_by_key(|(place, _)| *place);
        let mut priorities = Vec::new();
        first.retain(|((priority, _), job)| {
            let is_first = job.spec.group.is_some() || !priorities.contains(priority);
            if job.spec.group.is_none() {
                priorities.push(*priority);
            }
            is_first
        });
        let since = first.iter().filter_map(|(_, job)| match job.state {
            State::Waiting { since, .. } if self.pauses.until(None).is_none() => Some(since),
            _ => None,
        });
        since.min().map_or(0, |since| now.saturating_sub(since))
    }

    /// Which bucket gave more with the last claims than the manual allows, counted from the claims alone.
    /// While a clock that was set back has not caught up, no time passes. A bucket is new, and its clock with it,
    /// after there was no rate.
    pub(super) fn exceeded(&self) -> Vec<String> {
        let last = self.claims.last().map_or(0, |claim| claim.at);
        let lanes = self.claims.iter().rev().take_while(|claim| claim.at == last);
        let lanes = lanes.filter_map(|claim| claim.group.as_deref());
        let exceeded = [None].into_iter().chain(lanes.map(Some)).filter(|lane| {
            let takes = self.takes(*lane);
            let Some((_, Some(rate))) = takes.last() else { return false };
            let mut clock = 0;
            let instants = takes.iter().map(|(at, taken)| {
                clock = if taken.is_some() { clock.max(*at) } else { 0 };
                (clock, taken)
            });
            let instants: Vec<_> = instants.collect();
            let mut under: Vec<u64> = instants
                .iter()
                .rev()
                .take_while(|(_, taken)| *taken == &Some(*rate))
                .map(|(at, _)| *at)
                .collect();
            under.reverse();
            rate.is_exceeded(&under)
        });
        exceeded.map(|lane| format!("the bucket of {lane:?} gave too much")).collect()
    }
}
