//! Waiting for a condition: the only clock of the tests, and no fixed pauses anywhere else.

use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;

/// How long anything may take before it counts as never. Generous, since it is spent only when a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// An instant by which something must have happened.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// [`PATIENCE`] from now.
    #[allow(clippy::disallowed_methods)] // a test waits in real time; the domain's time is frozen by JQ.DEBUG CLOCK
    pub(crate) fn patient() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    /// What is left; zero when it has passed.
    #[allow(clippy::disallowed_methods)] // as above
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub(crate) fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

/// Looks until the look finds something; `None` when [`PATIENCE`] ended first. The 1 ms between two looks leaves the
/// core to the server that is being waited for.
pub(crate) fn until<T>(mut look: impl FnMut() -> Outcome<Option<T>>) -> Outcome<Option<T>> {
    let deadline = Deadline::patient();
    loop {
        let found = look()?;
        if found.is_some() || deadline.is_over() {
            return Ok(found);
        }
        thread::park_timeout(Duration::from_millis(1));
    }
}
