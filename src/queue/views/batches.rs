//! Batches as clients see them.

use crate::queue::batches::{view, Batch, BatchNumber, BatchView};
use crate::queue::value::Queue;

impl Queue {
    /// The batch of this name. O(log batches).
    #[must_use]
    pub fn batch(&self, name: &[u8]) -> Option<BatchView> {
        let number = self.batches.find(name)?;
        self.batches.get(number).map(|batch| self.view_batch(number, batch))
    }

    /// At most `count` batches, oldest first, from a number on, and the number at which the next page begins.
    #[must_use]
    pub fn list_batches(&self, from: u64, count: usize) -> (Vec<BatchView>, Option<u64>) {
        let mut batches = self.batches.iter_from(from);
        let page = batches.by_ref().take(count).map(|(n, batch)| self.view_batch(n, batch)).collect();
        (page, batches.next().map(|(number, _)| number.0))
    }

    /// How many batches there are.
    #[must_use]
    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }

    fn view_batch(&self, number: BatchNumber, batch: &Batch) -> BatchView {
        let mut view = view(batch);
        view.duplicates = view.duplicates.saturating_add(self.pending_duplicates.of(number));
        view
    }
}
