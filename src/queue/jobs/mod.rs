//! The jobs of a queue: one job, its options, all jobs with their indexes, and what an ADD says to make one.

mod indexes;
mod job;
mod options;
mod store;
mod table;
mod template;

pub(crate) use job::{Job, JobExtras, Rerun, StateData};
pub use job::{JobState, NewJob, Start};
pub(crate) use options::OptionSet;
pub use options::{Backoff, JobOptions};
pub(crate) use store::JobStore;
pub use template::{Addition, BatchRefs, OnDup, Template};
