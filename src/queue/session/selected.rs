//! What operators do to all jobs that are selected: a page of them a call.

use super::access::Session;
use super::add::Refusal;
use super::admin::Changed;
use crate::queue::effect::{Effect, JobEffect};
use crate::queue::jobs::{Job, JobState, Place};
use crate::queue::store::Handle;
use crate::queue::views::{Entry, ListPage, PageRange, Position, Selection};

/// What became of one page of the selected jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// How many jobs have changed.
    pub changed: usize,
    /// Where the next page begins; None: this was the last.
    pub next: Option<Position>,
}

/// The states that a CANCEL of all goes through: those that have not started first, since their jobs are gone
/// then.
pub const CANCELLED_STATES: [JobState; 4] =
    [JobState::Waiting, JobState::Delayed, JobState::Blocked, JobState::Active];

impl Session<'_> {
    /// Drops records of a state, or cancels jobs of it that have not ended.
    pub fn purge(&mut self, state: JobState, selection: &Selection<'_>, range: PageRange) -> Selected {
        let page = self.page(state, selection, range, |_| true);
        let changed = self.change_rows(&page, state, |session, handle| {
            if matches!(state, JobState::Completed | JobState::Failed) {
                session.change(&Effect::Purged { record: handle });
            } else {
                session.change_job(handle, JobEffect::Cancelled);
            }
            Changed::Done
        });
        Selected { changed, next: page.next }
    }

    /// Cancels jobs as [`Session::cancel`] does, from one of [`CANCELLED_STATES`] on, state by state until the
    /// page is full; of which state the next page is, and the page.
    pub fn cancel_selected(
        &mut self,
        first: usize,
        selection: &Selection<'_>,
        range: PageRange,
    ) -> (usize, Selected) {
        let (mut range, mut changed) = (range, 0);
        for (nth, state) in CANCELLED_STATES.into_iter().enumerate().skip(first) {
            let page = self.page(state, selection, range, |job| !job.cancel_asked());
            let more = self.change_rows(&page, state, Session::cancel_job);
            changed += more;
            if page.next.is_some() {
                return (nth, Selected { changed, next: page.next });
            }
            range = range.after(&page, more);
        }
        (0, Selected { changed, next: None })
    }

    /// Makes delayed jobs waiting now. Those on hold stay: who holds a job names it to let it go.
    pub fn promote_selected(
        &mut self,
        selection: &Selection<'_>,
        range: PageRange,
        place: Place,
    ) -> Selected {
        let page = self.page(JobState::Delayed, selection, range, |_| true);
        let changed = self.change_rows(&page, JobState::Delayed, |session, handle| {
            session.change_job(handle, JobEffect::Promoted { due: None, place });
            Changed::Done
        });
        Selected { changed, next: page.next }
    }

    /// Gives failed jobs fresh attempts, on each page members of a batch before jobs that wait for it; no more
    /// than `max-jobs` allows. Refused if it allows not one.
    pub fn revive_selected(
        &mut self,
        selection: &Selection<'_>,
        range: PageRange,
        place: Place,
    ) -> Result<Selected, Refusal> {
        let most = range.count.min(self.room_for_jobs());
        // How many of those go that wait for a batch depends on its members.
        let page =
            self.queue.select(JobState::Failed, selection, range.up_to(most), |handle, position, job| {
                let waits = self.queue.unmet_dependency(job).is_some();
                Some(Entry { row: (handle, position, waits), counts: usize::from(!waits), bytes: 0 })
            });
        let (dependents, jobs): (Vec<_>, Vec<_>) = page.rows.iter().partition(|(.., waits)| *waits);
        let handles =
            |rows: Vec<(Handle, Position, bool)>| rows.into_iter().map(|(handle, ..)| handle).collect();
        let changed = self.revive_in_order(handles(jobs), handles(dependents), most, place)?;
        let is_failed = |handle: Handle| self.state_of(handle) == Some(JobState::Failed);
        let left = page.rows.into_iter().find(|(handle, ..)| changed == most && is_failed(*handle));
        Ok(Selected { changed, next: left.map(|(_, position, _)| position).or(page.next) })
    }

    /// Drops remembered ids.
    pub fn purge_remembered(&mut self, selection: &Selection<'_>, range: PageRange) -> Selected {
        let page =
            self.queue.select_remembered(selection, range, |row, _| Entry { row, counts: 1, bytes: 0 });
        for entry in &page.rows {
            self.change(&Effect::Removed { entry: *entry });
        }
        Selected { changed: page.rows.len(), next: page.next }
    }

    /// A page of the selected jobs of a state that are `wanted`, too.
    fn page(
        &self,
        state: JobState,
        selection: &Selection<'_>,
        range: PageRange,
        wanted: impl Fn(&Job) -> bool,
    ) -> ListPage<Handle> {
        self.queue.select(state, selection, range, |handle, _, job| {
            wanted(job).then_some(Entry { row: handle, counts: 1, bytes: 0 })
        })
    }

    fn change_rows(
        &mut self,
        page: &ListPage<Handle>,
        state: JobState,
        change: impl Fn(&mut Self, Handle) -> Changed,
    ) -> usize {
        let mut changed = 0;
        for &handle in &page.rows {
            // What goes on because a batch has finished may have taken it.
            if self.state_of(handle) == Some(state) {
                changed += usize::from(change(self, handle) == Changed::Done);
            }
        }
        changed
    }
}
