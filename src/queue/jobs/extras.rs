//! The rare fields of a job: what most jobs never have.

use super::earlier_life::{EarlierLife, LostLife};
use super::history::History;
use super::notes::Notes;
use super::spec::JobSpec;
use crate::queue::batches::{BatchCondition, BatchNumber, Dependency};
use crate::queue::time::FOREVER;
use std::sync::Arc;

/// What most jobs never have, kept apart so that they do not pay for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobExtras {
    /// Expires then unless claimed before, or [`FOREVER`].
    pub(crate) expires: u64,
    /// CANCEL was asked while a worker had the job.
    pub(crate) cancel_asked: bool,
    /// Of a record that is kept for its result alone: it has no payload any more.
    pub(crate) result_only: bool,
    /// Of the last failed attempt.
    pub(crate) error: Option<Box<[u8]>>,
    /// The last PROGRESS.
    pub(crate) progress: Option<Box<[u8]>>,
    /// Of the completed job.
    pub(crate) result: Option<Box<[u8]>>,
    /// The life after this one.
    pub(crate) rerun: Option<Box<JobSpec<Box<[u8]>>>>,
    /// The token under which the life before this one was completed, or 0: its ACK may be repeated.
    pub(crate) done_under: u64,
    /// Of the life before this one.
    pub(crate) earlier_life: Option<Box<EarlierLife>>,
    /// No REPLACE makes it due later than this, or [`FOREVER`].
    pub(crate) latest_due: u64,
    /// Of a kept record: the id is refused until then.
    pub(crate) window_until: u64,
    /// Of a kept record: the id is refused as long as it is kept.
    pub(crate) window_is_kept: bool,
    /// Of a kept record: readable until then, or [`FOREVER`].
    pub(crate) keep_until: u64,
    /// Of a kept record: who ran the job last.
    pub(crate) worker: Option<Arc<[u8]>>,
    /// The runs that did not complete it.
    pub(crate) history: History,
    /// Leases lost before the last progress: they do not count as [`Job::losses`] any more.
    pub(crate) earlier_losses: u32,
    /// How many of its runs were handed back in this life.
    pub(crate) releases: u32,
    /// Of a kept record: the job failed because of its AFTEROK.
    pub(crate) unmet: Option<Box<UnmetDependency>>,
    /// What applications keep with it.
    pub(crate) notes: Option<Box<Notes>>,
}

impl Default for JobExtras {
    fn default() -> Self {
        JobExtras {
            expires: FOREVER,
            cancel_asked: false,
            result_only: false,
            error: None,
            progress: None,
            result: None,
            rerun: None,
            done_under: 0,
            earlier_life: None,
            latest_due: FOREVER,
            window_until: 0,
            window_is_kept: false,
            keep_until: 0,
            worker: None,
            history: History::default(),
            earlier_losses: 0,
            releases: 0,
            unmet: None,
            notes: None,
        }
    }
}

impl JobExtras {
    /// The error of the life before this one, if that failed.
    pub(crate) fn earlier_error(&self) -> Option<&[u8]> {
        self.earlier_life.as_ref()?.error.as_deref()
    }

    /// The life before this one, if it ended with a lost lease.
    pub(crate) fn lost_life(&self) -> Option<LostLife> {
        self.earlier_life.as_ref()?.lost
    }

    /// The worker that lost the life before this one has no say any more, or has had it.
    pub(crate) fn take_lost_life(&mut self) -> Option<LostLife> {
        let EarlierLife { error, lost } = *self.earlier_life.take()?;
        self.earlier_life = EarlierLife::of(error, None);
        lost
    }

    /// Of a kept record: until when the id is refused.
    pub(crate) fn refused_until(&self) -> u64 {
        if self.window_is_kept {
            self.keep_until
        } else {
            self.window_until
        }
    }

    /// Heap bytes behind it, itself included.
    pub(crate) fn bytes(&self) -> usize {
        let len = |bytes: &Option<Box<[u8]>>| bytes.as_ref().map_or(0, |b| b.len());
        let rerun = self.rerun.as_ref().map_or(0, |r| {
            size_of_val(&**r) + r.payload.len() + len(&r.group) + len(&r.fields) + len(&r.name)
        });
        let unmet = self.unmet.as_deref().map_or(0, size_of_val);
        let earlier = self.earlier_life.as_ref().map_or(0, |earlier| earlier.bytes());
        let notes = self.notes.as_ref().map_or(0, |notes| notes.bytes());
        let texts = [&self.error, &self.progress, &self.result];
        size_of::<Self>()
            + texts.into_iter().map(len).sum::<usize>()
            + rerun
            + unmet
            + earlier
            + notes
            + self.history.bytes()
    }
}

/// What a job has waited for that failed because the batch was not all completed. Retried, it waits for the
/// same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnmetDependency {
    pub(crate) batch: BatchNumber,
    /// Not before that instant either, if it is not 0.
    pub(crate) due: u64,
}

impl UnmetDependency {
    /// Only AFTEROK can be unmet.
    pub(crate) fn dependency(self) -> Dependency<BatchNumber> {
        Dependency { batch: self.batch, condition: BatchCondition::Completed }
    }
}
