//! The jobs of a queue: one job, its options, all jobs with their indexes, and what an ADD says to make one.

mod history;
mod indexes;
mod job;
mod options;
mod spec;
mod store;
mod table;

pub(crate) use history::{run_error, History, MAX_RUNS, MAX_RUN_ERROR};
pub use history::{Run, RunEnd};
pub use job::JobState;
pub(crate) use job::{Job, JobExtras, LostLife, StateData, UnmetDependency};
pub use options::{Backoff, JobOptions};
pub(crate) use options::{OptionSet, OptionSetId};
pub use spec::{AddRequest, JobSpec, OnDup, Place, Start, Until};
pub(crate) use store::JobStore;
