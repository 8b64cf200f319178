//! What ONDUP makes of an unfinished job whose id is added again: a replacement, another payload, or a rerun.

use super::access::Session;
use super::add::{with_window, Outcome};
use crate::queue::effect::{JobEffect, NewDue, Replacement};
use crate::queue::jobs::{AddRequest, FieldChanges, Job, JobSpec, JobState, OnDup, Start, StateData, Until};
use crate::queue::store::Handle;
use crate::queue::time::{Now, FOREVER};

impl Session<'_> {
    /// What becomes of a new job whose id is that of an unfinished one.
    pub(super) fn resolve_conflict(
        &mut self,
        handle: Handle,
        request: &AddRequest<&[u8]>,
    ) -> (Outcome, JobState) {
        let Some(known) = self.queue.job(handle) else { return (Outcome::Duplicate, JobState::Waiting) };
        let is_active = matches!(known.state, StateData::Active { .. });
        // A run that began before this ADD may still end it: an active one, or one whose lease was lost and that
        // is acknowledged late.
        let has_run = is_active || matches!(known.state, StateData::Waiting { lapsed: 1.., .. });
        let outcome = match request.on_dup {
            OnDup::Ignore => return self.deduplicate(known.state_name(), request),
            OnDup::Rerun if has_run || known.has_rerun() => {
                let next = self.as_rerun(with_window(request));
                self.change_job(handle, JobEffect::Rerun { next });
                Outcome::Rerun
            }
            OnDup::Rerun => {
                self.change_job(handle, JobEffect::PayloadReplaced { payload: request.job.payload });
                Outcome::Replaced
            }
            OnDup::Replace if is_active => {
                let present: JobSpec<Box<[u8]>> = self.next_life(known).kept();
                let changes = request.job.fields.and_then(FieldChanges::new);
                let fields = changes.map(|changes| changes.of(present.fields.as_deref().unwrap_or_default()));
                let job = JobSpec { fields: fields.as_deref(), ..request.job };
                let next = self.as_rerun(job).or(present.borrowed());
                self.change_job(handle, JobEffect::Rerun { next });
                Outcome::Rerun
            }
            OnDup::Replace => {
                self.change_fields(handle, request.job.fields.and_then(FieldChanges::new));
                let Some(known) = self.queue.job(handle) else {
                    return (Outcome::Duplicate, JobState::Waiting);
                };
                let by = self.replacement(known, &request.job);
                self.change_job(handle, JobEffect::Replaced { by });
                Outcome::Replaced
            }
        };
        (outcome, self.queue.job(handle).map_or(JobState::Waiting, Job::state_name))
    }

    /// `job` as a rerun that is asked for now: its DELAY counts from when it begins, the rest from now.
    fn as_rerun<'a>(&self, job: JobSpec<&'a [u8]>) -> JobSpec<&'a [u8]> {
        let now = self.now();
        let from_now = |until: Option<Until>| until.map(|until| Until::At(until.instant(now)));
        JobSpec { expires: from_now(job.expires), max_wait: from_now(job.max_wait), ..job }
    }

    /// The life after the present one of an active job, as far as is known: that of the rerun that is set, or
    /// one like the present life. It has no payload.
    pub(super) fn next_life<'a>(&'a self, known: &'a Job) -> JobSpec<&'a [u8]> {
        let set = known.extras.as_ref().and_then(|extras| extras.rerun.as_ref());
        set.map_or_else(
            || JobSpec {
                priority: Some(known.priority),
                options: self.queue.options(known),
                group: self.queue.group_of(known),
                fields: Some(known.fields()).filter(|fields| !fields.is_empty()),
                name: self.queue.name_of(known),
                ..AddRequest::new(&b""[..]).job
            },
            |rerun| JobSpec { payload: &b""[..], ..rerun.borrowed() },
        )
    }

    /// What a REPLACE makes of a job that has not started: what it names.
    fn replacement<'a>(&self, known: &Job, new: &JobSpec<&'a [u8]>) -> Replacement<'a> {
        let now = self.now();
        // A job that waits for another attempt was claimed, so the wait before the first one is over.
        let first = if known.attempt() == 1 { Now::from_ms(known.added_at) } else { now };
        let is_set = known.latest_due() != FOREVER;
        let latest_due = new.max_wait.filter(|_| !is_set).map(|wait| wait.instant(first));
        let latest = latest_due.unwrap_or(known.latest_due());
        let due = match (new.start, known.state) {
            (Start::Now, _) => NewDue::Unchanged,
            (Start::Hold, _) => NewDue::Hold,
            (start, state) => {
                match start.due(now).map(|due| due.min(latest)).filter(|due| *due > now.millis()) {
                    Some(due) => NewDue::At(due),
                    None if matches!(state, StateData::Waiting { .. }) => NewDue::Unchanged,
                    None => NewDue::Now,
                }
            }
        };
        Replacement {
            payload: new.payload,
            due,
            priority: new.priority.filter(|priority| *priority != known.priority),
            place: new.place,
            group: new.group.filter(|group| self.queue.group_of(known) != Some(*group)),
            name: new.name.filter(|name| self.queue.name_of(known) != Some(*name)),
            options: new.options.or(self.queue.options(known)),
            expires: new.expires.map(|until| until.instant(now)),
            latest_due,
        }
    }
}
