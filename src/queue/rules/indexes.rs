//! Into which indexes a job belongs, by its state.

use crate::queue::jobs::{
    due_key, expiry_key, finished_key, lane_key, place_key, token_key, Job, JobOptions, OptionSet, StateData,
};
use crate::queue::store::{Entry, Handle};
use crate::queue::time::FOREVER;
use crate::queue::value::Queue;

impl Queue {
    /// Changes a job in ways that no index sees, keeping count of its memory.
    pub(crate) fn edit(&mut self, handle: Handle, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.jobs.get_mut(handle) else { return };
        let before = job.bytes();
        change(job);
        self.job_bytes = (self.job_bytes + job.bytes()).saturating_sub(before);
    }

    /// Puts a job into the indexes of its state.
    pub(crate) fn enter(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        let jobs = &self.jobs;
        let (state, expires) = (job.state, job.expires());
        match state {
            StateData::Waiting { .. } => match self.recipes.lane(job.recipe) {
                None => self.waiting.insert(place_key(jobs, handle), handle, |h| place_key(jobs, h)),
                Some(lane) => {
                    let recipes = &self.recipes;
                    let key = lane_key(jobs, recipes, handle);
                    self.grouped.insert(key.place, handle, |h| place_key(jobs, h));
                    self.lanes.line.insert(key, handle, |h| lane_key(jobs, recipes, h));
                    self.lanes.edit(lane, |lane| lane.waiting = lane.waiting.saturating_add(1));
                }
            },
            StateData::Delayed { .. } => {
                self.delayed.insert(due_key(jobs, handle), handle, |h| due_key(jobs, h));
            }
            StateData::Blocked { after, .. } => {
                self.blocked.insert(place_key(jobs, handle), handle, |h| place_key(jobs, h));
                self.batches.block(after.batch, job.seq, handle, |h| place_key(jobs, h).seq);
            }
            StateData::Active { token, worker, .. } => {
                self.workers.give(worker, token, handle, |h| token_key(jobs, h));
                if let Some(lane) = self.recipes.lane(job.recipe) {
                    self.lanes.edit(lane, |lane| lane.active = lane.active.saturating_add(1));
                }
                self.enter_active(handle);
                return;
            }
            StateData::Completed { .. } => {
                self.completed.insert(finished_key(jobs, handle), handle, |h| finished_key(jobs, h));
            }
            StateData::Failed { .. } => {
                self.failed.insert(finished_key(jobs, handle), handle, |h| finished_key(jobs, h));
            }
        }
        match state {
            StateData::Waiting { .. } | StateData::Delayed { .. } | StateData::Blocked { .. }
                if expires != FOREVER =>
            {
                self.expiring.insert(expiry_key(jobs, handle), handle, |h| expiry_key(jobs, h));
            }
            StateData::Completed { .. } | StateData::Failed { .. } => {
                self.plan_forgetting(Entry::Job(handle));
            }
            _ => {}
        }
    }

    /// Takes a job out of the indexes of its state.
    pub(crate) fn leave(&mut self, handle: Handle) {
        let Some(job) = self.jobs.get(handle) else { return };
        let jobs = &self.jobs;
        let (state, expires) = (job.state, job.expires());
        match state {
            StateData::Waiting { .. } => match self.recipes.lane(job.recipe) {
                None => drop(self.waiting.remove(place_key(jobs, handle), handle)),
                Some(lane) => {
                    let key = lane_key(jobs, &self.recipes, handle);
                    self.grouped.remove(key.place, handle);
                    self.lanes.line.remove(key, handle);
                    self.lanes.edit(lane, |lane| lane.waiting = lane.waiting.saturating_sub(1));
                }
            },
            StateData::Delayed { .. } => {
                self.delayed.remove(due_key(jobs, handle), handle);
            }
            StateData::Blocked { after, .. } => {
                self.blocked.remove(place_key(jobs, handle), handle);
                self.batches.unblock(after.batch, job.seq, handle);
            }
            StateData::Active { token, worker, .. } => {
                self.workers.take(worker, token, handle);
                if let Some(lane) = self.recipes.lane(job.recipe) {
                    self.lanes.edit(lane, |lane| lane.active = lane.active.saturating_sub(1));
                }
                self.leave_active(handle);
                return;
            }
            StateData::Completed { .. } => {
                self.completed.remove(finished_key(jobs, handle), handle);
            }
            StateData::Failed { .. } => {
                self.failed.remove(finished_key(jobs, handle), handle);
            }
        }
        match state {
            StateData::Waiting { .. } | StateData::Delayed { .. } | StateData::Blocked { .. }
                if expires != FOREVER =>
            {
                self.expiring.remove(expiry_key(jobs, handle), handle);
            }
            StateData::Completed { .. } | StateData::Failed { .. } => {
                self.cancel_forgetting(Entry::Job(handle));
            }
            _ => {}
        }
    }

    /// Gives a job that is in no index its options and its lane, in the place of those it has.
    pub(crate) fn set_recipe(&mut self, handle: Handle, recipe: JobOptions, group: Option<&[u8]>) {
        let lane = group.and_then(|name| self.lanes.of(name));
        if let Some(lane) = lane {
            self.lanes.join(lane);
        }
        let new = self.recipes.hold(OptionSet { recipe, lane });
        self.drop_recipe(handle);
        self.edit(handle, |job| job.recipe = new);
    }

    /// A job that is in no index is about to go, or to get other options.
    pub(crate) fn drop_recipe(&mut self, handle: Handle) {
        self.let_go(handle);
        let Some(job) = self.jobs.get(handle) else { return };
        if let Some(lane) = self.lane_of(job) {
            self.lanes.quit(lane);
        }
        self.recipes.release(job.recipe);
    }

    pub(crate) fn enter_active(&mut self, handle: Handle) {
        let jobs = &self.jobs;
        self.active.insert(due_key(jobs, handle), handle, |h| due_key(jobs, h));
    }

    pub(crate) fn leave_active(&mut self, handle: Handle) {
        let jobs = &self.jobs;
        self.active.remove(due_key(jobs, handle), handle);
    }
}
