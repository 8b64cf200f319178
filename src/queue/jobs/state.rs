//! The states of a job's life, which the manual draws: their names, and what each of them carries.

use crate::queue::batches::{BatchNumber, Dependency};
use crate::queue::store::EndState;
use crate::queue::time::QueueMs;

/// The state of a job with what belongs to it. Every state carries what only it needs; instants are Unix
/// milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateData {
    /// Claimable since `since`. `lapsed` is the token of a lease that ran out and may still be acknowledged,
    /// or 0.
    Waiting { since: u64, lapsed: u64 },
    /// Not before `due`.
    Delayed { due: u64 },
    /// Waits for its next attempt, until `due` on the clock of the queue.
    Retrying { due: QueueMs },
    /// Waits behind a gate; then not before `due`, if that is not 0.
    Blocked { gate: Gate, due: u64 },
    /// Claimed at `since` under `token`; belongs to the worker of that number until `lease_until` on the clock of the
    /// queue.
    Active { token: u64, since: u64, lease_until: QueueMs, worker: u32 },
    /// Done at `at` under `token`; the record is kept.
    Completed { at: u64, token: u64 },
    /// Failed for good at `at`; the record is kept.
    Failed { at: u64, token: u64 },
}

/// What a blocked job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// HOLD: a PROMOTE.
    Hold,
    /// AFTER or AFTEROK: a batch.
    Batch(Dependency<BatchNumber>),
}

/// The names of the states, as the manual and every reply write them. The order is part of the saved format: add at the
/// end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JobState {
    Waiting,
    Delayed,
    Blocked,
    Active,
    Completed,
    Failed,
    Expired,
    Cancelled,
}

impl JobState {
    /// By their numbers in bytes.
    const ALL: [JobState; 8] = [
        JobState::Waiting,
        JobState::Delayed,
        JobState::Blocked,
        JobState::Active,
        JobState::Completed,
        JobState::Failed,
        JobState::Expired,
        JobState::Cancelled,
    ];

    /// Those of jobs and records. The others say how the job of a remembered id has ended.
    pub const OF_JOBS: [JobState; 6] = {
        let [waiting, delayed, blocked, active, completed, failed, _, _] = Self::ALL;
        [waiting, delayed, blocked, active, completed, failed]
    };

    /// The manual's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Delayed => "delayed",
            JobState::Blocked => "blocked",
            JobState::Active => "active",
            JobState::Completed => "completed",
            JobState::Failed => "failed",
            JobState::Expired => "expired",
            JobState::Cancelled => "cancelled",
        }
    }

    /// The number for it in bytes.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl From<EndState> for JobState {
    fn from(end_state: EndState) -> Self {
        match end_state {
            EndState::Completed => JobState::Completed,
            EndState::Failed => JobState::Failed,
            EndState::Expired => JobState::Expired,
            EndState::Cancelled => JobState::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_comes_back_from_its_number() {
        for state in JobState::ALL {
            assert_eq!(JobState::from_code(state.code()), Some(state));
        }
        assert_eq!(JobState::from_code(8), None);
    }
}
