//! One batch: its number, the counts of its members, and whether a job that waits for it may start.

use super::refs::BatchCondition;
use crate::queue::store::{EndState, Order};
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
    /// When it finished, Unix ms; 0: not yet.
    pub(crate) finished_at: u64,
    /// Of a finished one: dropped then, or FOREVER.
    pub(crate) keep_until: u64,
    /// The jobs that wait for it, by the order in which they were added.
    pub(crate) blocked: Order<u64>,
}

impl Batch {
    pub(crate) fn is_finished(&self) -> bool {
        self.finished_at != 0
    }

    /// Whether a job that waits for this condition may start; None: not decided yet.
    pub(crate) fn meets(&self, condition: BatchCondition) -> Option<bool> {
        match condition {
            _ if !self.is_finished() => None,
            BatchCondition::Finished => Some(true),
            BatchCondition::Completed => Some(self.members.all_completed()),
        }
    }
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
        blocked: batch.blocked.len(),
        created_at: batch.created_at,
        finished_at: Some(batch.finished_at).filter(|at| *at != 0),
    }
}
