//! What an operator can set: `jq.max-payload-bytes`.

use crate::commands::Limits;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Bytes: 16 MiB.
pub(super) const MAX_PAYLOAD_DEFAULT: i64 = 16 << 20;
/// Bytes: up to what one argument of a command can be, 512 MiB.
pub(super) const MAX_PAYLOAD_RANGE: RangeInclusive<i64> = 0..=512 << 20;

static MAX_PAYLOAD: AtomicI64 = AtomicI64::new(MAX_PAYLOAD_DEFAULT);

/// The limits in force.
pub(super) fn limits() -> Limits {
    Limits { max_payload: usize::try_from(max_payload()).unwrap_or(0) }
}

/// The longest payload, in bytes.
pub(super) fn max_payload() -> i64 {
    MAX_PAYLOAD.load(Relaxed)
}

/// Sets it; false if it is out of range.
pub(super) fn set_max_payload(bytes: i64) -> bool {
    let valid = MAX_PAYLOAD_RANGE.contains(&bytes);
    if valid {
        MAX_PAYLOAD.store(bytes, Relaxed);
    }
    valid
}
