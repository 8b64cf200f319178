//! One batch: its number, the counts of its members, and whether a job that waits for it may start.

use super::refs::BatchCondition;
use crate::queue::store::{EndState, Order};
use crate::queue::time::FOREVER;
use std::sync::Arc;

/// The number of a batch in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchNumber(pub(crate) u64);

/// How many members are in which state. Every member is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct Members {
    pub pending: u64,
    pub completed: u64,
    pub failed: u64,
    pub expired: u64,
    pub cancelled: u64,
}

impl Members {
    /// All members there ever were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pending + self.completed + self.failed + self.expired + self.cancelled
    }

    /// Where members are counted that ended so.
    pub(crate) fn of(&mut self, end_state: EndState) -> &mut u64 {
        match end_state {
            EndState::Completed => &mut self.completed,
            EndState::Failed => &mut self.failed,
            EndState::Expired => &mut self.expired,
            EndState::Cancelled => &mut self.cancelled,
        }
    }

    fn all_completed(&self) -> bool {
        self.completed == self.total()
    }
}

/// A named set of jobs with exact counts.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) name: Arc<[u8]>,
    pub(crate) created_at: u64,
    pub(crate) sealed: bool,
    pub(crate) members: Members,
    /// ADDs of members that were refused because the id was known.
    pub(crate) duplicates: u64,
    /// When it finished, Unix ms; 0: not yet. It finishes once.
    pub(crate) finished_at: u64,
    /// When nothing of a sealed one was pending any more, the last time that was so; 0: never yet. Later than
    /// `finished_at` once a failed member was retried and has ended again.
    pub(crate) settled_at: u64,
    /// Dropped then, if nothing is pending and no job waits for it; or FOREVER. It moves whenever a finished one
    /// is settled, and whenever an open one is mentioned or a member of it ends.
    pub(crate) keep_until: u64,
    /// The jobs that wait for it with AFTER, by the order in which they were added.
    pub(crate) blocked_after: Order<i64>,
    /// The same for AFTEROK.
    pub(crate) blocked_afterok: Order<i64>,
}

/// What happens next to a batch without a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchPlan {
    /// Jobs that wait for it are released; it was decided at that instant.
    Release(u64),
    /// It is dropped at that instant.
    Forget(u64),
}

impl Batch {
    pub(crate) fn is_finished(&self) -> bool {
        self.finished_at != 0
    }

    /// Whether it has finished and nothing of it is pending. A retried member is.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_finished() && self.members.pending == 0
    }

    /// Whether it takes members and has none that is pending.
    pub(crate) fn is_open_and_empty(&self) -> bool {
        !self.sealed && self.members.pending == 0
    }

    /// Whether no job waits for it.
    pub(crate) fn blocks_no_job(&self) -> bool {
        self.blocked_after.is_empty() && self.blocked_afterok.is_empty()
    }

    /// The jobs that wait for this condition.
    pub(crate) fn blocked(&self, condition: BatchCondition) -> &Order<i64> {
        match condition {
            BatchCondition::Finished => &self.blocked_after,
            BatchCondition::Completed => &self.blocked_afterok,
        }
    }

    pub(crate) fn blocked_mut(&mut self, condition: BatchCondition) -> &mut Order<i64> {
        match condition {
            BatchCondition::Finished => &mut self.blocked_after,
            BatchCondition::Completed => &mut self.blocked_afterok,
        }
    }

    /// What is decided of this condition, and since when; None: it is not
    /// decided yet. While a retried member is pending, it is open whether all will be completed.
    pub(crate) fn decision(&self, condition: BatchCondition) -> Option<(Decision, u64)> {
        match condition {
            BatchCondition::Finished => self.is_finished().then_some((Decision::Met, self.finished_at)),
            BatchCondition::Completed => self.is_settled().then(|| {
                let is_met = self.members.all_completed();
                (if is_met { Decision::Met } else { Decision::Unmet }, self.settled_at)
            }),
        }
    }

    /// What happens next to it without a command.
    pub(crate) fn plan(&self) -> Option<BatchPlan> {
        if !self.is_finished() {
            let is_idle = self.is_open_and_empty() && self.blocks_no_job() && self.keep_until != FOREVER;
            is_idle.then_some(BatchPlan::Forget(self.keep_until))
        } else if !self.blocked_after.is_empty() {
            Some(BatchPlan::Release(self.finished_at))
        } else if self.members.pending > 0 {
            None
        } else if !self.blocked_afterok.is_empty() {
            Some(BatchPlan::Release(self.settled_at))
        } else {
            Some(BatchPlan::Forget(self.keep_until)).filter(|_| self.keep_until != FOREVER)
        }
    }
}

/// What is decided of the condition of a job that waits for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The job may go on.
    Met,
    /// It fails: not every member was completed.
    Unmet,
}

/// All that is known about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's names
pub struct BatchView {
    pub name: Vec<u8>,
    pub sealed: bool,
    pub members: Members,
    pub duplicates: u64,
    /// Jobs that wait for it.
    pub blocked: usize,
    pub created_at: u64,
    pub finished_at: Option<u64>,
}

pub(crate) fn view(batch: &Batch) -> BatchView {
    BatchView {
        name: batch.name.to_vec(),
        sealed: batch.sealed,
        members: batch.members,
        duplicates: batch.duplicates,
        blocked: batch.blocked_after.len() + batch.blocked_afterok.len(),
        created_at: batch.created_at,
        finished_at: Some(batch.finished_at).filter(|at| *at != 0),
    }
}
