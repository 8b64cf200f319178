//! What limits need to know: token buckets for rates, and the lanes of groups.

mod bucket;
mod lane;
mod lanes;
mod pause;

pub(crate) use bucket::Bucket;
pub use bucket::{Rate, Refill, MAX_RATE};
pub use lane::GroupLimits;
pub(crate) use lane::{Lane, LanePosition, LaneRules, MAX_RULED};
pub(crate) use lanes::Lanes;
pub use pause::Pause;

use crate::queue::store::Seldom;

/// What limits remember: claims that were made, and which lanes may give a job.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClaimLimits {
    pub(crate) lanes: Seldom<Lanes>,
    /// The bucket of the rate of the whole queue.
    pub(crate) bucket: Bucket,
    /// The instant as of which lanes and rates were evaluated last, Unix ms. Not saved: the next command or
    /// tick evaluates them anew.
    pub(crate) as_of: u64,
}
