//! What JQ.CHANGE does to a job. It is no answer of a worker and no new life: tokens, attempts and options stay.

use super::lives::moved_state;
use crate::queue::effect::{Change, NewDue};
use crate::queue::jobs::{Job, Place, StateData};
use crate::queue::stats::Event;
use crate::queue::store::Handle;
use crate::queue::value::Queue;

impl Queue {
    /// Whether the state of a job allows this change.
    pub(crate) fn may_change(&self, job: &Job, to: &Change<'_>) -> bool {
        let has_ended = job.is_finished();
        let may_move = match job.state {
            StateData::Waiting { .. } | StateData::Delayed { .. } | StateData::Retrying { .. } => true,
            StateData::Blocked { .. } => !job.is_on_hold(),
            StateData::Active { .. } | StateData::Completed { .. } | StateData::Failed { .. } => false,
        };
        (to.payload.is_none() || !job.is_result_only())
            && (to.priority.is_none() || !has_ended)
            && (!to.moves() || may_move)
    }

    /// Changes a job, or the record of one, as [`Queue::may_change`] allows.
    pub(crate) fn change_job(&mut self, handle: Handle, to: &Change<'_>, at: u64) {
        let Some(from) = self.jobs.get(handle).map(Job::state_name) else { return };
        self.stats.record(Event::Changed);
        self.jobs.edit(handle, |job| {
            if let Some(payload) = to.payload {
                job.set_payload(payload);
                // A rerun that was asked for before would otherwise run with an older one.
                if let Some(next) = job.extras.as_mut().and_then(|extras| extras.rerun.as_mut()) {
                    next.payload = payload.into();
                }
            }
            if let Some(progress) = to.progress {
                job.extras_mut().progress = Some(progress.into());
            }
        });
        if let Some(name) = to.name {
            self.rename_job(handle, name);
        }
        match self.jobs.get(handle).map(|job| job.state) {
            // No index of active jobs is sorted by priority.
            Some(StateData::Active { .. }) => {
                self.jobs.edit(handle, |job| job.priority = to.priority.unwrap_or(job.priority));
            }
            Some(state) if to.moves() || to.priority.is_some() => self.change_place(handle, state, to, at),
            Some(_) | None => {}
        }
        self.log_move(Event::Changed, handle, from, at);
    }

    fn change_place(&mut self, handle: Handle, state: StateData, to: &Change<'_>, at: u64) {
        self.leave(handle);
        let state = moved_state(state, to.due, at);
        let starts_anew = !matches!(state, StateData::Blocked { .. }) && to.due != NewDue::Unchanged;
        let is_moved = starts_anew || to.priority.is_some() || to.place == Place::Front;
        let seq = if is_moved { Some(self.jobs.take_seq_at(to.place)) } else { None };
        self.jobs.edit(handle, |job| {
            job.state = state;
            job.seq = seq.unwrap_or(job.seq);
            job.priority = to.priority.unwrap_or(job.priority);
        });
        self.enter(handle);
    }
}
