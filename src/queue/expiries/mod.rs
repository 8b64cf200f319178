//! Expiry rules: the keys whose expiry becomes a job, by the prefixes of their names.

mod prefixes;
mod rules;

pub(crate) use prefixes::prefixes_of;
pub(crate) use rules::is_valid_rule;
pub use rules::{ExpiryCounts, ExpiryOutcome, ExpiryRule, ExpiryRules, MAX_PREFIX, MAX_PREFIXES};
