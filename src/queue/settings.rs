//! What JQ.CONFIG sets: the rules of one queue.

use crate::queue::jobs::{Backoff, DedupWindow};
use crate::queue::limits::Rate;
use crate::queue::time::FOREVER;

/// The most shards that one logical queue can have.
pub const MAX_SHARDS: u64 = 65_536;

/// The settings of a queue. Times in milliseconds; a limit of 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a claimed job belongs to its worker unless the claim says otherwise.
    pub lease: u64,
    /// NACKs until a job fails for good.
    pub attempts: u32,
    /// The wait after a NACK.
    pub backoff: Backoff,
    /// No backoff is longer.
    pub max_backoff: u64,
    /// By how many percent at most a backoff is shortened, so that jobs that failed together return apart.
    pub jitter: u32,
    /// Lost leases a job survives.
    pub max_losses: u32,
    /// How long an id stays refused after its job ended.
    pub dedup_window: DedupWindow,
    /// Ids known at the same time: live, kept and remembered.
    pub max_ids: u64,
    /// How long completed records stay readable.
    pub keep_completed: u64,
    /// How many completed records are kept.
    pub keep_completed_max: u64,
    /// How long failed records stay readable.
    pub keep_failed: u64,
    /// How many failed records are kept.
    pub keep_failed_max: u64,
    /// How long finished batches stay readable.
    pub keep_batches: u64,
    /// Unfinished jobs at the same time.
    pub max_jobs: u64,
    /// Active jobs at the same time.
    pub concurrency: u64,
    /// Claims in a time.
    pub rate: Option<Rate>,
    /// Active jobs of one lane at the same time; 1 also means strictly in order.
    pub group_concurrency: u64,
    /// Claims from one lane in a time.
    pub group_rate: Option<Rate>,
    /// The longest lease that a worker may ask for.
    pub max_lease: u64,
    /// How long one run may last, however often its lease is extended.
    pub max_run: u64,
    /// How many events are kept; 0: none.
    pub events_max: u64,
    /// Bytes of the names and values of one job's fields; 0: it has none.
    pub max_field_bytes: u64,
    /// Bytes of the lines of one job's log; 0: it has none.
    pub max_log_bytes: u64,
    /// How many shards there are of which this queue is one; 0: nobody has said. A producer that counts on
    /// another number adds no new id.
    pub shards: u32,
    /// How many there were before that; 0: it does not grow. Kept for producers, the queue does nothing with it.
    pub shards_before: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lease: 30_000,
            attempts: 3,
            backoff: Backoff::Exponential(1000),
            max_backoff: 3_600_000,
            jitter: 0,
            max_losses: 3,
            dedup_window: DedupWindow::For(300_000),
            max_ids: 0,
            keep_completed: 0,
            keep_completed_max: 0,
            keep_failed: FOREVER,
            keep_failed_max: 0,
            keep_batches: 86_400_000,
            max_jobs: 0,
            concurrency: 0,
            rate: None,
            group_concurrency: 1,
            group_rate: None,
            max_lease: 604_800_000,
            max_run: FOREVER,
            events_max: 0,
            max_field_bytes: 16_384,
            max_log_bytes: 65_536,
            shards: 0,
            shards_before: 0,
        }
    }
}
