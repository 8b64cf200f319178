//! What JQ.PAUSE has stopped: without end, for a while, or both. Neither of the two shortens or lifts the other.

use crate::queue::time::FOREVER;

/// Why no job is claimed, of a queue or a lane that is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Until JQ.RESUME.
    Endless,
    /// Until an instant, Unix ms.
    Until(u64),
    /// Until JQ.RESUME, and not before this instant, whichever is later.
    Both(u64),
}

impl Pause {
    /// One that ends at `end`, which may be never.
    pub(crate) fn to(end: u64) -> Self {
        if end == FOREVER {
            Pause::Endless
        } else {
            Pause::Until(end)
        }
    }

    /// When claims go on without a RESUME, or never.
    #[must_use]
    pub fn end(self) -> u64 {
        match self {
            Pause::Endless | Pause::Both(_) => FOREVER,
            Pause::Until(end) => end,
        }
    }

    /// The end of the one that ends by itself.
    #[must_use]
    pub fn until(self) -> Option<u64> {
        match self {
            Pause::Endless => None,
            Pause::Until(end) | Pause::Both(end) => Some(end),
        }
    }

    /// `before`, and one without end beside it.
    pub(crate) fn beside(before: Option<Pause>) -> Self {
        before.and_then(Pause::until).map_or(Pause::Endless, Pause::Both)
    }

    /// `before`, and one until `end` beside it. Of two of those the later end holds.
    pub(crate) fn until_beside(before: Option<Pause>, end: u64) -> Self {
        let end = before.and_then(Pause::until).map_or(end, |other| other.max(end));
        match before {
            Some(Pause::Endless | Pause::Both(_)) => Pause::Both(end),
            Some(Pause::Until(_)) | None => Pause::Until(end),
        }
    }

    /// What is left without the one that has no end.
    pub(crate) fn without_endless(self) -> Option<Self> {
        self.until().map(Pause::Until)
    }

    /// What is left without the one that ends by itself.
    pub(crate) fn without_until(self) -> Option<Self> {
        match self {
            Pause::Endless | Pause::Both(_) => Some(Pause::Endless),
            Pause::Until(_) => None,
        }
    }
}
