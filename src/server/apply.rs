//! JQ.APPLY: what happened on the primary, or before, happens here.
//!
//! Accepted from the replication link and from files only. It passes on what it got: commands of a module are
//! not propagated by themselves, so a replica's own append-only file would miss it.

use super::edit::{self, Source};
use super::panics::{catch_panic, INTERNAL_ERROR};
use crate::commands::error::Error;
use crate::redis::call::Call;
use crate::redis::context::warn;
use crate::redis::reply::Writer;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Effects that were refused since the server started. Only the first refusal is logged: it is the one that matters,
/// and thousands may follow.
static REFUSED: AtomicU64 = AtomicU64::new(0);

pub(super) fn refused_effects() -> u64 {
    REFUSED.load(Relaxed)
}

/// Runs `JQ.APPLY key blob`.
pub(super) fn command(call: &Call<'_>) {
    let mut reply = call.ctx.reply();
    match catch_panic("jq.apply", || run(call, &mut reply)) {
        Some(Ok(())) => {}
        Some(Err(error)) => reply.error(error.as_str()),
        None => {
            REFUSED.fetch_add(1, Relaxed);
            reply.error(INTERNAL_ERROR);
        }
    }
}

fn run(call: &Call<'_>, reply: &mut Writer<'_>) -> Result<(), Error> {
    let flags = call.ctx.flags();
    if !flags.replicated() && !flags.loading() {
        return Err(Error::other("JQ.APPLY is internal: only a primary or a file may send it"));
    }
    let words = call.words();
    let (Some(name), [_, _, blob]) = (call.key(), words.as_slice()) else {
        return Err(Error::other("JQ.APPLY takes a key and a blob"));
    };
    let source = if flags.loading() { Source::File } else { Source::Primary };
    match edit::replay(call.ctx, name, blob, source) {
        Ok(Ok(())) => {
            reply.ok();
            Ok(())
        }
        Ok(Err(refusal)) => Err(refused(name.bytes(), refusal.refused, &refusal.reason.to_string())),
        Err(_) => Err(refused(name.bytes(), 1, "the key holds a value of another type")),
    }
}

/// Counts, and says loudly, once, that this server does not have what its primary or its file has.
fn refused(name: &[u8], effects: u64, reason: &str) -> Error {
    let error = Error::other(format!("JQ.APPLY refused: {reason}"));
    if REFUSED.fetch_add(effects, Relaxed) == 0 {
        let name = String::from_utf8_lossy(name);
        let text = format!(
            "jq: THIS SERVER'S DATA IS NOT WHAT ITS PRIMARY OR ITS FILE SAYS. A change of the queue '{name}' is \
             refused: {reason}. Further refusals are not logged: jq_refused_effects of INFO jq counts them."
        );
        warn(&text);
    }
    error
}
