//! The log of a job as clients see it.

use crate::queue::store::Direction;
use crate::queue::store::IdEntry;
use crate::queue::value::Queue;

/// Which of the lines that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    /// Without so many at that end.
    pub skip: usize,
    /// At most so many.
    pub count: usize,
    /// From the oldest, or from the newest.
    pub direction: Direction,
}

impl Queue {
    /// How many lines the job or record of `id` has had, and some of them. O(log n) and the bytes of its log.
    #[must_use]
    pub fn log_of(&self, id: &[u8], range: LogRange) -> Option<(u64, Vec<&[u8]>)> {
        let IdEntry::Job(handle) = self.find(id)? else { return None };
        let Some(log) = self.job(handle)?.log() else { return Some((0, Vec::new())) };
        let lines = log.lines();
        let LogRange { skip, count, direction } = range;
        let shown = match direction {
            Direction::Forward => lines.iter().skip(skip).take(count).collect(),
            Direction::Backward => {
                let end = lines.iter().count().saturating_sub(skip);
                let start = end.saturating_sub(count);
                let mut newest: Vec<_> = lines.iter().take(end).skip(start).collect();
                newest.reverse();
                newest
            }
        };
        Some((log.total(), shown))
    }
}
