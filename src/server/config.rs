//! What an operator can set for the whole server: `jq.max-payload-bytes`, and the settings that new queues
//! begin with, `jq.default-lease` and so on, one for each field of JQ.CONFIG.
//!
//! A value comes from CONFIG SET, else from the configuration file, else from the words after the module's
//! path.

use super::panics::catch_panic;
use crate::commands::error::Error;
use crate::commands::settings::SETTINGS;
use crate::commands::ArgLimits;
use crate::queue::Settings;
use crate::redis::config::{BytesSetting, TextSettings};
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
pub(super) fn limits() -> ArgLimits {
    ArgLimits { max_payload: usize::try_from(MaxPayload::get()).unwrap_or(0) }
}

/// The longest payload, in bytes.
pub(super) struct MaxPayload;

impl BytesSetting for MaxPayload {
    const NAME: &'static str = MAX_PAYLOAD;
    const RANGE: RangeInclusive<i64> = MAX_PAYLOAD_RANGE;

    fn get() -> i64 {
        MAX_PAYLOAD_NOW.load(Relaxed)
    }

    fn set(bytes: i64) -> bool {
        let valid = MAX_PAYLOAD_RANGE.contains(&bytes);
        if valid {
            MAX_PAYLOAD_NOW.store(bytes, Relaxed);
        }
        valid
    }
}

/// The settings that new queues begin with, by their place in [`SETTINGS`]: texts, so that they are written
/// as in JQ.CONFIG and refused in its words.
pub(super) struct DefaultSettings;

impl TextSettings for DefaultSettings {
    fn get(index: usize) -> Option<String> {
        let setting = SETTINGS.get(index)?;
        catch_panic("a setting", || setting.shown(&lock()))
    }

    fn set(index: usize, word: &[u8]) -> Result<(), String> {
        let setting = SETTINGS.get(index).ok_or("there is no such setting")?;
        let outcome = catch_panic("a setting", || setting.set(&mut lock(), word));
        outcome.ok_or("internal error, see the server's log")?.map_err(|error| without_code(&error))
    }
}

/// The settings of a new queue. Its own lease is never longer than it allows: in a file the two may stand in any order,
/// so neither can be refused because of the other.
pub(super) fn defaults() -> Settings {
    let settings = *lock();
    Settings { max_lease: settings.max_lease.max(settings.lease), ..settings }
}

/// An error's text without the code that only clients need.
pub(super) fn without_code(error: &Error) -> String {
    let text = error.as_str();
    text.strip_prefix("ERR ").unwrap_or(text).into()
}

fn lock() -> MutexGuard<'static, Settings> {
    DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}
