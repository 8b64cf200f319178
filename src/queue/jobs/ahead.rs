//! Reading ahead, for calls that name or claim many jobs.
//!
//! To look an id up among millions means to wait for memory five times: for the directory, the part, its places, the job,
//! and its bytes. Each tells where the next is, so one look-up after the other waits for each in turn, which is most of
//! what it costs. But look-ups of different ids do not need each other. So what many will read is read first, step by step
//! for all of them, in loops so short that the processor waits for some ten reads at once. The look-ups then find it in a
//! cache. Nothing else depends on this, and of a small queue all is in a cache anyway.

use super::store::JobStore;
use crate::queue::store::{ids, IdEntry};
use smallvec::SmallVec;

/// Jobs for which is read ahead: all of it stays in a cache until its turn.
const AHEAD: usize = 32;
/// So few are not worth it.
const FEW: usize = 4;
/// The ids and jobs of a queue that has fewer are in a cache anyway.
const FAR: usize = 20_000;

impl JobStore {
    /// To be called before each of many ids is looked up: `ids` are the `nth`, from 0 on, and those behind it.
    pub(crate) fn foresee<'a>(&self, nth: usize, ids: impl Iterator<Item = &'a [u8]>) {
        if !nth.is_multiple_of(AHEAD) || self.known_ids() < FAR {
            return;
        }
        let ids = ids.take(AHEAD).collect::<SmallVec<[&[u8]; AHEAD]>>();
        if ids.len() >= FEW {
            let hashes = ids.into_iter().map(ids::hash).collect::<SmallVec<[u64; AHEAD]>>();
            let likely = self.ids.likely(&hashes);
            // Of ids that are new some seem to lead to a job all the same. To read those would be for nothing.
            if likely.len() * 2 > hashes.len() {
                self.table.foresee(&likely);
            }
        }
    }

    /// To be called before each of many jobs is claimed: the `nth`, from 0 on, and about so many `more`.
    pub(crate) fn foresee_claim(&self, nth: usize, more: impl FnOnce() -> usize) {
        if !nth.is_multiple_of(AHEAD) || self.known_ids() < FAR {
            return;
        }
        let more = more();
        if more >= FEW {
            let next = self.indexes.waiting.iter().take(more.min(AHEAD));
            let next = next.map(|job| IdEntry::Job(job).pack());
            self.table.foresee(&next.collect::<SmallVec<[u32; AHEAD]>>());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::jobs::{Job, StateData};

    #[test]
    fn nothing_is_changed() {
        let mut store = JobStore::default();
        let id = |n: usize| format!("job-{n}").into_bytes();
        for n in 0..FAR {
            let job = Job::new(&id(n), b"payload", StateData::Delayed { due: 1 });
            store.insert(ids::hash(&id(n)), job);
        }
        let (before, named) = (store.bytes(), (FAR - 50..FAR + 50).map(id).collect::<Vec<_>>());
        for (nth, id) in named.iter().enumerate() {
            store.foresee(nth, named.iter().skip(nth).map(Vec::as_slice));
            store.foresee_claim(nth, || named.len() - nth);
            assert_eq!(store.find(ids::hash(id), id).is_some(), nth < 50);
        }
        assert_eq!(store.bytes(), before);
    }
}
