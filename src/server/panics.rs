//! Panics: caught where Redis calls the module, because one that got out would end the server.

use crate::redis::context::warn;
use std::panic::{self, AssertUnwindSafe};

/// The reply of a command that panicked.
pub(super) const INTERNAL_ERROR: &str = "ERR internal error, see the server's log";

/// Runs `work`. None: it panicked, and the hook of [`log_panics`] has logged that.
pub(super) fn catch_panic<R>(what: &str, work: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // Dropping a payload can panic too.
            std::mem::forget(payload);
            warn(&format!("jq: an internal error in {what} was caught"));
            None
        }
    }
}

/// Sends panics to the server's log. Without a backtrace: on servers that load modules with RTLD_DEEPBIND
/// (Valkey 8.1) printing one ends the process.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string().replace('\n', ": ");
        warn(&format!("jq: internal error, please report it: {text}"));
    }));
}
