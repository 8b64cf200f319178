//! The server's clock.

/// The instant the server froze for the running command, in Unix microseconds; None before Redis 7.2.
pub(crate) fn cached_micros() -> Option<u64> {
    let cached = api!(RedisModule_CachedMicroseconds)?;
    // SAFETY: (1).
    u64::try_from(unsafe { cached() }).ok()
}
