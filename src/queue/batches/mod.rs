//! Batches: named sets of jobs with exact numbers, and the lists of the jobs that wait for one.

mod batch;
mod index;

pub(crate) use batch::{view, Batch};
pub use batch::{BatchCondition, BatchNumber, BatchView, Dependency, Members};
pub(crate) use index::Batches;
