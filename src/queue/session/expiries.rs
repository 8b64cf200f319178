//! Expiry rules in a session: set, removed, and applied to a key that has expired.

use super::access::Session;
use super::add::Outcome;
use crate::queue::effect::Effect;
use crate::queue::expiries::ExpiryOutcome;
use crate::queue::jobs::{AddRequest, JobSpec};
use crate::queue::names::may_be_given;
use crate::queue::store::MAX_HANDLES;

impl Session<'_> {
    /// Sets the rule for keys that begin with `prefix`. Nothing happens if that very rule is set. False: it
    /// has as many prefixes as it can have.
    #[must_use]
    pub fn set_expiry_rule(&mut self, prefix: &[u8], request: &AddRequest<&[u8]>) -> bool {
        match self.queue.expiry_rules.get(prefix) {
            Some(known) if known.request.borrowed() == *request => return true,
            _ if !self.queue.expiry_rules.has_room_for(prefix) => return false,
            _ => {}
        }
        self.change(&Effect::ExpiryRuleSet { prefix, request: *request });
        true
    }

    /// Removes the rule of `prefix`. False: there is none.
    pub fn remove_expiry_rule(&mut self, prefix: &[u8]) -> bool {
        let listened = self.queue.expiry_rules.has(prefix);
        if listened {
            self.change(&Effect::ExpiryRuleRemoved { prefix });
        }
        listened
    }

    /// The key `name` has expired. None: no rule is about it. O(log n).
    pub fn key_expired(&mut self, name: &[u8]) -> Option<ExpiryOutcome> {
        let (prefix, rule) = self.queue.expiry_rules.rule_for(name)?;
        let (prefix, kept) = (Box::<[u8]>::from(prefix), rule.request.clone());
        let outcome = if !may_be_given(name) || self.queue.known() >= MAX_HANDLES || self.queue.is_exhausted()
        {
            ExpiryOutcome::Dropped
        } else {
            let request = kept.borrowed();
            let job = JobSpec { payload: name, ..request.job };
            match self.enqueue(Some(name), &AddRequest { job, ..request }).outcome {
                Outcome::Duplicate | Outcome::Replaced => ExpiryOutcome::Coalesced,
                Outcome::Added | Outcome::Rerun => ExpiryOutcome::Enqueued,
            }
        };
        if !self.queue.is_exhausted() {
            self.change(&Effect::KeyExpired { prefix: &prefix, outcome });
        }
        Some(outcome)
    }
}
