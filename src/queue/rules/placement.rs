//! Which parts of a queue list a job: the indexes of its state, its lane, the batch it waits for, its worker, the counts
//! of its name.
//!
//! All of them change here, in the same two functions, so a count can not differ from what is listed.

use crate::queue::batches::BatchNumber;
use crate::queue::jobs::{Gate, JobOptions, OptionSet, OptionSetId, Place, StateData};
use crate::queue::store::Handle;
use crate::queue::value::Queue;

impl Queue {
    /// Lists a job that is nowhere listed.
    pub(crate) fn enter(&mut self, handle: Handle) {
        let table = &self.jobs.table;
        let Some(job) = table.get(handle) else { return };
        match job.state {
            StateData::Waiting { .. } => {
                if let Some(lane) = table.lane_of(job) {
                    self.limits
                        .lanes
                        .make()
                        .insert_waiting(lane, table.lane_key(handle), handle, |h| table.lane_key(h));
                }
            }
            StateData::Blocked { gate: Gate::Batch(after), .. } => {
                self.batches.make().block(after, job.seq, handle, |h| table.priority_key(h).seq);
            }
            StateData::Active { token, worker, .. } => {
                self.workers.make().give(worker, token, handle, |h| table.token_key(h));
                if let Some(lane) = table.lane_of(job) {
                    self.limits.lanes.make().edit(lane, |lane| lane.active = lane.active.saturating_add(1));
                }
            }
            StateData::Blocked { gate: Gate::Hold, .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Completed { .. }
            | StateData::Failed { .. } => {}
        }
        self.jobs.indexes.insert(table, handle, job);
        self.enter_name(handle);
    }

    /// Takes a job out of whatever lists it.
    pub(crate) fn leave(&mut self, handle: Handle) {
        self.leave_name(handle);
        let table = &self.jobs.table;
        let Some(job) = table.get(handle) else { return };
        self.jobs.indexes.remove(table, handle, job);
        match job.state {
            StateData::Waiting { .. } => {
                if let Some(lane) = table.lane_of(job) {
                    self.limits.lanes.make().remove_waiting(lane, table.lane_key(handle), handle);
                }
            }
            StateData::Blocked { gate: Gate::Batch(after), .. } => {
                self.batches.make().unblock(after, job.seq, handle);
            }
            StateData::Active { token, worker, .. } => {
                self.workers.make().take(worker, token, handle);
                if self.jobs.indexes.active.is_empty() {
                    self.subscriptions.became_idle();
                }
                if let Some(lane) = table.lane_of(job) {
                    self.limits.lanes.make().edit(lane, |lane| lane.active = lane.active.saturating_sub(1));
                }
            }
            StateData::Blocked { gate: Gate::Hold, .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Completed { .. }
            | StateData::Failed { .. } => {}
        }
    }

    /// Moves a job to the end or the front of its priority, or to the delayed when it has a `due`.
    pub(crate) fn rejoin(&mut self, handle: Handle, place: Place, due: Option<u64>, at: u64) {
        self.leave(handle);
        self.enter_line(handle, place, due, at);
    }

    /// The same for a job that is in no index.
    pub(crate) fn enter_line(&mut self, handle: Handle, place: Place, due: Option<u64>, at: u64) {
        let seq = self.jobs.take_seq_at(place);
        self.jobs.edit(handle, |job| {
            job.seq = seq;
            job.state = match due {
                Some(due) => StateData::Delayed { due },
                None => StateData::Waiting { since: at, lapsed: 0 },
            };
        });
        self.enter(handle);
    }

    /// Moves a job to another state and to the end or the front of its priority.
    pub(crate) fn move_over(&mut self, handle: Handle, place: Place, state: StateData) {
        self.leave(handle);
        let seq = self.jobs.take_seq_at(place);
        self.jobs.edit(handle, |job| {
            job.seq = seq;
            job.state = state;
        });
        self.enter(handle);
    }

    /// Moves a job to another state at the place it has.
    pub(crate) fn move_to(&mut self, handle: Handle, state: StateData) {
        self.leave(handle);
        self.jobs.edit(handle, |job| job.state = state);
        self.enter(handle);
    }

    fn enter_name(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        if let Some(name) = self.jobs.table.name_of(job) {
            let state = job.state_name();
            self.jobs.table.names.make().enter(name, state);
        }
    }

    fn leave_name(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        if let Some(name) = self.jobs.table.name_of(job) {
            let state = job.state_name();
            self.jobs.table.names.make().leave(name, state);
        }
    }

    /// Gives a job another name where it is: no index but the counts of names knows it.
    pub(crate) fn rename_job(&mut self, handle: Handle, name: &[u8]) {
        self.leave_name(handle);
        if let Some(job) = self.jobs.get(handle) {
            let set = self.jobs.table.option_sets.set(job.options);
            let name = self.jobs.table.names.make().of(name);
            self.set_option_set(handle, OptionSet { name, ..set });
        }
        self.enter_name(handle);
    }

    /// Gives a job that is nowhere listed its options, its batch, its lane and its name, in the place of those it has.
    pub(crate) fn set_options(
        &mut self,
        handle: Handle,
        options: JobOptions,
        batch: Option<BatchNumber>,
        group: Option<&[u8]>,
        name: Option<&[u8]>,
    ) {
        let lane = group.and_then(|name| self.limits.lanes.make().of(name));
        let name = name.and_then(|name| self.jobs.table.names.make().of(name));
        self.set_option_set(handle, OptionSet { options, batch, lane, name });
    }

    /// The same by the numbers of lane and name. A job that stays in its lane goes on holding it, and may be listed
    /// there.
    pub(crate) fn set_option_set(&mut self, handle: Handle, set: OptionSet) {
        if let Some(lane) = set.lane {
            self.limits.lanes.make().join(lane);
        }
        if let Some(name) = set.name {
            self.jobs.table.names.make().join(name);
        }
        let held = self.hold_option_set(set);
        // As for most jobs: none of its own, before and now.
        let had = self.jobs.get(handle).map(|job| job.options);
        if held == OptionSetId::default() && had == Some(held) {
            return;
        }
        if self.jobs.get(handle).and_then(|job| self.lane_of(job)) != set.lane {
            self.release_lane(handle);
        }
        self.release_option_set(handle);
        self.jobs.edit(handle, |job| job.options = held);
    }

    /// Takes one more use of a set. That of a lane alone is found by its lane, without a search.
    fn hold_option_set(&mut self, set: OptionSet) -> OptionSetId {
        if set == OptionSet::default() {
            return OptionSetId::default();
        }
        let sets = self.jobs.table.option_sets.make();
        let Some(number) = set.lane_alone() else { return sets.hold(set) };
        if let Some(kept) = self.limits.lanes.get(number).and_then(|lane| lane.plain_set) {
            return sets.hold_again(kept);
        }
        let held = sets.hold(set);
        self.limits.lanes.make().set_plain_set(number, held.handle());
        held
    }

    /// A job that is nowhere listed is about to be freed.
    pub(crate) fn release_options(&mut self, handle: Handle) {
        self.release_lane(handle);
        self.release_option_set(handle);
    }

    fn release_option_set(&mut self, handle: Handle) {
        let table = &mut self.jobs.table;
        let Some(job) = table.get(handle) else { return };
        let (set, lane, name) = (job.options, table.lane_of(job), table.name_of(job));
        if let Some(lane) = lane {
            self.limits.lanes.make().quit(lane);
        }
        if let Some(name) = name {
            table.names.make().quit(name);
        }
        let gone = table.option_sets.if_there().and_then(|sets| sets.release(set));
        if let Some(lane) = gone.and_then(|set| set.lane_alone()) {
            self.limits.lanes.make().set_plain_set(lane, None);
        }
    }
}
