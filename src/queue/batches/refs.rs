//! How a job belongs to batches: the one it is a member of, and the one it waits for.

/// What a job says of batches. `N` is the name of a batch as a producer wrote it, or the
/// [`super::BatchNumber`] that the queue has found for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchRefs<N> {
    /// BATCH: the job is a member of this one.
    pub batch: Option<N>,
    /// AFTER or AFTEROK: the job waits for this one.
    pub after: Option<Dependency<N>>,
}

/// A batch that a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency<N> {
    /// The batch.
    pub batch: N,
    /// What it has to come to.
    pub condition: BatchCondition,
}

/// What a batch has to come to before a job that waits for it may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BatchCondition {
    /// AFTER: it has finished.
    Finished,
    /// AFTEROK: it has finished, and every member was completed.
    Completed,
}

impl<N> BatchRefs<N> {
    /// No batch at all.
    pub const NONE: Self = BatchRefs { batch: None, after: None };

    /// Whether no batch is named.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.batch.is_none() && self.after.is_none()
    }

    /// Every batch that is named.
    pub fn names(&self) -> impl Iterator<Item = &N> {
        self.batch.iter().chain(self.after.as_ref().map(|after| &after.batch))
    }

    /// The same batches, each named as `convert` says.
    pub fn map<'s, M>(&'s self, convert: impl Fn(&'s N) -> M) -> BatchRefs<M> {
        BatchRefs {
            batch: self.batch.as_ref().map(&convert),
            after: self
                .after
                .as_ref()
                .map(|after| Dependency { batch: convert(&after.batch), condition: after.condition }),
        }
    }
}
