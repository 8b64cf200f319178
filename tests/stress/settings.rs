//! How long the stress tests take and where their random numbers begin: `STRESS_TIMES`, `STRESS_SEED`.

use std::env;

/// How much longer than in a check of every change: `STRESS_TIMES` of the environment, 1 unless set.
pub(crate) fn times() -> usize {
    env::var("STRESS_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Where the random numbers begin: `STRESS_SEED` of the environment, or 1. It is printed, and a test that
/// fails shows what it printed.
pub(crate) fn seed(test: &str) -> u64 {
    let seed = env::var("STRESS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("{test}: STRESS_SEED={seed}");
    seed
}
