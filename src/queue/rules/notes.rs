//! What applications keep with a job or its record: its fields and its log.

use crate::queue::jobs::{FieldChanges, LogLines};
use crate::queue::store::Handle;
use crate::queue::value::Queue;

impl Queue {
    pub(crate) fn change_fields(&mut self, handle: Handle, changes: FieldChanges<'_>) {
        self.jobs.edit(handle, |job| job.edit_notes(|notes| notes.change_fields(changes)));
    }

    /// Appends to the log; the oldest lines go where there are too many.
    pub(crate) fn append_to_log(&mut self, handle: Handle, lines: LogLines<'_>) {
        let most = self.settings.max_log_bytes;
        self.jobs.edit(handle, |job| job.edit_notes(|notes| notes.log.append(lines, most)));
    }
}
