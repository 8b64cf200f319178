//! Time as an argument: the domain never reads a clock.

/// "For ever", wherever an instant or a span in milliseconds may be endless.
pub const FOREVER: u64 = u64::MAX;

/// No token read from outside may be larger: 2^33 claims below the end of what JavaScript holds exactly.
pub(crate) const LATEST_TOKEN: u64 = (1 << 53) - (1 << 33);

/// No sequence number and no number of a batch may be larger, and what is counted stops here.
pub(crate) const LARGEST_COUNT: u64 = (1 << 52) - 1;

/// How far from these ends commands and time stop, and how far what a primary sent. One session takes far fewer numbers
/// than lie between these, so what a server saves never reaches the ends, and is accepted when it is loaded.
pub(crate) const MARGIN: u64 = 1 << 32;
pub(crate) const REPLAY_MARGIN: u64 = 1 << 31;

/// An instant in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMs(pub u64);

/// The instant one command or one tick of the timer takes place: read once, used for all it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(u64);

impl Now {
    /// From Unix microseconds, up to the year 2254: a token is taken from here and stays below 2^53, also
    /// when many claims follow in one microsecond.
    #[must_use]
    pub fn from_micros(micros: u64) -> Self {
        Now(micros.min(LATEST_TOKEN - (1 << 33)))
    }

    /// From whole Unix milliseconds.
    pub(crate) fn from_ms(ms: u64) -> Self {
        Now::from_micros(ms.saturating_mul(1000))
    }

    /// Unix microseconds: where tokens come from.
    #[must_use]
    pub fn micros(self) -> u64 {
        self.0
    }

    /// The first whole millisecond that is not before it: where spans begin, so that none of them ends early.
    #[must_use]
    pub fn next_ms(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// How blobs of effects write it: what is due at it, and where spans begin. Twice the milliseconds, and
    /// one more where a part of the next one is over.
    pub(crate) fn written(self) -> u64 {
        self.millis() + self.next_ms()
    }

    /// From [`Now::written`].
    pub(crate) fn from_written(written: u64) -> Self {
        Now::from_micros((written / 2).saturating_mul(1000).saturating_add(written % 2))
    }

    /// The same in milliseconds, cut: what is due at one of them is due now.
    #[must_use]
    pub fn unix_ms(self) -> UnixMs {
        UnixMs(self.millis())
    }

    /// Unix milliseconds, cut: what everything else is counted in. What is due at one of them is due now.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0 / 1000
    }
}

/// A step back of the server's clock that is waited out, in milliseconds. The clock a command sees may lie a little
/// before that of the timer, and clocks are corrected.
pub(crate) const SMALL_STEP: u64 = 1000;

/// An instant on the clock of a queue, in milliseconds. That clock does not go back: when the server's is set back, it
/// goes on from where it was; after a small step it stands still until the server's is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueueMs(pub(crate) u64);

/// How far the clock of a queue is ahead of the server's, in milliseconds. A queue that is read from a file begins again
/// with the server's clock, or with as small a lead as leaves all its instants after 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lead(u64);

impl Lead {
    pub(crate) fn new(ms: u64) -> Self {
        Lead(ms)
    }

    pub(crate) fn ms(self) -> u64 {
        self.0
    }

    /// As much of it as can be taken off `earliest`.
    pub(crate) fn taken_off(self, earliest: QueueMs) -> Lead {
        Lead(self.0.min(earliest.0))
    }

    /// What is left of it without `part`.
    pub(crate) fn without(self, part: Lead) -> Lead {
        Lead(self.0.saturating_sub(part.0))
    }

    /// An instant of the server's clock on that of the queue.
    pub(crate) fn queue_ms(self, unix_ms: u64) -> QueueMs {
        QueueMs(unix_ms.saturating_add(self.0))
    }

    /// The reverse.
    pub(crate) fn unix_ms(self, at: QueueMs) -> u64 {
        at.0.saturating_sub(self.0)
    }

    /// The server's clock was set back `by` so many milliseconds.
    pub(crate) fn grow(&mut self, by: u64) {
        self.0 = self.0.saturating_add(by);
    }
}

/// How far the server's clock was set back since it was `before`, in milliseconds. None: it was not, or by no more than
/// it is corrected by.
pub(crate) fn set_back(before: u64, now: u64) -> Option<u64> {
    before.checked_sub(now).filter(|by| *by > SMALL_STEP)
}

/// Whether the server's clock is behind `before`, by no more than it is corrected by.
pub(crate) fn is_a_little_behind(before: u64, now: u64) -> bool {
    now < before && set_back(before, now).is_none()
}

/// Where the MAXRUN of a run begins that was claimed at `claimed_at`, in milliseconds: rounded up, so that it does not
/// end early. Its token is the microsecond of the claim; where tokens are ahead of the clock the claim may have been at
/// the end of that millisecond.
pub(crate) fn run_begins(claimed_at: u64, token: u64) -> u64 {
    if token / 1000 == claimed_at {
        token.div_ceil(1000)
    } else {
        claimed_at.saturating_add(1)
    }
}

/// `span` after `at`.
pub(crate) fn after(at: u64, span: u64) -> u64 {
    if span == FOREVER {
        FOREVER
    } else {
        at.saturating_add(span)
    }
}

/// An instant, unless it is never.
pub(crate) fn unless_endless(instant: u64) -> Option<u64> {
    (instant != FOREVER).then_some(instant)
}
