//! The id of an event, by which a reader tells how far it has come.

use std::fmt;

/// `ms-n`: the instant of the event in Unix milliseconds, or that of the event before it if the clock was set back; and
/// its number, counted from the first event of the queue. Both only grow, so ids are in order, and from two numbers
/// follows how many events lie between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Unix milliseconds.
    pub ms: u64,
    /// 1 for the first event of a queue; 0 is before it.
    pub n: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.n)
    }
}
