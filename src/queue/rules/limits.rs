//! How many jobs may run, and which is next: concurrency and rates of the queue and of its lanes.
//!
//! Everything is decided from what is there: active jobs are counted where they are, tokens are what has not
//! been taken. A rate is evaluated as of the last command or tick
//! ([`ClaimLimits::as_of`](crate::queue::limits::ClaimLimits)). The next instant at which it allows more is one at
//! which the queue is due ([`Queue::next_due`]), so a command or tick follows then.

use crate::queue::jobs::{Job, StateData};
use crate::queue::limits::{Bucket, Lane, LanePosition, Lanes, Rate};
use crate::queue::store::{Handle, InstantKey, LaneKey, LaneNumber, PriorityKey};
use crate::queue::time::QueueMs;
use crate::queue::value::Queue;

/// Lanes evaluated in one command because time or the settings have changed: about a millisecond.
const EVALUATIONS: usize = 1000;

/// What keeps a waiting job from being claimed, as of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// What keeps every job from being claimed.
    OfQueue(QueueObstacle),
    /// JQ.PAUSE of the lane, until this instant or without end.
    LanePaused(u64),
    /// Another job of the lane comes first, whatever else is free.
    Behind(Handle),
    /// So many jobs of the lane are active, and no more than this may be.
    LaneFull(u32, u64),
    /// The lane's rate, until this instant.
    LaneRate(u64),
}

/// What keeps every job of a queue from being claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueObstacle {
    /// JQ.PAUSE, until this instant or without end.
    Paused(u64),
    /// So many jobs are active, and no more may be.
    Full(usize),
    /// The queue's rate, until this instant.
    Rate(u64),
}

impl Queue {
    /// How many jobs a claim could take now; 0 while paused. O(1).
    #[must_use]
    pub fn claimable(&self) -> usize {
        if self.is_paused() {
            return 0;
        }
        self.runnable().min(self.slots()).min(self.tokens())
    }

    /// Jobs that only the limits of the whole queue may keep from being claimed.
    pub(crate) fn runnable(&self) -> usize {
        self.jobs.indexes.waiting.len() + self.limits.lanes.room()
    }

    /// How many more may be active.
    fn slots(&self) -> usize {
        match self.settings.concurrency {
            0 => usize::MAX,
            most => count(most).saturating_sub(self.jobs.indexes.active.len()),
        }
    }

    /// How many more the rate allows.
    fn tokens(&self) -> usize {
        self.settings.rate.map_or(usize::MAX, |rate| self.tokens_under(rate))
    }

    #[cold]
    fn tokens_under(&self, rate: Rate) -> usize {
        count(self.limits.bucket.available(rate, self.as_of().0))
    }

    /// The instant as of which rates were evaluated last, on the clock of the queue, by which buckets fill.
    fn as_of(&self) -> QueueMs {
        self.lead.queue_ms(self.limits.as_of)
    }

    /// The first instant at which a bucket has so many tokens, Unix ms.
    fn opens(&self, bucket: &Bucket, rate: Rate, tokens: u64) -> u64 {
        self.lead.unix_ms(QueueMs(bucket.when(rate, tokens)))
    }

    /// When the rate of the queue lets one more job go. None: it keeps none back.
    pub(crate) fn next_token(&self) -> Option<u64> {
        self.settings.rate.and_then(|rate| self.next_token_under(rate))
    }

    #[cold]
    fn next_token_under(&self, rate: Rate) -> Option<u64> {
        let tokens = self.tokens();
        let is_short = !self.is_paused() && tokens < self.runnable().min(self.slots()).min(count(rate.max));
        is_short.then(|| self.opens(&self.limits.bucket, rate, tokens as u64 + 1))
    }

    /// When the rate of the queue, if it is used up, gives a token again, whether or not a job waits for it.
    pub(crate) fn refill(&self) -> Option<u64> {
        let rate = self.settings.rate.filter(|_| self.tokens() == 0)?;
        Some(self.opens(&self.limits.bucket, rate, 1))
    }

    /// The job that is claimed next, if the limits of the queue allow any. O(log n).
    pub(crate) fn next_runnable(&self) -> Option<Handle> {
        let alone = self.jobs.indexes.waiting.first();
        let lane = self.limits.lanes.first_ready().and_then(|(place, lane)| Some((place, self.head(lane)?)));
        match (alone, lane) {
            (Some(job), Some((place, _))) if self.jobs.table.priority_key(job) < place => Some(job),
            (_, Some((_, head))) => Some(head),
            (alone, None) => alone,
        }
    }

    /// The instant is `at` now: evaluates lanes whose rates allow more, a bounded number; the others follow
    /// with the next command or tick. Where the clock was set back, tokens that had come back have not yet:
    /// all lanes are evaluated again.
    pub(crate) fn evaluate_lanes(&mut self, at: u64) {
        let at = self.clock_at(at);
        let has_rates = || self.settings.group_rate.is_some() || self.limits.lanes.rated() > 0;
        if at < self.limits.as_of && has_rates() {
            self.lanes_start_over();
        }
        self.limits.as_of = at;
        if let Some(due) = self.limits.lanes.there().and_then(Lanes::next_evaluation) {
            let at = self.as_of().0;
            if due <= at {
                self.evaluate_due_lanes(at);
            }
        }
    }

    #[cold]
    fn evaluate_due_lanes(&mut self, at: u64) {
        for _ in 0..EVALUATIONS {
            let has_more = self.limits.lanes.make().shed();
            match self.limits.lanes.make().next_to_evaluate(at) {
                Some(lane) => self.position_lane(lane),
                None if has_more => {}
                None => break,
            }
        }
    }

    /// Evaluates the lanes that a change has touched.
    pub(crate) fn evaluate_touched_lanes(&mut self, at: u64) {
        let at = self.clock_at(at);
        if at < self.limits.as_of {
            self.evaluate_lanes(at);
        }
        self.limits.as_of = at;
        if self.limits.lanes.has_touched() {
            self.position_touched_lanes();
        }
    }

    #[inline(never)]
    fn position_touched_lanes(&mut self) {
        while let Some(lane) = self.limits.lanes.make().take_touched() {
            self.position_lane(lane);
            let as_of = self.as_of().0;
            self.limits.lanes.make().plan_expiry(lane, as_of);
        }
    }

    /// The settings of lanes have changed.
    pub(crate) fn evaluate_all_lanes(&mut self, at: u64) {
        self.lanes_start_over();
        self.evaluate_lanes(at);
    }

    fn lanes_start_over(&mut self) {
        if let Some(lanes) = self.limits.lanes.if_there() {
            lanes.start_over();
        }
    }

    fn position_lane(&mut self, number: LaneNumber) {
        let must_search = |lane: &Lane| lane.first().is_none() && self.wanted_of(lane) > 0;
        if self.limits.lanes.get(number).is_some_and(must_search) {
            let first = self.first_of(number);
            self.limits.lanes.make().set_first(number, first);
        }
        if let Some(position) = self.limits.lanes.get(number).map(|lane| self.lane_position(number, lane)) {
            self.limits.lanes.make().place(number, position);
        }
    }

    /// How many jobs of a lane might be claimed if no rate kept them.
    fn wanted_of(&self, lane: &Lane) -> usize {
        match lane.rules().pause {
            Some(_) => 0,
            None => (lane.waiting as usize).min(self.lane_slots(lane)),
        }
    }

    /// Where a lane belongs.
    fn lane_position(&self, number: LaneNumber, lane: &Lane) -> LanePosition {
        let wanted = self.wanted_of(lane);
        if wanted == 0 {
            // No search for its first job, which is most of the work.
            return LanePosition::default();
        }
        let Some(head) = self.head(number).map(|job| self.jobs.table.priority_key(job)) else {
            return LanePosition::default();
        };
        let tokens = self.lane_tokens(lane);
        let seq = lane.last_turn().map_or(head.seq, |turn| head.seq.max(turn));
        LanePosition {
            room: wanted.min(tokens),
            ready: (wanted.min(tokens) > 0).then_some(PriorityKey { priority: head.priority, seq }),
            refill: self
                .lane_rate(lane)
                .filter(|rate| tokens < wanted.min(count(rate.max)))
                .map(|rate| InstantKey { at: lane.bucket.when(rate, tokens as u64 + 1), seq }),
        }
    }

    /// Whether a lane is not where it belongs, though its evaluation is not due.
    pub(crate) fn is_misplaced(&self, number: LaneNumber, lane: &Lane) -> bool {
        let Some(position) = self.limits.lanes.last_position_of(lane) else { return false };
        let is_due = position.refill.is_some_and(|when| when.at <= self.as_of().0);
        !is_due && position != self.lane_position(number, lane)
    }

    /// How many jobs of a lane may be active; 0: any number.
    pub(crate) fn lane_concurrency(&self, lane: &Lane) -> u64 {
        lane.limits().concurrency.unwrap_or(self.settings.group_concurrency)
    }

    /// The rate of a lane.
    pub(crate) fn lane_rate(&self, lane: &Lane) -> Option<Rate> {
        lane.limits().rate.unwrap_or(self.settings.group_rate)
    }

    fn lane_slots(&self, lane: &Lane) -> usize {
        match self.lane_concurrency(lane) {
            0 => usize::MAX,
            1 => usize::from(lane.active == 0 && lane.holder.is_none_or(|job| self.is_waiting(job))),
            most => count(most).saturating_sub(lane.active as usize),
        }
    }

    fn lane_tokens(&self, lane: &Lane) -> usize {
        self.lane_rate(lane).map_or(usize::MAX, |rate| count(lane.bucket.available(rate, self.as_of().0)))
    }

    /// The waiting job of a lane that is claimed first. As [`Queue::first_of`].
    pub(crate) fn head(&self, number: LaneNumber) -> Option<Handle> {
        let lane = self.limits.lanes.get(number)?;
        let holder = lane.holder.filter(|job| self.is_strict(lane) && self.is_waiting(*job));
        holder.or_else(|| self.first_of(number))
    }

    /// The first waiting job of a lane. O(1) where it is known, else O(log n).
    pub(crate) fn first_of(&self, number: LaneNumber) -> Option<Handle> {
        let lane = self.limits.lanes.get(number).filter(|lane| lane.waiting > 0)?;
        lane.first().or_else(|| self.search_first_of(number))
    }

    pub(crate) fn search_first_of(&self, lane: LaneNumber) -> Option<Handle> {
        let from = LaneKey { lane, key: PriorityKey { priority: i32::MIN, seq: i64::MIN } };
        let jobs = &self.jobs.table;
        let first = self.limits.lanes.waiting.iter_from(from, |job| jobs.lane_key(job)).next()?;
        (jobs.lane_key(first).lane == lane).then_some(first)
    }

    /// Whether a lane is strictly in order.
    pub(crate) fn is_strict(&self, lane: &Lane) -> bool {
        self.lane_concurrency(lane) == 1
    }

    fn is_waiting(&self, job: Handle) -> bool {
        self.job(job).is_some_and(|job| matches!(job.state, StateData::Waiting { .. }))
    }

    /// The lane of a job.
    pub(crate) fn lane_of(&self, job: &Job) -> Option<LaneNumber> {
        self.jobs.table.lane_of(job)
    }

    /// The GROUP of a job.
    pub(crate) fn group_of(&self, job: &Job) -> Option<&[u8]> {
        self.lane_of(job).and_then(|lane| self.limits.lanes.get(lane)).map(|lane| &*lane.name)
    }

    /// How many lanes are known.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.limits.lanes.len()
    }

    /// A job was claimed, not later than `at`: it takes its tokens, and its lane goes behind the others.
    pub(crate) fn claimed(&mut self, job: Handle, at: u64) {
        let at = self.lead.queue_ms(self.clock_at(at)).0;
        if let Some(rate) = self.settings.rate {
            self.limits.bucket.take(rate, at);
        }
        let Some(number) = self.jobs.get(job).and_then(|job| self.lane_of(job)) else { return };
        let turn = self.jobs.take_turn();
        let Some(lane) = self.limits.lanes.get(number) else { return };
        let (is_strict, rate) = (self.is_strict(lane), self.lane_rate(lane));
        self.limits.lanes.make().edit(number, |lane| {
            lane.last_claim_seq = turn;
            lane.holder = if is_strict { Some(job) } else { lane.holder };
            if let Some(rate) = rate {
                lane.bucket.take(rate, at);
            }
        });
    }

    /// The life of a job has ended: if it held its lane, it does so no longer.
    pub(crate) fn release_lane(&mut self, job: Handle) {
        if self.limits.lanes.len() == 0 {
            return;
        }
        let Some(lane) = self.jobs.get(job).and_then(|job| self.lane_of(job)) else { return };
        if self.limits.lanes.get(lane).is_some_and(|lane| lane.holder == Some(job)) {
            self.limits.lanes.make().edit(lane, |lane| lane.holder = None);
        }
    }

    /// Whether one more may be active, if that is this waiting job. What a claim also needs is a token of each
    /// rate, but this run has taken its tokens already.
    pub(crate) fn has_slot_for(&self, handle: Handle) -> bool {
        let lane = self.job(handle).and_then(|job| self.lane_of(job));
        let has_room = |lane: &Lane| {
            let is_held = self.is_strict(lane) && lane.holder.is_some_and(|holder| holder != handle);
            !is_held && self.lane_slots(lane) > 0
        };
        self.slots() > 0 && lane.and_then(|lane| self.limits.lanes.get(lane)).is_none_or(has_room)
    }

    /// What keeps a waiting job from being claimed, the narrowest first. None: nothing, only other jobs come
    /// first.
    pub(crate) fn obstacle(&self, handle: Handle, job: &Job) -> Option<Obstacle> {
        let of_queue = self.queue_obstacle();
        let is_paused = matches!(of_queue, Some(QueueObstacle::Paused(_)));
        let lane = self.lane_of(job).filter(|_| !is_paused);
        let of_lane = lane.and_then(|lane| self.lane_obstacle(handle, lane));
        of_lane.or_else(|| of_queue.map(Obstacle::OfQueue))
    }

    /// What keeps every job from being claimed, as of now.
    pub(crate) fn queue_obstacle(&self) -> Option<QueueObstacle> {
        if let Some(pause) = self.pause {
            return Some(QueueObstacle::Paused(pause.end()));
        }
        if self.slots() == 0 {
            return Some(QueueObstacle::Full(self.jobs.indexes.active.len()));
        }
        self.refill().map(QueueObstacle::Rate)
    }

    /// The same for a lane: what keeps this waiting job of it from being runnable.
    pub(crate) fn lane_obstacle(&self, handle: Handle, number: LaneNumber) -> Option<Obstacle> {
        let lane = self.limits.lanes.get(number)?;
        if let Some(pause) = lane.rules().pause {
            return Some(Obstacle::LanePaused(pause.end()));
        }
        let before = lane.holder.or_else(|| self.first_of(number));
        if let Some(before) = before.filter(|before| self.is_strict(lane) && *before != handle) {
            return Some(Obstacle::Behind(before));
        }
        if self.lane_slots(lane) == 0 {
            return Some(Obstacle::LaneFull(lane.active, self.lane_concurrency(lane)));
        }
        let rate: Rate = self.lane_rate(lane).filter(|_| self.lane_tokens(lane) == 0)?;
        Some(Obstacle::LaneRate(self.opens(&lane.bucket, rate, 1)))
    }
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
