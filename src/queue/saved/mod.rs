//! A queue taken apart for files, and put together again.

mod restore;
mod save;
mod whole;

pub(crate) use save::{
    Header, SavedBatch, SavedEvent, SavedJob, SavedLane, SavedLaneRules, SavedNumber, SavedState,
};
