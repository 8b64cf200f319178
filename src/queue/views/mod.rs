//! What clients read of a queue without changing it.

mod batches;
mod check;
mod explain;
mod job;
mod list;
mod totals;

pub use explain::Explanation;
pub use job::{JobView, WorkerView};
pub use list::Position;
