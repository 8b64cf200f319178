//! The domain: one queue, as pure data and rules. No Redis, no clock, no chance, no I/O; time is an argument.
//!
//! ```text
//!                  ADD DELAY/AT                 due, PROMOTE
//!      ADD ─────────────┬──────────► delayed ─────────────────┐
//!       │               │               ▲                     ▼
//!       └───────────────┼───────────────┼────────────────► waiting ◄──┐
//!                       │    NACK, tries left              CLAIM │    │ RELEASE, lease lost
//!                       │               │                        ▼    │
//!                       │               └───────────────────── active ┘
//!                       │                                        │ ACK ──────────────► completed
//!            PX over    ▼   CANCEL                               └ NACK, none left ──► failed ──RETRY──► waiting
//!   waiting, delayed ──► expired, cancelled                        lost too often
//!
//!      ADD AFTER ──► blocked ──batch finished──► waiting or delayed; expires and is cancelled like these
//! ```
//!
//! The rooms, from the ground up; none names one above it:
//!
//! - `store`: pages that never move, sorted indexes, the table of ids, ids that outlive their jobs.
//! - `batches`, `limits`, `jobs`, [`schedules`], `expiries`, `stats`: the parts of a queue, each with its own invariants.
//! - `value`: the queue itself, made of these parts.
//! - `effect`, `rules`: what can happen to a queue, and what it does to one.
//! - `session`: what a command or a tick decides. `views`: what clients read. `saved`: a queue as facts for files.
//!
//! Everything changes through one mutator, [`Queue::apply`], one [`Effect`] at a time. A [`Session`] is one command's
//! access: it lets time do its part first, decides, journals each effect and applies it. Replicas and the
//! append-only file get the journal and apply the same effects, so their state is equal, byte by byte.
//!
//! Invariants, all recounted by [`Queue::check`]: every job is in exactly one index of its state; an id leads to
//! one job or one remembered record; sequence numbers are unique; tokens only grow.

mod await_events;
mod batches;
mod effect;
mod expiries;
mod jobs;
mod limits;
mod names;
mod rules;
mod saved;
pub mod schedules;
mod session;
mod settings;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod value;
mod views;
mod workers;

pub use await_events::{AwaitEvent, Awaited};
pub use batches::{BatchCondition, BatchNumber, BatchRefs, BatchView, Dependency, Members};
pub use effect::{Effect, JobEffect, Steps};
pub(crate) use expiries::{is_sound as is_valid_rule, prefixes_of};
pub use expiries::{ExpiryCounts, ExpiryOutcome, ExpiryRule, ExpiryRules, MAX_PREFIX, MAX_PREFIXES};
pub use jobs::{AddRequest, Backoff, JobOptions, JobSpec, JobState, OnDup, Start};
pub(crate) use limits::Bucket;
pub use limits::{Rate, MAX_RATE};
pub(crate) use names::{valid_batch_name, valid_group, valid_id};
pub use names::{MAX_BATCH, MAX_ERROR, MAX_GROUP, MAX_ID, MAX_WORKER};
pub(crate) use saved::{Header, SavedBatch, SavedJob, SavedLane, SavedState};
pub use schedules::Schedule;
pub use session::{
    Acked, Added, ClaimOptions, Claimed, Failure, Journal, Lease, MemoryPressure, Nacked, Outcome, Refusal,
    Session,
};
pub use settings::Settings;
pub use stats::{counters, histogram, Events, Minute, MOST_MINUTES};
pub(crate) use stats::{is_plausible, PendingDuplicates};
pub(crate) use store::Record;
pub use store::{EndState, Handle, IdEntry};
pub use time::{Now, UnixMs, FOREVER};
pub use value::Queue;
pub use views::{Explanation, JobView, Position, WorkerView};
