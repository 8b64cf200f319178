//! What effects do to expiry rules.

use crate::queue::expiries::{ExpiryOutcome, ExpiryRule, ExpiryRules};
use crate::queue::jobs::{Addition, Template};
use crate::queue::value::Queue;

impl Queue {
    /// The prefixes it listens for.
    #[must_use]
    pub fn expiries(&self) -> &ExpiryRules {
        &self.expiry_rules
    }

    pub(crate) fn watch(&mut self, prefix: &[u8], addition: &Addition<'_>) {
        self.expiry_rules.set(prefix, Template::keep(addition));
    }

    pub(crate) fn unwatch(&mut self, prefix: &[u8]) {
        self.expiry_rules.unset(prefix);
    }

    pub(crate) fn count_heard(&mut self, prefix: &[u8], heard: ExpiryOutcome) {
        self.expiry_rules.count(prefix, heard);
    }

    /// Puts a saved watch into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_watch(&mut self, prefix: &[u8], watch: ExpiryRule) -> bool {
        self.created_at != 0 && self.expiry_rules.restore(prefix, watch)
    }
}
