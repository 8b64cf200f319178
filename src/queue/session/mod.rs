//! What a command or a tick decides: each change is journaled and applied.

mod access;
mod add;
mod admin;
mod batches;
mod changed_jobs;
mod changes;
mod claim;
mod events;
mod expiries;
mod fields;
mod finish;
mod lease;
mod on_dup;
mod pauses;
mod pending_duplicates;
mod room;
mod run_again;
mod schedules;
mod selected;
mod shards;

pub use access::{Journal, MemoryPressure, Session};
pub use add::{Added, Outcome};
pub use admin::{Changed, ReviveOptions};
pub use changed_jobs::{ChangedJobs, Report};
pub use changes::ChangeRequest;
pub use claim::{ClaimOptions, Claimed};
pub use fields::{FieldTerms, FieldsRefusal};
pub use finish::{AckOptions, Acked, Extended, Failure, NackOptions, Nacked, ReleaseOptions};
pub use lease::Lease;
pub use pauses::PauseKind;
pub use room::Refusal;
pub use selected::{Selected, CANCELLED_STATES};
