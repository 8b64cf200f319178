//! The sorted indexes of a queue: one for each state, and two for what happens at an instant.
//!
//! A job is in exactly one index of its state. Its key must not change while it is in one.

use super::job::Job;
use super::state::StateData;
use super::table::JobTable;
use crate::queue::store::{Handle, IdEntry, InstantKey, Order, PriorityKey, Seldom};
use crate::queue::time::FOREVER;

/// Handles of jobs by state and by instant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Indexes {
    /// Waiting jobs without a GROUP.
    pub(crate) waiting: Order<PriorityKey>,
    /// Waiting jobs with one; their lanes list them too.
    pub(crate) grouped: Seldom<Order<PriorityKey>>,
    pub(crate) delayed: Seldom<Order<InstantKey>>,
    /// Jobs that wait for their next attempt, on the clock of the queue.
    pub(crate) retrying: Seldom<Order<InstantKey>>,
    /// Jobs that wait for a batch; each batch lists its own too.
    pub(crate) blocked: Seldom<Order<PriorityKey>>,
    /// By the end of the lease, on the clock of the queue.
    pub(crate) active: Order<InstantKey>,
    /// Records, by the instant their jobs finished.
    pub(crate) completed: Seldom<Order<InstantKey>>,
    pub(crate) failed: Seldom<Order<InstantKey>>,
    /// Waiting, delayed and blocked jobs with PX, by the instant they expire.
    pub(crate) expiring: Seldom<Order<InstantKey>>,
    /// Records (packed entries) by the instant they are dropped, unless that is never.
    pub(crate) forgetting: Seldom<Order<InstantKey>>,
    /// Remembered ids (packed entries) by the instant they are dropped, those last that never are.
    pub(crate) remembered: Order<InstantKey>,
}

impl Indexes {
    /// Puts `job`, which is at `handle`, into the indexes of its state.
    pub(crate) fn insert(&mut self, table: &JobTable, handle: Handle, job: &Job) {
        match job.state {
            StateData::Waiting { .. } => {
                let index =
                    if table.lane_of(job).is_none() { &mut self.waiting } else { self.grouped.make() };
                index.insert(job.priority_key(), handle, |h| table.priority_key(h));
            }
            StateData::Delayed { .. } => {
                self.delayed.make().insert(job.due_key(), handle, |h| table.due_key(h));
            }
            StateData::Retrying { .. } => {
                self.retrying.make().insert(job.due_key(), handle, |h| table.due_key(h));
            }
            StateData::Blocked { .. } => {
                self.blocked.make().insert(job.priority_key(), handle, |h| table.priority_key(h));
            }
            StateData::Active { .. } => self.insert_active(table, handle, job),
            StateData::Completed { .. } => {
                self.completed.make().insert(job.finished_key(), handle, |h| table.finished_key(h));
            }
            StateData::Failed { .. } => {
                self.failed.make().insert(job.finished_key(), handle, |h| table.finished_key(h));
            }
        }
        match job.state {
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. } => {
                if job.expires() != FOREVER {
                    self.expiring.make().insert(job.expiry_key(), handle, |h| table.expiry_key(h));
                }
            }
            StateData::Active { .. } => {}
            StateData::Completed { .. } | StateData::Failed { .. } => {
                self.insert_forgetting(table, handle);
            }
        }
    }

    /// Takes `job`, which is at `handle`, out of the indexes of its state.
    pub(crate) fn remove(&mut self, table: &JobTable, handle: Handle, job: &Job) {
        match job.state {
            StateData::Waiting { .. } => {
                let index =
                    if table.lane_of(job).is_none() { &mut self.waiting } else { self.grouped.make() };
                index.remove(job.priority_key(), handle);
            }
            StateData::Delayed { .. } => {
                self.delayed.make().remove(job.due_key(), handle);
            }
            StateData::Retrying { .. } => {
                self.retrying.make().remove(job.due_key(), handle);
            }
            StateData::Blocked { .. } => {
                self.blocked.make().remove(job.priority_key(), handle);
            }
            StateData::Active { .. } => self.remove_active(handle, job),
            StateData::Completed { .. } => {
                self.completed.make().remove(job.finished_key(), handle);
            }
            StateData::Failed { .. } => {
                self.failed.make().remove(job.finished_key(), handle);
            }
        }
        match job.state {
            StateData::Waiting { .. }
            | StateData::Delayed { .. }
            | StateData::Retrying { .. }
            | StateData::Blocked { .. } => {
                if job.expires() != FOREVER {
                    self.expiring.make().remove(job.expiry_key(), handle);
                }
            }
            StateData::Active { .. } => {}
            StateData::Completed { .. } | StateData::Failed { .. } => {
                self.remove_forgetting(table, handle);
            }
        }
    }

    /// Puts an active job, whose lease has changed, back into its index.
    pub(crate) fn insert_active(&mut self, table: &JobTable, handle: Handle, job: &Job) {
        self.active.insert(job.due_key(), handle, |h| table.due_key(h));
    }

    /// Takes an active job, whose lease is about to change, out of its index.
    pub(crate) fn remove_active(&mut self, handle: Handle, job: &Job) {
        self.active.remove(job.due_key(), handle);
    }

    /// Plans that a record is dropped, unless it is kept for ever.
    fn insert_forgetting(&mut self, table: &JobTable, record: Handle) {
        let packed = IdEntry::Job(record).pack();
        let key = table.forget_key(packed);
        if key.at != FOREVER {
            self.forgetting.make().insert(key, packed, |packed| table.forget_key(packed));
        }
    }

    fn remove_forgetting(&mut self, table: &JobTable, record: Handle) {
        let packed = IdEntry::Job(record).pack();
        let key = table.forget_key(packed);
        if key.at != FOREVER {
            self.forgetting.make().remove(key, packed);
        }
    }

    /// Lists a remembered id, whose record has this key.
    pub(super) fn insert_remembered(&mut self, table: &JobTable, handle: Handle, key: InstantKey) {
        let packed = IdEntry::Remembered(handle).pack();
        self.remembered.insert(key, packed, |packed| table.forget_key(packed));
    }

    pub(super) fn remove_remembered(&mut self, table: &JobTable, handle: Handle) {
        let packed = IdEntry::Remembered(handle).pack();
        self.remembered.remove(table.forget_key(packed), packed);
    }

    /// Heap bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.waiting.bytes()
            + self.grouped.bytes()
            // Each batch lists its own once more.
            + 2 * self.blocked.bytes()
            + self.delayed.bytes()
            + self.retrying.bytes()
            + self.active.bytes()
            + self.completed.bytes()
            + self.failed.bytes()
            + self.expiring.bytes()
            + self.forgetting.bytes()
            + self.remembered.bytes()
    }
}
