//! Commands that show a queue, its jobs and its workers.

mod check;
mod count;
mod explain;
mod explain_queue;
pub(super) mod get;
mod groups;
mod list;
mod names;
mod pause_fields;
mod series;
mod stats;
mod workers;

pub(super) use check::Check;
pub(super) use count::CountJobs;
pub(super) use explain::Explain;
pub(super) use get::GetJob;
pub(super) use groups::{group_fields, ListGroups};
pub(super) use list::ListJobs;
pub(super) use names::ListNames;
pub(super) use series::ShowSeries;
pub(super) use stats::ShowStats;
pub(super) use workers::ListWorkers;
