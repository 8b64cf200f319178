//! The jobs of a queue: one job, its options, all jobs with their indexes, and what an ADD says to make one.

mod ahead;
mod earlier_life;
mod extras;
mod fields;
mod history;
mod indexes;
mod job;
mod log;
mod names;
mod notes;
mod options;
mod spec;
mod state;
mod store;
mod table;

pub(crate) use earlier_life::{EarlierLife, LostLife};
pub(crate) use extras::{JobExtras, UnmetDependency};
pub(crate) use fields::{are_fields, size_of_fields};
pub use fields::{fields_in, FieldChanges, MAX_FIELDS, MAX_FIELD_BYTES, MAX_FIELD_NAME};
pub(crate) use history::{may_have_released, run_error, History, MAX_RUNS, MAX_RUN_ERROR};
pub use history::{Run, RunEnd};
pub(crate) use job::Job;
pub(crate) use log::JobLog;
pub use log::{LogLines, MAX_LOG_BYTES, MAX_LOG_LINE};
pub(crate) use names::NameCounts;
pub(crate) use notes::Notes;
pub use options::{Backoff, DedupWindow, JobOptions};
pub(crate) use options::{OptionSet, OptionSetId};
pub use spec::{AddRequest, JobSpec, OnDup, Place, Start, Until};
pub use state::JobState;
pub(crate) use state::{Gate, StateData};
pub(crate) use store::JobStore;
