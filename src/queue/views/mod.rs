//! What clients read of a queue without changing it.

mod batches;
mod check;
mod count;
mod events;
mod explain;
mod group;
mod job;
mod list;
mod log;
mod names;
mod selection;
mod standstill;
mod totals;
mod walk;

pub use events::{EventPage, EventStart};
pub use explain::Explanation;
pub use group::GroupView;
pub use job::{JobView, WorkerView};
pub(crate) use list::{id_bytes, Entry};
pub use list::{ListPage, PageRange, Row};
pub use log::LogRange;
pub use names::NameView;
pub use selection::Selection;
pub use standstill::Standstill;
pub use walk::{ListStart, Position};
