//! Waiting for a condition: no test waits for a fixed time.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never. Only a failure takes that long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An instant by which something must have happened.
#[derive(Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// `span` from now.
    pub fn within(span: Duration) -> Self {
        Self(Instant::now() + span)
    }

    /// What is left; zero when it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

/// Calls `attempt` until it finds something or fails; none when `span` ended first.
///
/// # Errors
/// Those of `attempt`.
pub fn poll<T, E>(span: Duration, mut attempt: impl FnMut() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
    let deadline = Deadline::within(span);
    loop {
        let found = attempt()?;
        if found.is_some() || deadline.is_over() {
            return Ok(found);
        }
        // Leaves the core to the server that is being waited for.
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Calls `attempt` until it finds something; fails the test, naming `what`, when it never does.
#[track_caller]
pub fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let Ok(found) = poll(PATIENCE, || Ok::<_, std::convert::Infallible>(attempt()));
    found.unwrap_or_else(|| panic!("waited in vain: {what}"))
}

/// Calls `condition` until it holds.
#[track_caller]
pub fn until_true(what: &str, mut condition: impl FnMut() -> bool) {
    until(what, || condition().then_some(()));
}
