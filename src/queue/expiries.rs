//! What a queue makes of keys that expire: the prefixes it listens for, each with the job that it wants.
//!
//! The server hears of an expired key and tells every queue that listens for it. The longest prefix decides. An expiry
//! has happened and cannot be refused, so neither `max-jobs` nor `max-ids` stands in its way; only a name that cannot
//! be an id is dropped, and counted.

use super::prefixes::prefixes_of;
use super::{valid_id, Addition, Effect, Outcome, Queue, Session, Template, MAX_HANDLES, MAX_ID};
use std::collections::BTreeMap;

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
#[allow(missing_docs)] // the manual's words, told at `ExpiryOutcome`
pub struct ExpiryCounts {
    pub enqueued: u64,
    pub coalesced: u64,
    pub dropped: u64,
}

impl ExpiryCounts {
    fn add(&mut self, heard: ExpiryOutcome) {
        let count = match heard {
            ExpiryOutcome::Enqueued => &mut self.enqueued,
            ExpiryOutcome::Coalesced => &mut self.coalesced,
            ExpiryOutcome::Dropped => &mut self.dropped,
        };
        *count = count.saturating_add(1);
    }
}

/// A prefix that a queue listens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRule {
    /// What an expired key makes.
    pub template: Template,
    /// What has come of those so far.
    pub tally: ExpiryCounts,
}

/// All prefixes of a queue.
#[derive(Debug, Clone, Default)]
pub struct ExpiryRules {
    watches: BTreeMap<Box<[u8]>, ExpiryRule>,
    /// Heap bytes behind all of them.
    bytes: usize,
    version: u64,
}

impl ExpiryRules {
    /// Every prefix with its watch, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &ExpiryRule)> {
        self.watches.iter().map(|(prefix, watch)| (&**prefix, watch))
    }

    /// Changes whenever a prefix comes or goes; 0 in a queue that has never had one. Not part of the state: the
    /// server compares it with what it has listed.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn has(&self, prefix: &[u8]) -> bool {
        self.watches.contains_key(prefix)
    }

    /// The watch that decides about the key `name`: that of the longest prefix.
    fn decides(&self, name: &[u8]) -> Option<(&[u8], &ExpiryRule)> {
        prefixes_of(&self.watches, name).next()
    }

    /// Listens for `prefix`. Counts go on if it did.
    fn set(&mut self, prefix: &[u8], template: Template) {
        let tally = self.unset(prefix).map_or_else(ExpiryCounts::default, |old| old.tally);
        self.put(prefix, ExpiryRule { template, tally });
    }

    fn put(&mut self, prefix: &[u8], watch: ExpiryRule) {
        self.bytes += weight(prefix, &watch);
        self.watches.insert(prefix.into(), watch);
        self.version += 1;
    }

    fn unset(&mut self, prefix: &[u8]) -> Option<ExpiryRule> {
        let watch = self.watches.remove(prefix)?;
        self.bytes = self.bytes.saturating_sub(weight(prefix, &watch));
        self.version += 1;
        Some(watch)
    }

    /// Puts back what was saved: prefixes in their order, each once.
    #[must_use]
    fn restore(&mut self, prefix: &[u8], watch: ExpiryRule) -> bool {
        let last = self.watches.last_key_value().map(|(last, _)| &**last);
        let fits = is_sound(prefix, &watch.template.addition())
            && last.is_none_or(|last| last < prefix)
            && self.watches.len() < MAX_PREFIXES;
        if fits {
            self.put(prefix, watch);
        }
        fits
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What a recount finds wrong.
    pub(super) fn check(&self, wrong: &mut Vec<String>) {
        let bytes: usize = self.iter().map(|(prefix, watch)| weight(prefix, watch)).sum();
        if bytes != self.bytes {
            wrong.push(format!("prefixes take {bytes} bytes, but {} are counted", self.bytes));
        }
        if self.watches.len() > MAX_PREFIXES
            || self.iter().any(|(prefix, w)| !is_sound(prefix, &w.template.addition()))
        {
            wrong.push("the queue listens for what it cannot listen for".into());
        }
    }
}

/// Memory of one entry, roughly.
fn weight(prefix: &[u8], watch: &ExpiryRule) -> usize {
    prefix.len() + size_of::<(Box<[u8]>, ExpiryRule)>() * 3 / 2 + watch.template.bytes()
}

/// What may be listened for.
pub(crate) fn is_sound(prefix: &[u8], addition: &Addition<'_>) -> bool {
    prefix.len() <= MAX_PREFIX && addition.job.payload.is_empty() && addition.may_be_repeated()
}

impl Queue {
    /// The prefixes it listens for.
    #[must_use]
    pub fn expiries(&self) -> &ExpiryRules {
        &self.expiries
    }

    pub(super) fn watch(&mut self, prefix: &[u8], addition: &Addition<'_>) {
        self.expiries.set(prefix, Template::keep(addition));
    }

    pub(super) fn unwatch(&mut self, prefix: &[u8]) {
        self.expiries.unset(prefix);
    }

    pub(super) fn count_heard(&mut self, prefix: &[u8], heard: ExpiryOutcome) {
        if let Some(watch) = self.expiries.watches.get_mut(prefix) {
            watch.tally.add(heard);
        }
    }

    /// Puts a saved watch into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_watch(&mut self, prefix: &[u8], watch: ExpiryRule) -> bool {
        self.created_at != 0 && self.expiries.restore(prefix, watch)
    }
}

impl Session<'_> {
    /// Listens for keys that begin with `prefix`; nothing happens if it does just so. False: it has as many
    /// prefixes as it can have.
    #[must_use]
    pub fn watch(&mut self, prefix: &[u8], addition: &Addition<'_>) -> bool {
        match self.queue.expiries.watches.get(prefix) {
            Some(known) if known.template.addition() == *addition => return true,
            None if self.queue.expiries.watches.len() >= MAX_PREFIXES => return false,
            _ => {}
        }
        self.change(&Effect::ExpiryRuleSet { prefix, addition: *addition });
        true
    }

    /// Listens no longer for `prefix`. False: it did not.
    pub fn unwatch(&mut self, prefix: &[u8]) -> bool {
        let listened = self.queue.expiries.has(prefix);
        if listened {
            self.change(&Effect::ExpiryRuleRemoved { prefix });
        }
        listened
    }

    /// The key `name` has expired. None: the queue does not listen for it. O(log n).
    pub fn hear(&mut self, name: &[u8]) -> Option<ExpiryOutcome> {
        let (prefix, watch) = self.queue.expiries.decides(name)?;
        let (prefix, template) = (Box::<[u8]>::from(prefix), watch.template.clone());
        let heard = if !valid_id(name) || self.queue.known() >= MAX_HANDLES {
            ExpiryOutcome::Dropped
        } else {
            let Addition { job, batch_refs, on_dup } = template.with_payload(name);
            match self.enqueue(Some(name), &job, &batch_refs, on_dup).outcome {
                Outcome::Duplicate => ExpiryOutcome::Coalesced,
                Outcome::Added | Outcome::Replaced | Outcome::Rerun => ExpiryOutcome::Enqueued,
            }
        };
        self.change(&Effect::KeyExpired { prefix: &prefix, heard });
        Some(heard)
    }
}
