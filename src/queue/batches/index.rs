//! Batches: named sets of jobs with exact numbers, and the jobs that wait for one.
//!
//! ```text
//!   first mention ──► open ──SEAL──► sealed ──nothing pending──► finished ──released──► kept ──keep-batches──► dropped
//!                      │└─────── numbers change with every member's life ──────┘                               ▲
//!                      └── nothing pending, no job waits, and for keep-batches it was not mentioned ───────────┘
//! ```
//!
//! A batch has a number that is never used again; members know their batch by it (as part of their options),
//! so a name that is used anew is another batch, and dropping one costs nothing for its members. The members
//! themselves are not listed: only counted. The jobs that wait for a batch are: they are released one by one,
//! in bounded steps. One that waits with AFTEROK is decided when its step comes, and only while nothing of the
//! batch is pending: a RETRY between two steps leaves the others behind the batch.

use super::batch::{Batch, BatchNumber, BatchPlan, Members};
use super::refs::{BatchCondition, Dependency};
use crate::queue::store::{Empty, Handle, Order};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The batches of a queue.
#[derive(Debug, Clone)]
pub(crate) struct Batches {
    numbers: BTreeMap<Arc<[u8]>, u64>,
    by_number: BTreeMap<u64, Batch>,
    next_number: u64,
    /// Those with jobs that are to be released, by when that was decided, then by number.
    releasing: BTreeSet<(u64, u64)>,
    /// Those that nothing needs any more, by when they are dropped, then by number.
    forgetting: BTreeSet<(u64, u64)>,
    name_bytes: usize,
}

impl Batches {
    const fn new() -> Self {
        Batches {
            numbers: BTreeMap::new(),
            by_number: BTreeMap::new(),
            next_number: 0,
            releasing: BTreeSet::new(),
            forgetting: BTreeSet::new(),
            name_bytes: 0,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    /// The number the next new one will have.
    pub(crate) fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Numbers given so far, when a queue is read back.
    pub(crate) fn set_next_number(&mut self, number: u64) {
        self.next_number = number;
    }

    /// The one of this name. O(log batches), as everything here.
    pub(crate) fn find(&self, name: &[u8]) -> Option<BatchNumber> {
        self.numbers.get(name).copied().map(BatchNumber)
    }

    pub(crate) fn get(&self, number: BatchNumber) -> Option<&Batch> {
        self.by_number.get(&number.0)
    }

    /// All by number, from `from` on.
    pub(crate) fn iter_from(&self, from: u64) -> impl Iterator<Item = (BatchNumber, &Batch)> {
        self.by_number.range(from..).map(|(number, batch)| (BatchNumber(*number), batch))
    }

    /// Opens a new one under a name that is free.
    pub(crate) fn open(&mut self, name: &[u8], at: u64, keep_until: u64) {
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        let batch = Batch {
            name: name.into(),
            created_at: at,
            sealed: false,
            members: Members::default(),
            duplicates: 0,
            finished_at: 0,
            settled_at: 0,
            keep_until,
            blocked_after: Order::default(),
            blocked_afterok: Order::default(),
        };
        self.put(number, batch);
    }

    /// Puts one back that was saved. False if its name or number is taken or its number was never given.
    #[must_use]
    pub(crate) fn restore(&mut self, number: u64, batch: Batch) -> bool {
        let is_new = number < self.next_number
            && !self.by_number.contains_key(&number)
            && !self.numbers.contains_key(&batch.name);
        if is_new {
            self.put(number, batch);
        }
        is_new
    }

    fn put(&mut self, number: u64, batch: Batch) {
        self.name_bytes += batch.name.len();
        self.numbers.insert(Arc::clone(&batch.name), number);
        let plan = batch.plan();
        self.by_number.insert(number, batch);
        self.schedule(BatchNumber(number), plan);
    }

    /// Drops a batch.
    pub(crate) fn drop(&mut self, number: BatchNumber) {
        if let Some(batch) = self.by_number.remove(&number.0) {
            self.cancel(number, batch.plan());
            self.name_bytes = self.name_bytes.saturating_sub(batch.name.len());
            self.numbers.remove(&batch.name);
        }
    }

    /// A sealed one may have nothing pending any more. True if that is so, for the first time or again after a
    /// RETRY.
    pub(crate) fn settle_if_done(&mut self, number: BatchNumber, at: u64, keep_until: u64) -> bool {
        let is_done =
            self.by_number.get(&number.0).is_some_and(|batch| batch.sealed && batch.members.pending == 0);
        if is_done {
            self.edit(number, |batch| {
                batch.settled_at = at.max(1);
                if !batch.is_finished() {
                    batch.finished_at = batch.settled_at;
                }
                batch.keep_until = keep_until;
            });
        }
        is_done
    }

    /// A job waits for this one.
    pub(crate) fn block(
        &mut self,
        after: Dependency<BatchNumber>,
        seq: i64,
        job: Handle,
        seq_of: impl Fn(Handle) -> i64,
    ) {
        self.edit(after.batch, |batch| batch.blocked_mut(after.condition).insert(seq, job, seq_of));
    }

    /// A job waits for this one no more.
    pub(crate) fn unblock(&mut self, after: Dependency<BatchNumber>, seq: i64, job: Handle) {
        self.edit(after.batch, |batch| {
            batch.blocked_mut(after.condition).remove(seq, job);
        });
    }

    /// The job to be released next, and when that was decided. `seq_of` returns the sequence number of a job.
    pub(crate) fn next_release(&self, seq_of: impl Fn(Handle) -> i64) -> Option<(u64, Handle)> {
        let (at, number) = *self.releasing.first()?;
        let batch = self.by_number.get(&number)?;
        // Both kinds in the order in which they were added where both were decided at that instant.
        let decided = [BatchCondition::Finished, BatchCondition::Completed]
            .into_iter()
            .filter(|condition| batch.decision(*condition).is_some_and(|(_, decided_at)| decided_at == at));
        let first = decided.filter_map(|condition| batch.blocked(condition).first());
        Some((at, first.min_by_key(|job| seq_of(*job))?))
    }

    /// Whether there are jobs to be released.
    pub(crate) fn has_releases(&self) -> bool {
        !self.releasing.is_empty()
    }

    /// Those that are to be dropped by `at`, in that order.
    pub(crate) fn forgotten_by(&self, at: u64) -> impl Iterator<Item = &Batch> {
        let due = self.forgetting.range(..=(at, u64::MAX));
        due.filter_map(|(_, number)| self.by_number.get(number))
    }

    /// The one to be dropped next, and when.
    pub(crate) fn next_forgotten(&self) -> Option<(u64, BatchNumber)> {
        self.forgetting.first().map(|(at, number)| (*at, BatchNumber(*number)))
    }

    /// Changes a batch, and with it what is planned for it.
    pub(crate) fn edit(&mut self, number: BatchNumber, change: impl FnOnce(&mut Batch)) {
        let Some(batch) = self.by_number.get_mut(&number.0) else { return };
        let before = batch.plan();
        change(batch);
        let after = batch.plan();
        if before != after {
            self.cancel(number, before);
            self.schedule(number, after);
        }
    }

    fn schedule(&mut self, number: BatchNumber, plan: Option<BatchPlan>) {
        match plan {
            None => {}
            Some(BatchPlan::Release(at)) => drop(self.releasing.insert((at, number.0))),
            Some(BatchPlan::Forget(at)) => drop(self.forgetting.insert((at, number.0))),
        }
    }

    fn cancel(&mut self, number: BatchNumber, plan: Option<BatchPlan>) {
        match plan {
            None => {}
            Some(BatchPlan::Release(at)) => drop(self.releasing.remove(&(at, number.0))),
            Some(BatchPlan::Forget(at)) => drop(self.forgetting.remove(&(at, number.0))),
        }
    }

    /// What does not add up: names and plans, counted again.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let named =
            self.numbers.iter().all(|(name, n)| self.by_number.get(n).is_some_and(|b| b.name == *name));
        if !named || self.numbers.len() != self.by_number.len() {
            wrong.push("the names of the batches are off".into());
        }
        let (mut releasing, mut forgetting) = (BTreeSet::new(), BTreeSet::new());
        for (&number, batch) in &self.by_number {
            let name = String::from_utf8_lossy(&batch.name);
            if batch.is_finished() && !batch.sealed {
                wrong.push(format!("batch '{name}' is finished but not sealed"));
            }
            if batch.sealed && batch.members.pending == 0 && !batch.is_finished() {
                wrong.push(format!("batch '{name}' has nothing pending but is not finished"));
            }
            if batch.is_finished() && batch.settled_at == 0 {
                wrong.push(format!("batch '{name}' is finished but was never settled"));
            }
            match batch.plan() {
                None => {}
                Some(BatchPlan::Release(at)) => drop(releasing.insert((at, number))),
                Some(BatchPlan::Forget(at)) => drop(forgetting.insert((at, number))),
            }
        }
        if releasing != self.releasing || forgetting != self.forgetting {
            wrong.push("what is planned for finished batches is off".into());
        }
    }
}

impl Empty for Batches {
    const EMPTY: &'static Self = &Batches::new();

    /// Without the lists of jobs that wait.
    fn heap_bytes(&self) -> usize {
        const ARC: usize = 16;
        let each = size_of::<Batch>() + 2 * size_of::<(Arc<[u8]>, u64)>() + ARC;
        // Trees are five elevenths full at worst.
        self.name_bytes
            + self.len() * each * 3 / 2
            + (self.releasing.len() + self.forgetting.len()) * 2 * size_of::<(u64, u64)>()
    }
}
