//! Batches: named sets of jobs with exact numbers, and the lists of the jobs that wait for one.

mod batch;
mod index;
mod refs;

pub(crate) use batch::{view, Batch, Decision};
pub use batch::{BatchNumber, BatchView, Members};
pub(crate) use index::Batches;
pub use refs::{BatchCondition, BatchRefs, Dependency};
