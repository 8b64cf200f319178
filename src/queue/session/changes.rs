//! What may be changed of a job without its worker.

use super::access::Session;
use super::admin::Changed;
use crate::queue::effect::{Change, JobEffect, NewDue};
use crate::queue::jobs::{FieldChanges, Job, Place, Start, StateData};
use crate::queue::store::IdEntry;

/// What a CHANGE names; None: that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the manual")]
pub struct ChangeRequest<'a> {
    pub payload: Option<&'a [u8]>,
    pub progress: Option<&'a [u8]>,
    pub start: Start,
    pub priority: Option<i32>,
    pub place: Place,
    pub name: Option<&'a [u8]>,
    pub fields: Option<FieldChanges<'a>>,
}

impl ChangeRequest<'_> {
    /// Nothing is named.
    pub const NOTHING: Self = ChangeRequest {
        payload: None,
        progress: None,
        start: Start::Now,
        priority: None,
        place: Place::End,
        name: None,
        fields: None,
    };
}

impl Session<'_> {
    /// Changes a job or a record, all that is named or nothing. O(log n).
    pub fn change_from_outside(&mut self, id: &[u8], request: &ChangeRequest<'_>) -> Changed {
        let handle = match self.find(id) {
            None => return Changed::Unknown,
            Some(IdEntry::Remembered(_)) => return Changed::NotAllowed,
            Some(IdEntry::Job(handle)) => handle,
        };
        let Some(job) = self.queue.job(handle) else { return Changed::Unknown };
        let (asked, to) = (request.asked(), self.change_of(job, request));
        if !self.queue.may_change(job, &asked) || (request.fields.is_some() && !job.takes_notes()) {
            return Changed::NotAllowed;
        }
        let changes_fields = request.fields.is_some_and(|changes| *changes.of(job.fields()) != *job.fields());
        self.change_fields(handle, request.fields);
        if to != Change::NOTHING || changes_fields {
            self.change_job(handle, JobEffect::Changed { to });
        }
        Changed::Done
    }

    /// What is another than it was.
    fn change_of<'a>(&self, job: &Job, request: &ChangeRequest<'a>) -> Change<'a> {
        let ChangeRequest { payload, progress, start, priority, place, name, .. } = *request;
        let due = match (start, start.due(self.now()), job.state) {
            (Start::Now, ..) | (_, None, StateData::Waiting { .. }) => NewDue::Unchanged,
            (_, Some(due), _) => NewDue::At(due),
            (_, None, _) => NewDue::Now,
        };
        let priority = priority.filter(|priority| *priority != job.priority);
        let name = name.filter(|name| self.queue.name_of(job) != Some(*name));
        Change { payload, progress, due, priority, place, name }
    }
}

impl<'a> ChangeRequest<'a> {
    /// The most that it may come to.
    fn asked(&self) -> Change<'a> {
        let ChangeRequest { payload, progress, start, priority, place, name, .. } = *self;
        let due = if start == Start::Now { NewDue::Unchanged } else { NewDue::Now };
        Change { payload, progress, due, priority, place, name }
    }
}
