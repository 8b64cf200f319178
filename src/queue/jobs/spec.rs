//! A job to be added: what an ADD says of it, while it is a command's words, and while it is kept for later.
//!
//! A job is kept for later in three places: a rerun waits until the present life of its job has ended, a
//! schedule adds a job at each tick, and an expiry rule adds one for each expired key. All of them are a
//! [`JobSpec`]; they differ only in `B`, which holds the bytes: `&[u8]` borrows a command's words,
//! `Box<[u8]>` owns them, and `Arc<[u8]>` shares them, so that a copy is cheap.

use super::fields::are_fields;
use super::options::JobOptions;
use crate::queue::batches::BatchRefs;
use crate::queue::names::{valid_batch_name, valid_group, valid_job_name};
use crate::queue::time::Now;
use std::sync::Arc;

/// When a new job may start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// At once.
    #[default]
    Now,
    /// This many milliseconds after it was added.
    After(u64),
    /// At this instant.
    At(u64),
    /// After a PROMOTE.
    Hold,
}

impl Start {
    /// The instant before which a job added at `now` must not start; None: at once.
    #[must_use]
    pub fn due(self, now: Now) -> Option<u64> {
        match self {
            Start::Now | Start::Hold | Start::After(0) => None,
            Start::After(ms) => Some(now.next_ms().saturating_add(ms)),
            Start::At(instant) => (instant > now.millis()).then_some(instant),
        }
    }
}

/// Where a job joins the jobs of its priority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Behind all of them.
    #[default]
    End,
    /// Before all of them.
    Front,
}

/// The end of a time that begins when a job is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// This many milliseconds after the job was added.
    After(u64),
    /// This instant: the job is a rerun, and the ADD that asked for it was earlier.
    At(u64),
}

impl Until {
    /// The instant, for a job added at `now`.
    #[must_use]
    pub fn instant(self, now: Now) -> u64 {
        match self {
            Until::After(ms) => now.next_ms().saturating_add(ms),
            Until::At(instant) => instant,
        }
    }
}

/// What to do with a job whose id is known and unfinished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDup {
    /// Refuse it.
    #[default]
    Ignore,
    /// Change what it names of a job that has not started; run it after one that has.
    Replace,
    /// Give its payload to a job that has not started; run it after one that has.
    Rerun,
}

/// A job to be added, without its id and its batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobSpec<B> {
    /// What the worker gets.
    pub payload: B,
    /// When it may start.
    pub start: Start,
    /// Smaller goes first; None: not named, which is 0 in a new job.
    pub priority: Option<i32>,
    /// Where it joins that priority.
    pub place: Place,
    /// Options that the queue's settings also have.
    pub options: JobOptions,
    /// The group whose lane it waits in.
    pub group: Option<B>,
    /// It expires then unless it was claimed.
    pub expires: Option<Until>,
    /// However often it is replaced before it was claimed, it is due no later.
    pub max_wait: Option<Until>,
    /// The fields it begins with, as bytes: see [`FieldChanges`](super::FieldChanges).
    pub fields: Option<B>,
    /// What kind of job it is.
    pub name: Option<B>,
}

/// All that an ADD says beside the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddRequest<B> {
    /// The job.
    pub job: JobSpec<B>,
    /// Its batches, by name: the queue finds their numbers, or opens them, when the job is added.
    pub batches: BatchRefs<B>,
    /// What happens if the id is known and unfinished.
    pub on_dup: OnDup,
}

impl<B> JobSpec<B> {
    /// The instant before which a job added at `now` must not start; None: at once.
    #[must_use]
    pub fn due(&self, now: Now) -> Option<u64> {
        let due = self.start.due(now)?;
        let Some(max_wait) = self.max_wait else { return Some(due) };
        Some(due.min(max_wait.instant(now))).filter(|due| *due > now.millis())
    }

    /// The same job, its bytes held as `hold` says.
    pub fn map<'s, C>(&'s self, hold: impl Fn(&'s B) -> C) -> JobSpec<C> {
        JobSpec {
            payload: hold(&self.payload),
            start: self.start,
            priority: self.priority,
            place: self.place,
            options: self.options,
            group: self.group.as_ref().map(&hold),
            expires: self.expires,
            max_wait: self.max_wait,
            fields: self.fields.as_ref().map(&hold),
            name: self.name.as_ref().map(&hold),
        }
    }
}

impl<B> JobSpec<B> {
    /// This job, and what `other` says where this one names nothing. A MAXWAIT that is there stays.
    #[must_use]
    pub fn or(self, other: JobSpec<B>) -> JobSpec<B> {
        JobSpec {
            payload: self.payload,
            start: if self.start == Start::Now { other.start } else { self.start },
            priority: self.priority.or(other.priority),
            place: if self.place == Place::End { other.place } else { self.place },
            options: self.options.or(other.options),
            group: self.group.or(other.group),
            expires: self.expires.or(other.expires),
            max_wait: other.max_wait.or(self.max_wait),
            fields: self.fields.or(other.fields),
            name: self.name.or(other.name),
        }
    }
}

impl<B: AsRef<[u8]>> JobSpec<B> {
    /// The same job, its bytes borrowed.
    #[must_use]
    pub fn borrowed(&self) -> JobSpec<&[u8]> {
        self.map(AsRef::as_ref)
    }

    /// The same job, its bytes copied to be kept.
    #[must_use]
    pub fn kept<C: for<'b> From<&'b [u8]>>(&self) -> JobSpec<C> {
        self.map(|bytes| C::from(bytes.as_ref()))
    }
}

impl<B> AddRequest<B> {
    /// An ADD of `payload` without options.
    #[must_use]
    pub fn new(payload: B) -> Self {
        let options = JobOptions::default();
        let job = JobSpec {
            payload,
            start: Start::Now,
            priority: None,
            place: Place::End,
            options,
            group: None,
            expires: None,
            max_wait: None,
            fields: None,
            name: None,
        };
        AddRequest { job, batches: BatchRefs::NONE, on_dup: OnDup::Ignore }
    }

    /// The same request, its bytes held as `hold` says.
    pub fn map<'s, C>(&'s self, hold: impl Fn(&'s B) -> C) -> AddRequest<C> {
        AddRequest { job: self.job.map(&hold), batches: self.batches.map(&hold), on_dup: self.on_dup }
    }
}

impl<B: AsRef<[u8]>> AddRequest<B> {
    /// The same request, its bytes borrowed.
    #[must_use]
    pub fn borrowed(&self) -> AddRequest<&[u8]> {
        self.map(AsRef::as_ref)
    }

    /// The same request, its bytes copied to be kept.
    #[must_use]
    pub fn kept<C: for<'b> From<&'b [u8]>>(&self) -> AddRequest<C> {
        self.map(|bytes| C::from(bytes.as_ref()))
    }

    /// Whether it can be done more than once. It must not name an instant, which would be in the past the
    /// second time, and its names must be valid and not contradict each other.
    #[must_use]
    pub fn may_be_repeated(&self) -> bool {
        let AddRequest { job, batches, on_dup } = self.borrowed();
        let waits_for_itself = batches.after.is_some_and(|after| batches.batch == Some(after.batch));
        let names_instant = |until: Option<Until>| matches!(until, Some(Until::At(_)));
        !matches!(job.start, Start::At(_) | Start::Hold)
            && !names_instant(job.expires)
            && !names_instant(job.max_wait)
            && job.group.is_none_or(valid_group)
            && job.fields.is_none_or(are_fields)
            && job.name.is_none_or(valid_job_name)
            && batches.names().all(|name| valid_batch_name(name))
            && !waits_for_itself
            && (on_dup == OnDup::Ignore || batches.is_none())
    }
}

impl AddRequest<Arc<[u8]>> {
    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        let shared = |bytes: &Arc<[u8]>| 2 * size_of::<usize>() + bytes.len();
        let others =
            self.job.group.iter().chain(&self.job.fields).chain(&self.job.name).chain(self.batches.names());
        shared(&self.job.payload) + others.map(shared).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_no_larger_than_its_fields() {
        assert!(size_of::<JobSpec<Box<[u8]>>>() <= 200, "a rerun");
        assert!(size_of::<AddRequest<Arc<[u8]>>>() <= 248, "a schedule or an expiry rule");
    }
}
