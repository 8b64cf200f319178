//! Lanes: the jobs of one GROUP, and which lanes may give a job now.
//!
//! ```text
//!             ┌──────────────────────── may give ─────────────┐
//!   ready ────┤ by the priority of its first job, then by its last claim    a claim takes the first
//!   refills ──┤ by the instant at which its rate allows (more) claims
//!   neither ──┘ waits for a job of its own to end: every change of a lane evaluates it again
//! ```
//!
//! A job that may not run is in none of these orders, so no claim walks over it. Counts change with the
//! indexes of jobs ([`super::indexes`]), so no slot can leak. `ready` and `refills` follow from the rest and
//! the clock: they are not saved, and what [`super::limits`] does to them is not journaled.

mod check;
mod memory;

use super::lane::{Lane, LanePosition, LaneRules};
use super::pause::Pause;
use crate::queue::store::{Handle, InstantKey, LaneKey, LaneNumber, Order, PriorityKey, Slab};
use crate::queue::time::{Lead, QueueMs};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// The lanes of a queue.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    numbers: BTreeMap<Arc<[u8]>, Handle>,
    list: Slab<Lane>,
    name_bytes: usize,
    /// The waiting jobs of all lanes, lane by lane, each in order.
    pub(crate) waiting: Order<LaneKey>,
    ready: BTreeMap<PriorityKey, Handle>,
    refills: BTreeMap<InstantKey, Handle>,
    /// Orders that all lanes have left. They go back to the allocator bit by bit: a million entries at once
    /// take 30 ms.
    left: Vec<BTreeMap<PriorityKey, Handle>>,
    left_refills: Vec<BTreeMap<InstantKey, Handle>>,
    /// Lanes without jobs and rules, by when their buckets are full: then they can be forgotten.
    expiring: BTreeSet<(u64, Arc<[u8]>)>,
    /// Paused lanes, by when their pauses end by themselves.
    pauses: BTreeSet<(u64, Arc<[u8]>)>,
    /// How many lanes have rules of their own, how many are paused, have a rate of their own, or
    /// have waiting jobs.
    ruled: usize,
    paused: usize,
    rated: usize,
    wanted: usize,
    /// How many jobs of all lanes together may be claimed.
    room: usize,
    touched: Vec<Handle>,
    round: u32,
    /// The lane to evaluate next after the settings have changed. None: all lanes are evaluated.
    revisit: Option<Arc<[u8]>>,
}

impl Lanes {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// How many jobs of all lanes together may be claimed, as of when the lanes were evaluated. O(1).
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    pub(crate) fn get(&self, number: LaneNumber) -> Option<&Lane> {
        self.list.get(number.0)
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<LaneNumber> {
        self.numbers.get(name).copied().map(LaneNumber)
    }

    /// Every lane by its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LaneNumber, &Lane)> {
        self.numbers.values().filter_map(|&number| Some((LaneNumber(number), self.list.get(number)?)))
    }

    /// The lane of this name, new if need be. O(log lanes). None: there can be no more.
    pub(crate) fn of(&mut self, name: &[u8]) -> Option<LaneNumber> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let name: Arc<[u8]> = name.into();
        let number = self.list.insert(Lane::new(Arc::clone(&name), self.round))?;
        self.name_bytes += name.len();
        self.numbers.insert(name, number);
        Some(LaneNumber(number))
    }

    /// Changes a lane. It is evaluated again before this change of the queue is over.
    pub(crate) fn edit(&mut self, number: LaneNumber, change: impl FnOnce(&mut Lane)) {
        let Some(lane) = self.list.get_mut(number.0) else { return };
        change(lane);
        if !std::mem::replace(&mut lane.touched, true) {
            self.touched.push(number.0);
        }
    }

    /// A waiting job joins its lane.
    pub(crate) fn insert_waiting(
        &mut self,
        number: LaneNumber,
        key: LaneKey,
        job: Handle,
        key_of: impl Fn(Handle) -> LaneKey,
    ) {
        let is_first = self.get(number).is_some_and(|lane| match lane.first {
            Some(first) => key < key_of(first),
            None => lane.waiting == 0,
        });
        self.waiting.insert(key, job, key_of);
        self.wanted += usize::from(self.get(number).is_some_and(|lane| lane.waiting == 0));
        self.edit(number, |lane| {
            lane.waiting = lane.waiting.saturating_add(1);
            lane.first = if is_first { Some(job) } else { lane.first };
        });
    }

    /// A waiting job leaves its lane.
    pub(crate) fn remove_waiting(&mut self, number: LaneNumber, key: LaneKey, job: Handle) {
        let next = self.waiting.remove_and_follow(key, job);
        let is_last = self.get(number).is_some_and(|lane| lane.waiting == 1);
        self.wanted = self.wanted.saturating_sub(usize::from(is_last));
        self.edit(number, |lane| {
            lane.waiting = lane.waiting.saturating_sub(1);
            if lane.first == Some(job) {
                // Behind the first job of a lane stands its next one, while it has more.
                lane.first = next.filter(|_| lane.waiting > 0);
            }
        });
    }

    /// The first waiting job of a lane was searched for.
    pub(crate) fn set_first(&mut self, number: LaneNumber, first: Option<Handle>) {
        if let Some(lane) = self.list.get_mut(number.0) {
            lane.first = first;
        }
    }

    /// Where the option set of a lane alone is kept; None: no job uses it any more.
    pub(crate) fn set_plain_set(&mut self, number: LaneNumber, set: Option<Handle>) {
        if let Some(lane) = self.list.get_mut(number.0) {
            lane.plain_set = set;
        }
    }

    /// One more job names the lane.
    pub(crate) fn join(&mut self, number: LaneNumber) {
        if let Some(lane) = self.list.get(number.0).filter(|lane| lane.jobs == 0) {
            self.expiring.remove(&(lane.bucket.full_at(), Arc::clone(&lane.name)));
        }
        self.edit(number, |lane| lane.jobs = lane.jobs.saturating_add(1));
    }

    /// One job less does. The lane goes with its last one, as soon as its bucket is full.
    pub(crate) fn quit(&mut self, number: LaneNumber) {
        self.edit(number, |lane| lane.jobs = lane.jobs.saturating_sub(1));
    }

    /// Whether a lane has changed and was not evaluated since.
    pub(crate) fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// A lane that has changed and was not evaluated since.
    pub(crate) fn take_touched(&mut self) -> Option<LaneNumber> {
        let number = self.touched.pop()?;
        if let Some(lane) = self.list.get_mut(number) {
            lane.touched = false;
        }
        Some(LaneNumber(number))
    }

    /// Moves a lane to `position`.
    pub(crate) fn place(&mut self, number: LaneNumber, position: LanePosition) {
        let Some(old) = self.list.get(number.0).map(|lane| self.position_of(lane)) else { return };
        if let Some(lane) = self.list.get_mut(number.0) {
            lane.position = position;
            lane.round = self.round;
        }
        self.room = (self.room + position.room).saturating_sub(old.room);
        if old.ready != position.ready {
            old.ready.map(|place| self.ready.remove(&place));
            position.ready.map(|place| self.ready.insert(place, number.0));
        }
        if old.refill != position.refill {
            old.refill.map(|when| self.refills.remove(&when));
            position.refill.map(|when| self.refills.insert(when, number.0));
        }
    }

    /// The position of a lane; the empty one if it was not evaluated since the settings changed.
    fn position_of(&self, lane: &Lane) -> LanePosition {
        self.last_position_of(lane).unwrap_or_default()
    }

    /// Where a lane was put when it was evaluated last. None: not since the settings have changed.
    pub(crate) fn last_position_of(&self, lane: &Lane) -> Option<LanePosition> {
        (lane.round == self.round).then_some(lane.position)
    }

    /// How many lanes have rules of their own.
    pub(crate) fn ruled(&self) -> usize {
        self.ruled
    }

    /// How many lanes are paused.
    pub(crate) fn paused(&self) -> usize {
        self.paused
    }

    /// How many lanes have a rate of their own.
    pub(crate) fn rated(&self) -> usize {
        self.rated
    }

    /// Every lane by its name, from a name on.
    pub(crate) fn from(&self, name: &[u8]) -> impl Iterator<Item = (LaneNumber, &Lane)> {
        let numbers = self.numbers.range::<[u8], _>((Included(name), Unbounded));
        numbers.filter_map(|(_, &number)| Some((LaneNumber(number), self.list.get(number)?)))
    }

    /// How many lanes have waiting jobs.
    pub(crate) fn wanted(&self) -> usize {
        self.wanted
    }

    /// How many lanes may give a job.
    pub(crate) fn ready_count(&self) -> usize {
        self.ready.len()
    }

    /// When time alone may let a lane that gives none give jobs: a pause ends, or a rate allows more.
    pub(crate) fn next_opening(&self, lead: Lead) -> Option<u64> {
        let refill = self.refills.first_key_value().map(|(when, _)| lead.unix_ms(QueueMs(when.at)));
        refill.into_iter().chain(self.next_pause_end()).min()
    }

    /// Changes the rules of a lane. With rules it stays when its last job is gone.
    pub(crate) fn edit_rules(&mut self, number: LaneNumber, change: impl FnOnce(&mut LaneRules)) {
        let Some(lane) = self.list.get(number.0) else { return };
        let (before, name) = (lane.rules(), Arc::clone(&lane.name));
        let mut rules = before;
        change(&mut rules);
        if lane.jobs == 0 {
            self.expiring.remove(&(lane.bucket.full_at(), Arc::clone(&name)));
        }
        let is_ruled = |rules: LaneRules| usize::from(rules != LaneRules::default());
        self.ruled = (self.ruled + is_ruled(rules)).saturating_sub(is_ruled(before));
        let is_paused = |rules: LaneRules| usize::from(rules.pause.is_some());
        self.paused = (self.paused + is_paused(rules)).saturating_sub(is_paused(before));
        let is_rated = |rules: LaneRules| usize::from(rules.has_rate());
        self.rated = (self.rated + is_rated(rules)).saturating_sub(is_rated(before));
        if let Some(end) = before.pause_end() {
            self.pauses.remove(&(end, Arc::clone(&name)));
        }
        self.pauses.extend(rules.pause_end().map(|end| (end, name)));
        self.edit(number, |lane| lane.set_rules(rules));
    }

    /// When the next pause of a lane ends by itself.
    pub(crate) fn next_pause_end(&self) -> Option<u64> {
        self.pauses.first().map(|(end, _)| *end)
    }

    /// Ends the pause that ends next: when that is, of which group, and what of its pause is left.
    pub(crate) fn end_first_pause(&mut self) -> Option<(u64, Arc<[u8]>, Option<Pause>)> {
        let (end, name) = self.pauses.first()?.clone();
        let number = self.find(&name)?;
        self.edit_rules(number, |rules| rules.pause = rules.pause.and_then(Pause::without_until));
        let left = self.get(number).and_then(|lane| lane.rules().pause);
        Some((end, name, left))
    }

    /// Drops a lane that no job names, that has no rules, and whose bucket is full at `at`, or plans that.
    pub(crate) fn plan_expiry(&mut self, number: LaneNumber, at: u64) {
        let Some(lane) = self.list.get(number.0).filter(|lane| lane.may_go()) else { return };
        let full_at = lane.bucket.full_at();
        if full_at > at {
            self.expiring.insert((full_at, Arc::clone(&lane.name)));
        } else {
            self.drop(number);
        }
    }

    fn drop(&mut self, number: LaneNumber) {
        self.place(number, LanePosition::default());
        if let Some(lane) = self.list.remove(number.0) {
            self.name_bytes = self.name_bytes.saturating_sub(lane.name.len());
            self.numbers.remove(&lane.name);
        }
    }

    /// When the next lane is to be forgotten.
    pub(crate) fn next_forgotten(&self) -> Option<u64> {
        self.expiring.first().map(|(at, _)| *at)
    }

    /// Forgets the next lane.
    pub(crate) fn forget_first(&mut self) {
        if let Some((_, name)) = self.expiring.pop_first() {
            if let Some(number) = self.find(&name) {
                self.drop(number);
            }
        }
    }

    /// The lane whose job is claimed next, with its key. O(log lanes).
    pub(crate) fn first_ready(&self) -> Option<(PriorityKey, LaneNumber)> {
        self.ready.first_key_value().map(|(place, number)| (*place, LaneNumber(*number)))
    }

    /// The lanes with a claimable job, in their order.
    pub(crate) fn ready(&self) -> impl Iterator<Item = LaneNumber> + '_ {
        self.ready.values().copied().map(LaneNumber)
    }

    /// When a lane is to be evaluated next: when its rate allows more claims, or, at 0, because the settings
    /// have changed.
    pub(crate) fn next_evaluation(&self) -> Option<u64> {
        let has_changed = self.revisit.is_some() || !self.left.is_empty() || !self.left_refills.is_empty();
        has_changed.then_some(0).or_else(|| self.refills.first_key_value().map(|(when, _)| when.at))
    }

    /// The lane to evaluate as of `at`, if there is one.
    pub(crate) fn next_to_evaluate(&mut self, at: u64) -> Option<LaneNumber> {
        if let Some(name) = self.revisit.take() {
            let mut rest = self.numbers.range::<[u8], _>((Included(&*name), Unbounded));
            let found = rest.next().map(|(_, number)| LaneNumber(*number));
            self.revisit = rest.next().map(|(name, _)| Arc::clone(name));
            if found.is_some() {
                return found;
            }
        }
        let (when, number) = self.refills.first_key_value()?;
        (when.at <= at).then_some(LaneNumber(*number))
    }

    /// Frees some memory of orders that all lanes have left. True: there is more.
    pub(crate) fn shed(&mut self) -> bool {
        shed(&mut self.left) | shed(&mut self.left_refills)
    }

    /// The settings have changed: no lane has a position until it is evaluated again. O(1).
    pub(crate) fn start_over(&mut self) {
        self.round = self.round.wrapping_add(1);
        self.left.extend(Some(std::mem::take(&mut self.ready)).filter(|ready| !ready.is_empty()));
        self.left_refills
            .extend(Some(std::mem::take(&mut self.refills)).filter(|refills| !refills.is_empty()));
        self.room = 0;
        self.revisit = self.numbers.first_key_value().map(|(name, _)| Arc::clone(name));
    }
}

/// Drops a few entries; whether there are more.
fn shed<K: Ord>(orders: &mut Vec<BTreeMap<K, Handle>>) -> bool {
    const AT_ONCE: usize = 8;
    let Some(order) = orders.last_mut() else { return false };
    (0..AT_ONCE).for_each(|_| drop(order.pop_first()));
    if order.is_empty() {
        orders.pop();
    }
    !orders.is_empty()
}
