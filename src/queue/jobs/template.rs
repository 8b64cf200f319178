//! What an ADD asks for beside the id, and the same kept for jobs that the queue adds to itself: at the ticks of
//! schedules, and for keys that expire.

use super::job::{NewJob, Start};
use super::options::JobOptions;
use crate::queue::batches::BatchCondition;
use crate::queue::names::{valid_batch_name, valid_group};
use std::sync::Arc;

/// What to do with a job whose id is known and unfinished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDup {
    /// Refuse it.
    #[default]
    Ignore,
    /// Let it take the place of a job that has not started; run it after one that has.
    Replace,
    /// Run it after a job that has started.
    Rerun,
}

/// How a new job is tied to batches, by their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchRefs<'a> {
    /// It is a member of this one.
    pub batch: Option<&'a [u8]>,
    /// It waits for this one.
    pub after: Option<(&'a [u8], BatchCondition)>,
}

/// All that an ADD says beside the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addition<'a> {
    /// The job.
    pub job: NewJob<'a>,
    /// Its batches, by name.
    pub batch_refs: BatchRefs<'a>,
    /// What if the id is known and unfinished.
    pub on_dup: OnDup,
}

impl Addition<'_> {
    /// Whether it can be added more than once: not for an instant, which would be in the past the second time; its
    /// batches are names still, and contradict nothing.
    #[must_use]
    pub fn may_be_repeated(&self) -> bool {
        let BatchRefs { batch, after } = self.batch_refs;
        let has_batches = batch.is_some() || after.is_some();
        let names = [batch, after.map(|(name, _)| name)];
        !matches!(self.job.start, Start::At(_))
            && self.job.after.is_none()
            && self.job.options.batch.is_none()
            && self.job.group.is_none_or(valid_group)
            && names.into_iter().flatten().all(valid_batch_name)
            && batch.is_none_or(|batch| after.is_none_or(|(after, _)| after != batch))
            && (self.on_dup == OnDup::Ignore || !has_batches)
    }
}

/// An [`Addition`] that is kept. Cloning it is cheap: its bytes are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    payload: Arc<[u8]>,
    start: Start,
    priority: i32,
    options: JobOptions,
    group: Option<Arc<[u8]>>,
    expires: Option<u64>,
    batch: Option<Arc<[u8]>>,
    after: Option<(Arc<[u8]>, BatchCondition)>,
    on_dup: OnDup,
}

impl Template {
    /// Keeps `addition`.
    #[must_use]
    pub fn keep(addition: &Addition<'_>) -> Self {
        let Addition { job, batch_refs, on_dup } = *addition;
        Template {
            payload: job.payload.into(),
            start: job.start,
            priority: job.priority,
            options: job.options,
            group: job.group.map(Arc::from),
            expires: job.expires,
            batch: batch_refs.batch.map(Arc::from),
            after: batch_refs.after.map(|(name, condition)| (Arc::from(name), condition)),
            on_dup,
        }
    }

    /// What was kept.
    #[must_use]
    pub fn addition(&self) -> Addition<'_> {
        self.with_payload(&self.payload)
    }

    /// The same with another payload.
    #[must_use]
    pub fn with_payload<'a>(&'a self, payload: &'a [u8]) -> Addition<'a> {
        let Template { start, priority, options, expires, on_dup, .. } = *self;
        Addition {
            job: NewJob {
                payload,
                start,
                after: None,
                priority,
                options,
                group: self.group.as_deref(),
                expires,
            },
            batch_refs: BatchRefs {
                batch: self.batch.as_deref(),
                after: self.after.as_ref().map(|(name, condition)| (&**name, *condition)),
            },
            on_dup,
        }
    }

    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        let shared = |bytes: &Arc<[u8]>| 2 * size_of::<usize>() + bytes.len();
        shared(&self.payload)
            + self.batch.as_ref().map_or(0, shared)
            + self.group.as_ref().map_or(0, shared)
            + self.after.as_ref().map_or(0, |(name, _)| shared(name))
    }
}
