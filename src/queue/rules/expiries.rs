//! What effects do to expiry rules.

use crate::queue::expiries::{ExpiryOutcome, ExpiryRule, ExpiryRules};
use crate::queue::jobs::AddRequest;
use crate::queue::value::Queue;

impl Queue {
    /// Its expiry rules.
    #[must_use]
    pub fn expiry_rules(&self) -> &ExpiryRules {
        &self.expiry_rules
    }

    pub(crate) fn set_expiry_rule(&mut self, prefix: &[u8], request: &AddRequest<&[u8]>) {
        self.expiry_rules.make().set(prefix, request.kept());
    }

    pub(crate) fn remove_expiry_rule(&mut self, prefix: &[u8]) {
        if let Some(rules) = self.expiry_rules.if_there() {
            rules.unset(prefix);
        }
    }

    pub(crate) fn count_expiry(&mut self, prefix: &[u8], outcome: ExpiryOutcome) {
        if let Some(rules) = self.expiry_rules.if_there() {
            rules.count(prefix, outcome);
        }
    }

    /// Puts a saved expiry rule into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_expiry_rule(&mut self, prefix: &[u8], rule: ExpiryRule) -> bool {
        self.created_at != 0 && self.expiry_rules.make().restore(prefix, rule)
    }
}
