//! Free TCP ports.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::Failure;

/// The ports that are tried. The range from which the system takes ports for outgoing connections begins
/// above it, so no such connection can have the port of a killed server when that is restarted.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port of 127.0.0.1 that no process uses.
///
/// # Errors
/// When all of them are taken.
pub fn free_port() -> Result<u16, Failure> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time begin at different ports.
    let start = u16::try_from(process::id() % 197).unwrap_or_default() * 100;
    for _ in 0..COUNT {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", FIRST + offset)).is_ok() {
            return Ok(FIRST + offset);
        }
    }
    Err(format!("all ports from {FIRST} to {} are taken", FIRST + COUNT - 1).into())
}
