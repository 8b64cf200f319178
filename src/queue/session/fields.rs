//! The fields and the log of jobs: how much a job may have, and what a worker's answer says of its fields.

use super::access::Session;
use super::add::IdLookup;
use crate::queue::effect::JobEffect;
use crate::queue::jobs::{
    size_of_fields, FieldChanges, Job, JobLog, LogLines, OnDup, StateData, MAX_FIELDS, MAX_FIELD_BYTES,
};
use crate::queue::store::{Handle, IdEntry};
use std::collections::BTreeMap;

/// What a worker says of the fields of a job along with its answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldTerms<'a> {
    /// What changes if the answer counts.
    pub changes: Option<FieldChanges<'a>>,
    /// The answer does not count if the job has this field.
    pub unless: Option<&'a [u8]>,
}

/// A job would have more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldsRefusal {
    /// So many fields.
    TooMany(usize),
    /// So many bytes of names and values, where `max-field-bytes` allows so many.
    TooLarge(usize, u64),
}

impl Session<'_> {
    /// Refuses changes after which the job of `id` would have more than it may. O(its fields).
    pub fn check_fields(&mut self, id: &[u8], changes: FieldChanges<'_>) -> Result<(), FieldsRefusal> {
        match self.find(id) {
            Some(IdEntry::Job(handle)) => {
                let fields = self.queue.job(handle).map(Job::fields).unwrap_or_default();
                self.check_size(fields, &changes.of(fields))
            }
            Some(IdEntry::Remembered(_)) | None => Ok(()),
        }
    }

    /// The same for new jobs: the id of each, or None where the queue makes it, what becomes of a known one, and the
    /// fields.
    pub fn check_new_fields<'i>(
        &mut self,
        jobs: impl Iterator<Item = (Option<&'i [u8]>, OnDup, Option<&'i [u8]>)>,
    ) -> Result<(), FieldsRefusal> {
        let mut changed = BTreeMap::new();
        for (id, on_dup, fields) in jobs {
            let Some(changes) = fields.and_then(FieldChanges::new) else { continue };
            self.check_size(&[], changes.packed())?;
            let Some(id) = id.filter(|_| on_dup == OnDup::Replace) else { continue };
            let before = changed.remove(id).unwrap_or_else(|| self.fields_to_replace(id));
            let after = changes.of(&before);
            self.check_size(&before, &after)?;
            changed.insert(id, after);
        }
        Ok(())
    }

    /// The fields that a REPLACE of `id` changes.
    fn fields_to_replace(&mut self, id: &[u8]) -> Box<[u8]> {
        let IdLookup::Unfinished(handle) = self.lookup(id) else { return Box::default() };
        let Some(known) = self.queue.job(handle) else { return Box::default() };
        match known.state {
            StateData::Active { .. } => self.next_life(known).fields.unwrap_or_default().into(),
            _ => known.fields().into(),
        }
    }

    /// What only gets smaller is never refused: the limit may have been higher.
    fn check_size(&self, before: &[u8], after: &[u8]) -> Result<(), FieldsRefusal> {
        let ((count_before, bytes_before), (count, bytes)) = (size_of_fields(before), size_of_fields(after));
        let most = self.queue.settings.max_field_bytes.min(MAX_FIELD_BYTES);
        if count > MAX_FIELDS && count > count_before {
            return Err(FieldsRefusal::TooMany(count));
        }
        if bytes as u64 > most && bytes > bytes_before {
            return Err(FieldsRefusal::TooLarge(bytes, most));
        }
        Ok(())
    }

    /// Changes the fields of a job or record, if that makes a difference.
    pub(super) fn change_fields(&mut self, handle: Handle, changes: Option<FieldChanges<'_>>) {
        let (Some(changes), Some(job)) = (changes, self.queue.job(handle)) else { return };
        if *changes.of(job.fields()) != *job.fields() {
            self.change_job(handle, JobEffect::FieldsChanged { changes });
        }
    }

    /// Appends lines to the log of the job or record of `id`; how many it has had. None: there is none. O(log n) and
    /// the bytes of the log.
    pub fn log(&mut self, id: &[u8], lines: &[&[u8]]) -> Option<u64> {
        let IdEntry::Job(handle) = self.find(id)? else { return None };
        self.queue.job(handle).filter(|job| job.takes_notes())?;
        let packed = LogLines::pack(lines);
        if let Some(lines) = LogLines::new(&packed).filter(|_| self.queue.settings.max_log_bytes > 0) {
            self.change_job(handle, JobEffect::Logged { lines });
        }
        Some(self.queue.job(handle)?.log().map_or(0, JobLog::total))
    }

    /// Whether a job has the field that UNLESS names.
    pub(super) fn has_field(&self, handle: Handle, unless: Option<&[u8]>) -> bool {
        unless.is_some_and(|name| self.queue.job(handle).is_some_and(|job| job.has_field(name)))
    }
}
