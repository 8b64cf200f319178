//! The expiry rules of a queue: prefixes of key names, each with the job that an expired key becomes.
//!
//! The server gives the name of an expired key to every queue with a rule for it. The longest prefix decides.
//! An expiry has happened and cannot be refused, so neither `max-jobs` nor `max-ids` stands in its way; only
//! a name that cannot be an id is dropped, and counted.

use super::prefixes::prefixes_of;
use crate::queue::jobs::AddRequest;
use crate::queue::names::MAX_ID;
use crate::queue::store::Empty;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest prefix in bytes: no longer name can be an id.
pub const MAX_PREFIX: usize = MAX_ID;
/// The most prefixes of one queue: whatever loads, copies, moves or changes it lists all of them anew.
pub const MAX_PREFIXES: usize = 100;

/// What came of an expired key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryOutcome {
    /// A job, or one more run of an active one.
    Enqueued,
    /// Nothing new: its id is known, and that job starts after this.
    Coalesced,
    /// Nothing: its name cannot be an id, or the queue is as large as a queue can be.
    Dropped,
}

/// How often each of it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the manual's words, see `ExpiryOutcome`
pub struct ExpiryCounts {
    pub enqueued: u64,
    pub coalesced: u64,
    pub dropped: u64,
}

impl ExpiryCounts {
    fn add(&mut self, outcome: ExpiryOutcome) {
        let count = match outcome {
            ExpiryOutcome::Enqueued => &mut self.enqueued,
            ExpiryOutcome::Coalesced => &mut self.coalesced,
            ExpiryOutcome::Dropped => &mut self.dropped,
        };
        *count = count.saturating_add(1);
    }
}

/// What becomes of expired keys whose names begin with one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRule {
    /// What is added for an expired key, whose name becomes the id and the payload.
    pub request: AddRequest<Arc<[u8]>>,
    /// What has come of those so far.
    pub counts: ExpiryCounts,
}

/// All prefixes of a queue.
#[derive(Debug, Clone)]
pub struct ExpiryRules {
    rules: BTreeMap<Box<[u8]>, ExpiryRule>,
    /// Heap bytes behind all of them.
    bytes: usize,
    version: u64,
}

impl ExpiryRules {
    /// Every prefix with its rule, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &ExpiryRule)> {
        self.rules.iter().map(|(prefix, rule)| (&**prefix, rule))
    }

    /// Changes whenever a prefix comes or goes; 0 in a queue that has never had one. Not part of the state:
    /// the server compares it with what it has listed.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn has(&self, prefix: &[u8]) -> bool {
        self.rules.contains_key(prefix)
    }

    /// Whether a rule can be set for `prefix`: it has one, or there is room for another.
    pub(crate) fn has_room_for(&self, prefix: &[u8]) -> bool {
        self.has(prefix) || self.len() < MAX_PREFIXES
    }

    pub(crate) fn get(&self, prefix: &[u8]) -> Option<&ExpiryRule> {
        self.rules.get(prefix)
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    /// One more key that `prefix` decided about came to this.
    pub(crate) fn count(&mut self, prefix: &[u8], outcome: ExpiryOutcome) {
        if let Some(rule) = self.rules.get_mut(prefix) {
            rule.counts.add(outcome);
        }
    }

    /// The rule that decides about the key `name`: that of the longest prefix.
    pub(crate) fn rule_for(&self, name: &[u8]) -> Option<(&[u8], &ExpiryRule)> {
        prefixes_of(&self.rules, name).next()
    }

    /// Sets the rule of `prefix`. The counts of one that was there go on.
    pub(crate) fn set(&mut self, prefix: &[u8], request: AddRequest<Arc<[u8]>>) {
        let counts = self.unset(prefix).map_or_else(ExpiryCounts::default, |old| old.counts);
        self.put(prefix, ExpiryRule { request, counts });
    }

    fn put(&mut self, prefix: &[u8], rule: ExpiryRule) {
        self.bytes += weight(prefix, &rule);
        self.rules.insert(prefix.into(), rule);
        self.version += 1;
    }

    pub(crate) fn unset(&mut self, prefix: &[u8]) -> Option<ExpiryRule> {
        let rule = self.rules.remove(prefix)?;
        self.bytes = self.bytes.saturating_sub(weight(prefix, &rule));
        self.version += 1;
        Some(rule)
    }

    /// Puts back what was saved: prefixes in their order, each once.
    #[must_use]
    pub(crate) fn restore(&mut self, prefix: &[u8], rule: ExpiryRule) -> bool {
        let last = self.rules.last_key_value().map(|(last, _)| &**last);
        let fits = is_valid_rule(prefix, &rule.request.borrowed())
            && last.is_none_or(|last| last < prefix)
            && self.rules.len() < MAX_PREFIXES;
        if fits {
            self.put(prefix, rule);
        }
        fits
    }

    /// What a recount finds wrong.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let bytes: usize = self.iter().map(|(prefix, rule)| weight(prefix, rule)).sum();
        if bytes != self.bytes {
            wrong.push(format!("prefixes take {bytes} bytes, but {} are counted", self.bytes));
        }
        if self.rules.len() > MAX_PREFIXES
            || self.iter().any(|(prefix, w)| !is_valid_rule(prefix, &w.request.borrowed()))
        {
            wrong.push("the queue listens for what it cannot listen for".into());
        }
    }
}

impl Empty for ExpiryRules {
    const EMPTY: &'static Self = &ExpiryRules { rules: BTreeMap::new(), bytes: 0, version: 0 };

    fn heap_bytes(&self) -> usize {
        self.bytes
    }
}

/// Memory of one entry, roughly.
fn weight(prefix: &[u8], rule: &ExpiryRule) -> usize {
    prefix.len() + size_of::<(Box<[u8]>, ExpiryRule)>() * 3 / 2 + rule.request.bytes()
}

/// Whether a rule can be set.
pub(crate) fn is_valid_rule(prefix: &[u8], request: &AddRequest<&[u8]>) -> bool {
    prefix.len() <= MAX_PREFIX && request.job.payload.is_empty() && request.may_be_repeated()
}
