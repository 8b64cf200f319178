//! What operators do to all jobs that are selected: a page of them a call.

use super::access::Session;
use super::admin::{Changed, ReviveOptions, CHAIN_AT_MOST};
use super::changed_jobs::{ChangedJobs, Report};
use super::room::Refusal;
use crate::queue::effect::{Effect, JobEffect};
use crate::queue::jobs::{Job, JobState, Place};
use crate::queue::store::{Handle, IdEntry};
use crate::queue::views::{Entry, ListPage, PageRange, Position, Selection};

/// What became of one page of the selected jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The jobs that have changed.
    pub changed: ChangedJobs,
    /// Where the next page begins; None: this was the last.
    pub next: Option<Position>,
}

/// The states that a CANCEL of all goes through: those that have not started first, since their jobs are gone
/// then.
pub const CANCELLED_STATES: [JobState; 4] =
    [JobState::Waiting, JobState::Delayed, JobState::Blocked, JobState::Active];

impl Session<'_> {
    /// Drops records of a state, or cancels jobs of it that have not ended.
    pub fn purge(
        &mut self,
        state: JobState,
        selection: &Selection<'_>,
        range: PageRange,
        report: Report,
    ) -> Selected {
        let page = self.page(state, selection, (range, report), |_| true);
        let changed = self.change_rows(&page, state, ChangedJobs::none(report), |session, handle| {
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
        report: Report,
    ) -> (usize, Selected) {
        let (mut range, mut changed) = (range, ChangedJobs::none(report));
        for (nth, state) in CANCELLED_STATES.into_iter().enumerate().skip(first) {
            let page = self.page(state, selection, (range, report), |job| !job.cancel_asked());
            let before = changed.len();
            changed = self.change_rows(&page, state, changed, Session::cancel_job);
            if page.next.is_some() {
                return (nth, Selected { changed, next: page.next });
            }
            range = range.after(&page, changed.len() - before);
        }
        (0, Selected { changed, next: None })
    }

    /// Makes delayed jobs waiting now. Those on hold stay: who holds a job names it to let it go.
    pub fn promote_selected(
        &mut self,
        selection: &Selection<'_>,
        range: PageRange,
        report: Report,
        place: Place,
    ) -> Selected {
        let state = JobState::Delayed;
        let page = self.page(state, selection, (range, report), |_| true);
        let changed = self.change_rows(&page, state, ChangedJobs::none(report), |session, handle| {
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
        report: Report,
        place: Place,
    ) -> Result<Selected, Refusal> {
        let most = range.count.min(self.room_for_jobs());
        // How many of those go that wait for a batch depends on its members.
        let page =
            self.queue.select(JobState::Failed, selection, range.up_to(most), |handle, position, job| {
                let waits = self.queue.unmet_dependency(job).is_some();
                let (counts, bytes) = (usize::from(!waits), report.bytes(job.id()));
                Some(Entry { row: (handle, position, waits), counts, bytes })
            });
        let (dependents, jobs): (Vec<_>, Vec<_>) = page.rows.iter().partition(|(.., waits)| *waits);
        let handles =
            |rows: Vec<(Handle, Position, bool)>| rows.into_iter().map(|(handle, ..)| handle).collect();
        let changed = self.revive_in_order(handles(jobs), handles(dependents), (most, place), report)?;
        let is_failed = |handle: Handle| self.state_of(handle) == Some(JobState::Failed);
        let left = page.rows.into_iter().find(|(handle, ..)| changed.len() == most && is_failed(*handle));
        Ok(Selected { changed, next: left.map(|(_, position, _)| position).or(page.next) })
    }

    /// Drops remembered ids.
    pub fn purge_remembered(
        &mut self,
        selection: &Selection<'_>,
        range: PageRange,
        report: Report,
    ) -> Selected {
        let page = self.queue.select_remembered(selection, range, |row, record| Entry {
            row,
            counts: 1,
            bytes: report.bytes(record.id),
        });
        let mut changed = ChangedJobs::none(report);
        for &entry in &page.rows {
            changed.change(self, entry, |session| {
                session.change(&Effect::Removed { entry });
                Changed::Done
            });
        }
        Selected { changed, next: page.next }
    }

    /// A page of the selected jobs of a state that are `wanted`, too.
    fn page(
        &self,
        state: JobState,
        selection: &Selection<'_>,
        (range, report): (PageRange, Report),
        wanted: impl Fn(&Job) -> bool,
    ) -> ListPage<Handle> {
        self.queue.select(state, selection, range, |handle, _, job| {
            wanted(job).then_some(Entry { row: handle, counts: 1, bytes: report.bytes(job.id()) })
        })
    }

    fn change_rows(
        &mut self,
        page: &ListPage<Handle>,
        state: JobState,
        mut changed: ChangedJobs,
        change: impl Fn(&mut Self, Handle) -> Changed,
    ) -> ChangedJobs {
        for &handle in &page.rows {
            // What goes on because a batch has finished may have taken it.
            if self.state_of(handle) == Some(state) {
                changed.change(self, IdEntry::Job(handle), |session| change(session, handle));
            }
        }
        changed
    }

    /// Revives at most `count` of `jobs`, then of `dependents`, which wait for batches.
    fn revive_in_order(
        &mut self,
        jobs: Vec<Handle>,
        mut dependents: Vec<Handle>,
        (count, place): (usize, Place),
        report: Report,
    ) -> Result<ChangedJobs, Refusal> {
        let room = self.room_for_jobs();
        let may_be_revived = |job| self.queue.job(job).is_some_and(|job| self.queue.may_be_revived(job));
        if room == 0 && (!jobs.is_empty() || dependents.iter().copied().any(may_be_revived)) {
            return Err(Refusal::MaxJobs(self.queue.settings().max_jobs));
        }
        let most = count.min(room);
        let options = ReviveOptions { place, changes: None };
        let mut revived = ChangedJobs::none(report);
        let mut revive = |session: &mut Self, handle| {
            let revive = |session: &mut Self| session.revive_job(handle, &options);
            revived.len() < most && revived.change(session, IdEntry::Job(handle), revive) == Changed::Done
        };
        for handle in jobs {
            revive(self, handle);
        }
        for _ in 0..CHAIN_AT_MOST {
            let before = dependents.len();
            dependents.retain(|&handle| !revive(self, handle));
            if dependents.len() == before {
                break;
            }
        }
        Ok(revived)
    }
}
