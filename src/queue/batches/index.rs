//! Batches: named sets of jobs with exact numbers, and the jobs that wait for one.
//!
//! ```text
//!   first mention ──► open ──SEAL──► sealed ──nothing pending──► finished ──released──► kept ──keep-batches──► dropped
//!                       └─────── numbers change with every member's life ──────┘
//! ```
//!
//! A batch has a number that is never used again; members know their batch by it (as part of their options),
//! so a name that is used anew is another batch, and dropping one costs nothing for its members. The members
//! themselves are not listed: only counted. The jobs that wait for a batch are: they are released one by one,
//! in bounded steps.

use super::batch::{Batch, BatchNumber, Members};
use crate::queue::store::{Handle, Order};
use crate::queue::time::FOREVER;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The batches of a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batches {
    numbers: BTreeMap<Arc<[u8]>, u64>,
    by_number: BTreeMap<u64, Batch>,
    next_number: u64,
    /// Finished ones with jobs that are still to be released, by when they finished, then by number.
    releasing: BTreeSet<(u64, u64)>,
    /// Finished ones for which no job waits, by when they are dropped, then by number.
    forgetting: BTreeSet<(u64, u64)>,
    name_bytes: usize,
}

impl Batches {
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

    /// Not to be used to finish one: that is planned for elsewhere.
    pub(crate) fn get_mut(&mut self, number: BatchNumber) -> Option<&mut Batch> {
        self.by_number.get_mut(&number.0)
    }

    /// All by number, from `from` on.
    pub(crate) fn iter_from(&self, from: u64) -> impl Iterator<Item = (BatchNumber, &Batch)> {
        self.by_number.range(from..).map(|(number, batch)| (BatchNumber(*number), batch))
    }

    /// Opens a new one under a name that is free.
    pub(crate) fn open(&mut self, name: &[u8], at: u64) {
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        let batch = Batch {
            name: name.into(),
            created_at: at,
            sealed: false,
            members: Members::default(),
            duplicates: 0,
            finished_at: 0,
            keep_until: 0,
            blocked: Order::default(),
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
        self.by_number.insert(number, batch);
        self.plan(BatchNumber(number));
    }

    /// Drops a batch.
    pub(crate) fn drop(&mut self, number: BatchNumber) {
        self.cancel_plans(number);
        if let Some(batch) = self.by_number.remove(&number.0) {
            self.name_bytes = self.name_bytes.saturating_sub(batch.name.len());
            self.numbers.remove(&batch.name);
        }
    }

    /// A sealed one has nothing pending for the first time. True if it has just finished.
    pub(crate) fn finish_if_done(&mut self, number: BatchNumber, at: u64, keep_until: u64) -> bool {
        let Some(batch) = self.by_number.get_mut(&number.0) else { return false };
        if !batch.sealed || batch.is_finished() || batch.members.pending > 0 {
            return false;
        }
        batch.finished_at = at.max(1);
        batch.keep_until = keep_until;
        self.plan(number);
        true
    }

    /// A job waits for this one.
    pub(crate) fn block(
        &mut self,
        number: BatchNumber,
        seq: u64,
        job: Handle,
        seq_of: impl Fn(Handle) -> u64,
    ) {
        self.cancel_plans(number);
        if let Some(batch) = self.by_number.get_mut(&number.0) {
            batch.blocked.insert(seq, job, seq_of);
        }
        self.plan(number);
    }

    /// A job waits for this one no more.
    pub(crate) fn unblock(&mut self, number: BatchNumber, seq: u64, job: Handle) {
        let Some(batch) = self.by_number.get_mut(&number.0) else { return };
        batch.blocked.remove(seq, job);
        // Only the last one changes what is planned.
        if batch.blocked.is_empty() {
            self.cancel_plans(number);
            self.plan(number);
        }
    }

    /// The job to be released next, and when its batch finished.
    pub(crate) fn next_release(&self) -> Option<(u64, Handle)> {
        let (at, number) = *self.releasing.first()?;
        let first = self.by_number.get(&number)?.blocked.first()?;
        Some((at, first))
    }

    /// The one to be dropped next, and when.
    pub(crate) fn next_forgotten(&self) -> Option<(u64, BatchNumber)> {
        self.forgetting.first().map(|(at, number)| (*at, BatchNumber(*number)))
    }

    fn plan(&mut self, number: BatchNumber) {
        let Some(batch) = self.by_number.get(&number.0).filter(|batch| batch.is_finished()) else { return };
        if !batch.blocked.is_empty() {
            self.releasing.insert((batch.finished_at, number.0));
        } else if batch.keep_until != FOREVER {
            self.forgetting.insert((batch.keep_until, number.0));
        }
    }

    fn cancel_plans(&mut self, number: BatchNumber) {
        if let Some(batch) = self.by_number.get(&number.0).filter(|batch| batch.is_finished()) {
            self.releasing.remove(&(batch.finished_at, number.0));
            self.forgetting.remove(&(batch.keep_until, number.0));
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
            if batch.is_finished() && !batch.blocked.is_empty() {
                releasing.insert((batch.finished_at, number));
            } else if batch.is_finished() && batch.keep_until != FOREVER {
                forgetting.insert((batch.keep_until, number));
            }
        }
        if releasing != self.releasing || forgetting != self.forgetting {
            wrong.push("what is planned for finished batches is off".into());
        }
    }

    /// Heap bytes held, roughly; without the lists of jobs that wait.
    pub(crate) fn bytes(&self) -> usize {
        const ARC: usize = 16;
        let each = size_of::<Batch>() + 2 * size_of::<(Arc<[u8]>, u64)>() + ARC;
        // Trees are five elevenths full at worst.
        self.name_bytes
            + self.len() * each * 3 / 2
            + (self.releasing.len() + self.forgetting.len()) * 2 * size_of::<(u64, u64)>()
    }
}
