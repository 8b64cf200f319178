//! What applications keep with a job beside its payload. A job has this only if they do.

use super::fields::FieldChanges;
use super::log::JobLog;

/// The fields and the log of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// As bytes, drawn in [`super::fields`].
    pub(crate) fields: Box<[u8]>,
    pub(crate) log: JobLog,
}

impl Notes {
    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.log.total() == 0
    }

    /// Changes the fields.
    pub(crate) fn change_fields(&mut self, changes: FieldChanges<'_>) {
        self.fields = changes.of(&self.fields);
    }

    /// Heap bytes behind it, itself included.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.fields.len() + self.log.bytes()
    }
}
