//! Waiting for a condition: nothing here waits for a fixed time.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never; only a failure takes that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until `look` finds something; fails naming `what` when it never does.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        // Leaves the core to the server that is being waited for.
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Looks until `look` is true.
#[track_caller]
pub(crate) fn until_true(what: &str, mut look: impl FnMut() -> bool) {
    until(what, || look().then_some(()));
}

/// How much longer than in a check of every change: `STRESS_TIMES` of the environment, 1 unless set.
pub(crate) fn times() -> usize {
    std::env::var("STRESS_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Where chance begins: `STRESS_SEED` of the environment, or 1. Printed, since a failure shows what is printed.
pub(crate) fn seed(test: &str) -> u64 {
    let seed = std::env::var("STRESS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("{test}: STRESS_SEED={seed}");
    seed
}
