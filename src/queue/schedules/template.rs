//! The job that every tick of a schedule enqueues.

use crate::queue::{NewJob, OnDup, Recipe, Start};
use std::sync::Arc;

/// A [`NewJob`] that is kept, to be added again and again. Cloning it is cheap: the payload is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    payload: Arc<[u8]>,
    priority: i32,
    recipe: Recipe,
    expires: Option<u64>,
    on_dup: OnDup,
}

impl Template {
    /// Keeps `job`, but for its start: a tick's job starts at once.
    pub(crate) fn keep(job: &NewJob<'_>, on_dup: OnDup) -> Self {
        Template {
            payload: job.payload.into(),
            priority: job.priority,
            recipe: job.recipe,
            expires: job.expires,
            on_dup,
        }
    }

    /// What a tick adds.
    pub(crate) fn new_job(&self) -> NewJob<'_> {
        NewJob {
            payload: &self.payload,
            start: Start::Now,
            after: None,
            priority: self.priority,
            recipe: self.recipe,
            expires: self.expires,
        }
    }

    /// What it does when the tick's id is known already.
    pub(crate) fn on_dup(&self) -> OnDup {
        self.on_dup
    }

    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        2 * size_of::<usize>() + self.payload.len()
    }
}
