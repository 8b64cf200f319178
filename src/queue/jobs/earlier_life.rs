//! What is left of the life of a job before its present one, where a rerun has followed it.

use crate::queue::batches::BatchNumber;

/// Kept apart, since few jobs ever have it, and none that is finished.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EarlierLife {
    /// Its error, if it failed: shown until this life ends.
    pub(crate) error: Option<Box<[u8]>>,
    /// If it ended with a lost lease.
    pub(crate) lost: Option<LostLife>,
}

/// A life that ended with a lost lease because a rerun was set for the time after it. The ACK of its last run
/// still counts until the job is claimed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LostLife {
    pub(crate) token: u64,
    /// What the life that ended with it was a member of.
    pub(crate) batch: Option<BatchNumber>,
}

impl EarlierLife {
    /// Boxed, unless nothing is left.
    pub(crate) fn of(error: Option<Box<[u8]>>, lost: Option<LostLife>) -> Option<Box<Self>> {
        let it = EarlierLife { error, lost };
        (it != EarlierLife::default()).then(|| Box::new(it))
    }

    /// Heap bytes behind it, itself included.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.error.as_ref().map_or(0, |error| error.len())
    }
}
