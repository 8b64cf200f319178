//! What limits need to know: token buckets for rates, and the lanes of groups.

mod bucket;
mod lanes;

pub(crate) use bucket::Bucket;
pub use bucket::{Rate, MAX_RATE};
pub(crate) use lanes::{Lane, Lanes, Stand};
