//! Commands that enqueue jobs, and the options of a job.

mod add;
pub(super) mod add_options;
mod call_options;
mod madd;

pub(super) use add::AddJob;
pub(super) use madd::AddManyJobs;
