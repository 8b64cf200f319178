//! Whether the limits of a queue, and batches that are sealed, leave room for jobs.

use super::access::Session;
use super::add::IdLookup;
use crate::queue::store::MAX_HANDLES;
use std::collections::BTreeSet;

/// A limit of the queue, or a sealed batch, has no room for it; or it belongs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `max-ids`.
    MaxIds(u64),
    /// `max-jobs`.
    MaxJobs(u64),
    /// What the data type can hold.
    Capacity(u64),
    /// The batch of the job in that place takes no more members.
    Sealed(usize),
    /// How many groups can have rules of their own.
    GroupRules(u64),
    /// The queue is one of so many shards, and the producer counts on another number.
    Shards {
        /// As the settings say.
        own: u32,
        /// As the producer says.
        counted_on: u32,
    },
}

impl Session<'_> {
    /// Whether the limits and the batch leave room for `count` jobs with these ids; None is an id that the
    /// queue makes. O(1) far from the limits, O(log n) per id near them or with a sealed batch.
    pub fn room_for<'a>(
        &mut self,
        count: usize,
        ids: impl Iterator<Item = Option<&'a [u8]>>,
        batch: Option<&'a [u8]>,
    ) -> Result<(), Refusal> {
        if self.takes_members(batch) && self.exceeded_by(count, count).is_none() {
            return Ok(());
        }
        self.room_one_by_one(ids.map(|id| (id, batch)))
    }

    /// The same for jobs that name different batches: an id and a batch for each. O(log n) per job with a batch.
    pub fn room_for_each<'a>(
        &mut self,
        count: usize,
        jobs: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>)> + Clone,
    ) -> Result<(), Refusal> {
        let are_open = jobs.clone().all(|(_, batch)| self.takes_members(batch));
        if are_open && self.exceeded_by(count, count).is_none() {
            return Ok(());
        }
        self.room_one_by_one(jobs)
    }

    /// The first limit that so many more ids and jobs would exceed.
    fn exceeded_by(&self, more_ids: usize, more_jobs: usize) -> Option<Refusal> {
        type MakeRefusal = fn(u64) -> Refusal;
        let (queue, settings) = (&*self.queue, self.queue.settings());
        let limits: [(usize, usize, u64, MakeRefusal); 3] = [
            (queue.known(), more_ids, settings.max_ids, Refusal::MaxIds),
            (queue.unfinished(), more_jobs, settings.max_jobs, Refusal::MaxJobs),
            (queue.known(), more_ids, MAX_HANDLES as u64, Refusal::Capacity),
        ];
        limits.into_iter().find_map(|(used, more, limit, refusal)| {
            (limit > 0 && more > 0 && (used + more) as u64 > limit).then(|| refusal(limit))
        })
    }

    /// Counts which of the ids are new, and looks for the batch of each job.
    fn room_one_by_one<'a>(
        &mut self,
        jobs: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>)>,
    ) -> Result<(), Refusal> {
        let (mut new_ids, mut new_jobs, mut sealed) = (0, 0, None);
        let mut seen = BTreeSet::new();
        for (nth, (id, batch)) in jobs.enumerate() {
            let (is_new_job, is_new_id) = match id {
                None => (true, true),
                Some(id) if seen.insert(id) => {
                    let is_new_job = matches!(self.lookup(id), IdLookup::Free);
                    (is_new_job, is_new_job && self.queue.find(id).is_none())
                }
                Some(_) => (false, false),
            };
            new_jobs += usize::from(is_new_job);
            new_ids += usize::from(is_new_id);
            if is_new_job && sealed.is_none() && !self.takes_members(batch) {
                sealed = Some(nth);
            }
        }
        match self.exceeded_by(new_ids, new_jobs) {
            Some(refusal) => Err(refusal),
            None => sealed.map_or(Ok(()), |nth| Err(Refusal::Sealed(nth))),
        }
    }

    /// How many more jobs `max-jobs` allows.
    pub(super) fn room_for_jobs(&self) -> usize {
        match self.queue.settings().max_jobs {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(self.queue.unfinished()),
        }
    }
}
