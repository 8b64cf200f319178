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
