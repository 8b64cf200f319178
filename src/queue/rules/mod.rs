//! What changes a queue: one effect at a time, or time alone. A replica and an append-only file run the same
//! code.

mod advance;
mod apply;
mod batches;
mod changes;
mod completion;
mod events;
mod expiries;
mod limits;
mod lives;
mod notes;
mod pauses;
mod placement;
mod runs;
mod targets;

pub(crate) use batches::open_until;
pub(crate) use limits::{Obstacle, QueueObstacle};
