//! Storage that knows nothing of jobs' rules: pages that never move, sorted indexes, the table of ids, and
//! the packed memory of ids whose jobs are gone.

pub(crate) mod ids;
mod keys;
mod order;
mod remembered;
mod seldom;
mod slab;

pub(crate) use ids::list::IdList;
pub(crate) use ids::IdIndex;
pub use keys::IdEntry;
pub(crate) use keys::{InstantKey, LaneKey, LaneNumber, NameNumber, PriorityKey};
pub use order::Direction;
pub(crate) use order::{pass_both, Entries, Order};
pub(crate) use remembered::Remembered;
pub use remembered::{EndState, Record};
pub(crate) use seldom::{Empty, Seldom};
pub use slab::Handle;
pub(crate) use slab::{Slab, MAX_HANDLES};
