//! What an operator can set for the whole server: `jq.max-payload-bytes`, and the settings that new queues begin with,
//! `jq.default-lease` and so on, one for each field of JQ.CONFIG.
//!
//! A value comes from CONFIG SET, else from the configuration file, else from the words after the module's path.

use crate::commands::error::Error;
use crate::commands::settings::Setting;
use crate::commands::Limits;
use crate::queue::Settings;
use lazy_static::lazy_static;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of the first. So it stands on the `loadmodule` line; in the configuration `jq.` stands before it.
pub(super) const MAX_PAYLOAD: &str = "max-payload-bytes";
/// What stands before a field's name in those of the others.
pub(super) const DEFAULT: &str = "default-";
/// Bytes: 16 MiB.
pub(super) const MAX_PAYLOAD_BYTES: i64 = 16 << 20;
/// Bytes: up to what one argument of a command can be, 512 MiB.
pub(super) const MAX_PAYLOAD_RANGE: RangeInclusive<i64> = 0..=512 << 20;

static MAX_PAYLOAD_NOW: AtomicI64 = AtomicI64::new(MAX_PAYLOAD_BYTES);

lazy_static! {
    static ref DEFAULTS: Mutex<Settings> = Mutex::default();
}

/// The limits in force.
pub(super) fn limits() -> Limits {
    Limits { max_payload: usize::try_from(max_payload()).unwrap_or(0) }
}

/// The longest payload, in bytes.
pub(super) fn max_payload() -> i64 {
    MAX_PAYLOAD_NOW.load(Relaxed)
}

/// Sets it; false if it is out of range.
pub(super) fn set_max_payload(bytes: i64) -> bool {
    let valid = MAX_PAYLOAD_RANGE.contains(&bytes);
    if valid {
        MAX_PAYLOAD_NOW.store(bytes, Relaxed);
    }
    valid
}

/// The settings of a new queue.
pub(super) fn defaults() -> Settings {
    *lock()
}

/// One of them in words.
pub(super) fn default_of(setting: &Setting) -> String {
    setting.shown(&lock())
}

/// Sets one of them.
pub(super) fn set_default(setting: &Setting, word: &[u8]) -> Result<(), Error> {
    setting.set(&mut lock(), word)
}

fn lock() -> MutexGuard<'static, Settings> {
    DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}
