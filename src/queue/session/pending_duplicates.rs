//! ADDs that were refused as duplicates: counted at once, journaled a little later.

use super::access::Session;
use crate::queue::batches::BatchNumber;
use crate::queue::effect::Effect;
use crate::queue::stats::{plausible_duplicates, PendingDuplicates};

impl Session<'_> {
    /// Counts a refused ADD for a batch, or none.
    pub(crate) fn count_duplicate(&mut self, batch: Option<BatchNumber>) {
        let at = self.at();
        let pending = &self.queue.pending_duplicates;
        if pending.any() && (pending.batch != batch || !plausible_duplicates(pending.count + 1)) {
            self.journal_duplicates();
        }
        let pending = &mut self.queue.pending_duplicates;
        if !pending.any() {
            *pending = PendingDuplicates { count: 0, batch, since: at };
        }
        pending.count = pending.count.saturating_add(1);
    }

    /// Journals them if that can't wait any longer.
    pub(crate) fn journal_due_duplicates(&mut self) {
        if self.queue.pending_duplicates.are_due(self.at()) {
            self.journal_duplicates();
        }
    }

    /// Journals those there are.
    pub(crate) fn journal_duplicates(&mut self) {
        let PendingDuplicates { count, batch, .. } = std::mem::take(&mut self.queue.pending_duplicates);
        if count > 0 {
            // Time may have dropped the batch meanwhile.
            let batch = batch.filter(|batch| self.queue.batches.get(*batch).is_some());
            self.change(&Effect::Duplicates { count, batch });
        }
    }
}
