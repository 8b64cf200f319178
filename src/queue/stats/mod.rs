//! What is counted: totals since the queue was created, durations, minutes, kinds of transitions, refused duplicates.

pub mod counters;
mod events;
pub mod histogram;
mod pending_duplicates;
mod series;

pub use counters::{Count, Counters};
pub use events::{Event, Events};
pub use histogram::Histogram;
pub(crate) use pending_duplicates::{may_be_told_at_once, PendingDuplicates};
pub(crate) use series::{Kind, Series};
pub use series::{Minute, MOST_MINUTES};
