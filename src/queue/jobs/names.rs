//! The names of jobs: what kind of job each is, and how many there are of a kind in each state.
//!
//! A name is kept once however many jobs have it, and lives as long as a job or record of it does. The counts change
//! with the indexes of jobs, so they cannot differ from what is listed.

use super::state::JobState;
use crate::queue::store::{Empty, Handle, NameNumber, Slab};
use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// How many states a job or record can be in, the first ones of [`JobState`].
const STATES: usize = JobState::OF_JOBS.len();

/// How many jobs and records there are of a name, in the order of [`JobState`].
pub(crate) type NameCounts = [u32; STATES];

/// One name.
#[derive(Debug, Clone)]
struct JobName {
    name: Arc<[u8]>,
    counts: NameCounts,
    /// How many jobs and records have it, listed or not.
    jobs: u32,
}

/// The names of a queue.
#[derive(Debug, Clone)]
pub(crate) struct JobNames {
    numbers: BTreeMap<Arc<[u8]>, Handle>,
    list: Slab<JobName>,
    name_bytes: usize,
}

impl JobNames {
    const fn new() -> Self {
        JobNames { numbers: BTreeMap::new(), list: Slab::new(), name_bytes: 0 }
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<NameNumber> {
        self.numbers.get(name).copied().map(NameNumber)
    }

    /// The name, new if need be. O(log names). None: there can be no more.
    pub(crate) fn of(&mut self, name: &[u8]) -> Option<NameNumber> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let name: Arc<[u8]> = name.into();
        let number = self.list.insert(JobName { name: Arc::clone(&name), counts: [0; STATES], jobs: 0 })?;
        self.name_bytes += name.len();
        self.numbers.insert(name, number);
        Some(NameNumber(number))
    }

    /// The name with this number.
    pub(crate) fn get(&self, number: NameNumber) -> &[u8] {
        self.list.get(number.0).map(|it| &*it.name).unwrap_or_default()
    }

    /// One more job has it.
    pub(crate) fn join(&mut self, number: NameNumber) {
        if let Some(it) = self.list.get_mut(number.0) {
            it.jobs = it.jobs.saturating_add(1);
        }
    }

    /// One job less has it. The name goes with its last one.
    pub(crate) fn quit(&mut self, number: NameNumber) {
        let Some(it) = self.list.get_mut(number.0) else { return };
        it.jobs = it.jobs.saturating_sub(1);
        if it.jobs > 0 {
            return;
        }
        if let Some(gone) = self.list.remove(number.0) {
            self.name_bytes = self.name_bytes.saturating_sub(gone.name.len());
            self.numbers.remove(&gone.name);
        }
    }

    /// A job of that name is listed in a state.
    pub(crate) fn enter(&mut self, number: NameNumber, state: JobState) {
        if let Some(count) = self.count_of(number, state) {
            *count = count.saturating_add(1);
        }
    }

    /// A job of that name is not listed in a state any more.
    pub(crate) fn leave(&mut self, number: NameNumber, state: JobState) {
        if let Some(count) = self.count_of(number, state) {
            *count = count.saturating_sub(1);
        }
    }

    fn count_of(&mut self, number: NameNumber, state: JobState) -> Option<&mut u32> {
        self.list.get_mut(number.0)?.counts.get_mut(usize::from(state.code()))
    }

    /// Every name with its counts, from a name on.
    pub(crate) fn from(&self, name: &[u8]) -> impl Iterator<Item = (&[u8], NameCounts)> {
        let numbers = self.numbers.range::<[u8], _>((Included(name), Unbounded));
        numbers.filter_map(|(name, &number)| Some((&**name, self.list.get(number)?.counts)))
    }
}

impl Empty for JobNames {
    const EMPTY: &'static Self = &JobNames::new();

    fn heap_bytes(&self) -> usize {
        let per_name = size_of::<(Arc<[u8]>, Handle)>() * 2;
        self.list.bytes() + self.name_bytes + self.numbers.len() * per_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lives_as_long_as_its_last_job() {
        let mut names = JobNames::new();
        let (mail, sms) = (names.of(b"mail").unwrap(), names.of(b"sms").unwrap());
        names.join(mail);
        names.join(mail);
        names.join(sms);
        assert_eq!((names.of(b"mail"), names.get(mail)), (Some(mail), &b"mail"[..]));
        names.enter(mail, JobState::Waiting);
        names.enter(mail, JobState::Failed);
        names.leave(mail, JobState::Waiting);
        let listed = |names: &JobNames, from: &[u8]| {
            names.from(from).map(|(n, c)| (n.to_vec(), c)).collect::<Vec<_>>()
        };
        assert_eq!(listed(&names, b""), [(b"mail".to_vec(), [0, 0, 0, 0, 0, 1]), (b"sms".to_vec(), [0; 6])]);
        assert_eq!(listed(&names, b"n").len(), 1);
        names.quit(mail);
        names.quit(mail);
        assert_eq!((names.find(b"mail"), listed(&names, b"").len()), (None, 1));
    }
}
