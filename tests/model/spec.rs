//! What a producer asks for with a job.

use super::batch::Dependency;
use super::fields::Fields;

/// What a producer asked for. None: the queue's setting at the moment it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobSpec {
    pub(crate) payload: Vec<u8>,
    pub(crate) start: Start,
    /// Whether there was a DELAY or AT.
    pub(crate) names_start: bool,
    pub(crate) max_wait: Option<u64>,
    pub(crate) priority: i64,
    pub(crate) names_priority: bool,
    pub(crate) attempts: Option<u64>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) dedup: Option<i64>,
    pub(crate) expires_after: Option<u64>,
    pub(crate) keep: Option<i64>,
    /// How long a run may last.
    pub(crate) max_run: Option<i64>,
    pub(crate) batch: Option<Vec<u8>>,
    pub(crate) after: Option<(Vec<u8>, Dependency)>,
    pub(crate) group: Option<Vec<u8>>,
    pub(crate) place: Place,
    /// Those it begins with.
    pub(crate) fields: Fields,
    pub(crate) name: Option<Vec<u8>>,
}

/// Where a job joins its priority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    End,
    Front,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Milliseconds after the life begins; 0 is at once.
    After(u64),
    /// Unix milliseconds.
    At(u64),
    /// When it is promoted.
    Hold,
}

impl Default for Start {
    fn default() -> Self {
        Start::After(0)
    }
}

impl Start {
    /// The instant for a life that begins at `at`, whose spans begin `late` ms after it.
    pub(crate) fn due(self, at: u64, late: u64) -> u64 {
        match self {
            Start::After(0) | Start::Hold => at,
            Start::After(ms) => at + late + ms,
            Start::At(instant) => instant,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backoff {
    Fixed(u64),
    Exponential(u64),
}

/// A window that ends with the record.
pub(crate) const WHILE_KEPT: i64 = i64::MIN;
