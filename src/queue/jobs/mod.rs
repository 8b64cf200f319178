//! One job: its state, its options, and what an ADD says to make one.

mod job;
mod keys;
mod options;
mod template;

pub(crate) use job::{Job, JobExtras, Rerun, StateData};
pub use job::{JobState, NewJob, Start};
pub(crate) use keys::{
    due_key, expiry_key, finished_key, forget_key, hash_of, lane_key, place_key, token_key,
};
pub use options::{Backoff, JobOptions};
pub(crate) use options::{OptionSet, OptionSets};
pub use template::{Addition, BatchRefs, OnDup, Template};
