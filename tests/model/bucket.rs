//! Token buckets, as the manual describes them: what is missing is added up from everything that was ever
//! taken.

/// `max` claims in `ms` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) max: u64,
    pub(crate) ms: u64,
    /// Tokens come back all at once, `ms` after the first was taken.
    pub(crate) is_window: bool,
}

/// What was taken from a bucket and has not come back, in parts of which a token has `rate.ms`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Missing {
    pub(crate) rate: Rate,
    parts: u128,
    /// The latest instant at which anything was taken, or, of a window, the first.
    pub(crate) as_of: u64,
}

impl Missing {
    /// What is missing at `now`: it comes back at the rate at which it was taken, and not before the clock is
    /// back where it was taken.
    pub(crate) fn at(self, now: u64) -> u128 {
        let passed = now.saturating_sub(self.as_of);
        match (self.rate.is_window, passed >= self.rate.ms) {
            (false, _) => self.parts.saturating_sub(u128::from(passed) * u128::from(self.rate.max)),
            (true, true) => 0,
            (true, false) => self.parts,
        }
    }

    /// The same measured in the bucket of another rate, which can't miss more than it holds.
    fn under(self, rate: Rate, now: u64) -> u128 {
        let parts = self.at(now);
        let measured =
            if self.rate == rate { parts } else { parts * u128::from(rate.ms) / u128::from(self.rate.ms) };
        measured.min(rate.holds())
    }
}

impl Rate {
    fn holds(self) -> u128 {
        u128::from(self.max) * u128::from(self.ms)
    }

    /// Each window begins with the first claim behind the one before.
    fn is_exceeded_in_a_window(self, claims: &[u64]) -> bool {
        let (mut begun, mut taken) = (0, 0);
        claims.iter().any(|claim| {
            if taken == 0 || *claim >= begun + self.ms {
                (begun, taken) = (*claim, 0);
            }
            taken += 1;
            taken > self.max
        })
    }

    /// Whole tokens at `now` where `missing` is.
    pub(crate) fn tokens(self, missing: Option<Missing>, now: u64) -> u64 {
        let left = self.holds() - missing.map_or(0, |missing| missing.under(self, now));
        u64::try_from(left / u128::from(self.ms)).unwrap_or(u64::MAX)
    }

    /// Whether claims at these instants, the last one included, are more than the manual allows.
    pub(crate) fn is_exceeded(self, claims: &[u64]) -> bool {
        let Some(last) = claims.last() else { return false };
        if self.is_window {
            return self.is_exceeded_in_a_window(claims);
        }
        (1_u64..).zip(claims.iter().rev()).any(|(count, first)| {
            let since = u128::from(last - first);
            u128::from(count) > u128::from(self.max) + since * u128::from(self.max) / u128::from(self.ms)
        })
    }
}

/// What is missing after claims took a token each, at these instants and under these rates.
pub(crate) fn missing(takes: impl Iterator<Item = (u64, Rate)>) -> Option<Missing> {
    takes.fold(None, |missing: Option<Missing>, (at, rate)| {
        let before = missing.map_or(0, |missing| missing.under(rate, at));
        let parts = (before + u128::from(rate.ms)).min(rate.holds());
        let goes_on = |missing: &Missing| rate.is_window && missing.rate == rate && before > 0;
        let as_of = missing.map_or(at, |it| if goes_on(&it) { it.as_of } else { it.as_of.max(at) });
        Some(Missing { rate, parts, as_of })
    })
}
