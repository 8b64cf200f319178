//! Time as an argument: the domain never reads a clock.

/// "For ever", wherever an instant or a span in milliseconds may be endless.
pub const FOREVER: u64 = u64::MAX;

/// The instant one command or one tick of the timer takes place: read once, used for all it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(u64);

impl Now {
    /// From Unix microseconds. Cut to what a token can hold (2^53 - 1, the year 2255).
    #[must_use]
    pub fn from_micros(micros: u64) -> Self {
        Now(micros.min((1 << 53) - 1))
    }

    /// Unix microseconds: where tokens come from.
    #[must_use]
    pub fn micros(self) -> u64 {
        self.0
    }

    /// Unix milliseconds: what everything else is counted in.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0 / 1000
    }
}
