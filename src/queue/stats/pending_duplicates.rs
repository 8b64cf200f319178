//! ADDs that were refused because their id is known: counted at once, journaled a little later.
//!
//! Refusing changes nothing but a counter, and a storm of duplicates (every pod of a cluster gets the same
//! event) is the wrong moment to replicate each of them. So they are counted here, journaled in one effect
//! with the next change of the queue or after [`JOURNALED_AFTER`], and only then become part of the state.
//! Digests and copies see the state. What is saved carries both, so an orderly restart loses none; a crash
//! may lose the last tenth of a second.
//!
//! A replica that was sent a saved queue holds those its primary has not journaled until the effect with them
//! arrives.

use crate::queue::batches::BatchNumber;

/// In milliseconds.
const JOURNALED_AFTER: u64 = 100;

/// Whether there can be so many: the bound is more than a server refuses before it must journal them.
pub(crate) fn plausible_duplicates(count: u64) -> bool {
    (1..1 << 32).contains(&count)
}

/// Refused ADDs of one batch, or of none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PendingDuplicates {
    pub(crate) count: u64,
    pub(crate) batch: Option<BatchNumber>,
    /// When the first of them was refused, Unix ms.
    pub(crate) since: u64,
}

/// A copy of a queue has its state only.
impl Clone for PendingDuplicates {
    fn clone(&self) -> Self {
        PendingDuplicates::default()
    }
}

impl PendingDuplicates {
    pub(crate) fn any(&self) -> bool {
        self.count > 0
    }

    /// When they must be journaled, Unix ms.
    pub(crate) fn due(&self) -> Option<u64> {
        self.any().then(|| self.since.saturating_add(JOURNALED_AFTER))
    }

    /// Whether they must be journaled at `at`: later than that, and where the clock was set back to before the first.
    pub(crate) fn are_due(&self, at: u64) -> bool {
        self.due().is_some_and(|due| !(self.since..due).contains(&at))
    }

    /// How many of them are about this batch.
    pub(crate) fn of(&self, batch: BatchNumber) -> u64 {
        if self.batch == Some(batch) {
            self.count
        } else {
            0
        }
    }

    /// So many have been journaled.
    pub(crate) fn journaled(&mut self, count: u64) {
        self.count = self.count.saturating_sub(count);
    }
}
