//! A journal that writes each effect down as it happens, in blobs of bounded size.
//!
//! Every change of a queue has one. Allocations are a third of what a small command costs, so the memory of one journal
//! serves the next.

use super::blob;
use super::encode::encode_effect;
use crate::codec::wire::Encoder;
use crate::queue::{Effect, Journal, Now, Queue};

/// A new blob begins when one has this many bytes: the effects of one command may take many times what one argument
/// of a command can hold.
const BLOB_BYTES: usize = 1 << 20;

/// How much memory is kept for the next journal at most.
const KEPT_BYTES: usize = 1 << 16;

/// A journal that encodes what it records, in blobs of bounded size.
#[derive(Debug)]
pub struct JournalWriter {
    now: Now,
    full: Vec<Vec<u8>>,
    blob: Vec<u8>,
}

impl JournalWriter {
    /// A journal of what happens at `now`, in empty `memory`: new, or what another one [left](Self::finish).
    #[must_use]
    pub fn new(now: Now, memory: Vec<u8>) -> Self {
        JournalWriter { now, full: Vec::new(), blob: memory }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty() && self.full.is_empty()
    }

    /// Gives `each` blob of effects on, to become one command for the replicas. Returns memory for the next journal.
    pub fn finish(mut self, mut each: impl FnMut(&[u8])) -> Vec<u8> {
        let last = Some(&mut self.blob).filter(|blob| !blob.is_empty());
        for blob in self.full.iter_mut().chain(last) {
            blob::seal(blob);
            each(blob);
        }
        self.blob.clear();
        self.blob.shrink_to(KEPT_BYTES);
        self.blob
    }
}

impl Journal for JournalWriter {
    fn record(&mut self, queue: &Queue, effect: &Effect<'_>) {
        if self.blob.len() >= BLOB_BYTES {
            self.full.push(std::mem::take(&mut self.blob));
        }
        if self.blob.is_empty() {
            blob::begin(&mut self.blob);
            self.blob.number(self.now.written());
            if let Some(until) = queue.stands_until(self.now) {
                encode_effect(&mut self.blob, queue, &Effect::ClockStands { until });
            }
        }
        encode_effect(&mut self.blob, queue, effect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(memory: Vec<u8>, effects: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
        let queue = Queue::default();
        let mut journal = JournalWriter::new(Now::from_ms(1_700_000_000_000), memory);
        (0..effects).for_each(|_| journal.record(&queue, &Effect::StaleAck));
        let mut blobs = Vec::new();
        let memory = journal.finish(|blob| blobs.push(blob.to_vec()));
        (blobs, memory)
    }

    #[test]
    fn a_journal_in_used_memory_is_the_same_and_takes_no_more() {
        let (blobs, memory) = written(Vec::new(), 3);
        let (place, size) = (memory.as_ptr(), memory.capacity());
        assert!(memory.is_empty() && size > 0, "it is left to the next, without a word");
        let (again, memory) = written(memory, 3);
        assert_eq!((again, memory.as_ptr(), memory.capacity()), (blobs, place, size));
    }

    #[test]
    fn a_large_journal_is_parted_and_leaves_little_memory() {
        let (blobs, memory) = written(Vec::new(), BLOB_BYTES + 1);
        assert_eq!(blobs.len(), 2);
        assert!(blobs.iter().all(|blob| blob.len() <= BLOB_BYTES));
        let (_, memory_of_one) = written(Vec::new(), BLOB_BYTES / 2);
        assert!(memory.capacity() <= KEPT_BYTES && memory_of_one.capacity() <= KEPT_BYTES);
    }
}
