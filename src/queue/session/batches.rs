//! Batches in a session: opened when first mentioned, sealed, forgotten.

use super::access::Session;
use crate::queue::batches::{BatchNumber, BatchRefs, Dependency};
use crate::queue::effect::Effect;

impl Session<'_> {
    /// Whether a batch takes a new member. An id that is known is no new member.
    pub(crate) fn takes_members(&self, batch: Option<&[u8]>) -> bool {
        let known = batch.and_then(|name| self.queue.batches.find(name));
        known.and_then(|number| self.queue.batches.get(number)).is_none_or(|batch| !batch.sealed)
    }

    /// The batch of this name; opened when it is mentioned for the first time.
    pub(crate) fn mention(&mut self, name: &[u8]) -> Option<BatchNumber> {
        if let Some(number) = self.queue.batches.find(name) {
            return Some(number);
        }
        self.change(&Effect::BatchOpened { name });
        self.queue.batches.find(name)
    }

    /// The numbers of the batches that a new job refers to by name; those that are not there are opened.
    pub(crate) fn resolve_batches(&mut self, names: &BatchRefs<&[u8]>) -> BatchRefs<BatchNumber> {
        // What cannot be refused, a key's expiry, is no member of a batch that is sealed.
        let batch = names.batch.filter(|_| self.takes_members(names.batch));
        BatchRefs {
            batch: batch.and_then(|name| self.mention(name)),
            after: names.after.and_then(|Dependency { batch, condition }| {
                Some(Dependency { batch: self.mention(batch)?, condition })
            }),
        }
    }

    /// A batch that a client waits for is not dropped. Replicas do not know of the client, so it is an effect.
    pub(crate) fn keep_awaited_batches(&mut self, most: u32) {
        if most == 0 || !self.queue.has_subscribers() {
            return;
        }
        let (queue, most) = (&*self.queue, usize::try_from(most).unwrap_or(usize::MAX));
        let due = queue.batches.forgotten_by(self.at()).take(most);
        let awaited: Vec<BatchNumber> = due
            .filter(|batch| !batch.sealed && queue.subscriptions.is_batch_awaited(&batch.name))
            .filter_map(|batch| queue.batches.find(&batch.name))
            .collect();
        for batch in awaited {
            self.change(&Effect::BatchMentioned { batch });
        }
    }

    /// No more members. False: it was sealed.
    pub fn seal(&mut self, name: &[u8]) -> bool {
        let Some(batch) = self.mention(name) else { return false };
        let changes = self.queue.batches.get(batch).is_some_and(|batch| !batch.sealed);
        if changes {
            self.change(&Effect::BatchSealed { batch });
        }
        changes
    }

    /// Drops a batch for which no job and no client waits; pending members go on without it. False: there is
    /// none, or it is waited for.
    pub fn forget_batch(&mut self, name: &[u8]) -> bool {
        let Some(batch) = self.queue.batches.find(name) else { return false };
        let may_go = self.queue.may_be_forgotten(batch) && !self.queue.subscriptions.is_batch_awaited(name);
        if may_go {
            self.change(&Effect::BatchForgotten { batch });
        }
        may_go
    }
}
