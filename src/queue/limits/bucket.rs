//! Rates: a token bucket in whole numbers, so that every server counts the same.
//!
//! ```text
//!   units     one token = `ms` units, so a bucket of `max` tokens holds max * ms
//!   missing   0 = full; a claim takes one token: + ms
//!   evenly    every millisecond gives back `max` units
//!   window    begins with the first claim from a full bucket; `ms` later all is back at once
//! ```
//!
//! Nothing ticks: what is missing is computed from the instant of the last claim.

/// The most of a rate's `max` and of its `ms`: a full bucket fits 63 bits.
pub const MAX_RATE: u64 = 1_000_000_000;

/// At most `max` claims at once, and `max` in `ms` milliseconds. Both are 1 to [`MAX_RATE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What the bucket holds.
    pub max: u64,
    /// How long an empty one takes to fill, in milliseconds.
    pub ms: u64,
    /// How it fills.
    pub refill: Refill,
}

/// How tokens come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// One by one, in equal times.
    Evenly,
    /// All at once, at the end of a window that began with the first claim from it: so many APIs count.
    Window,
}

impl Rate {
    /// None when it is out of range.
    #[must_use]
    pub fn new(max: u64, ms: u64) -> Option<Self> {
        let valid = 1..=MAX_RATE;
        (valid.contains(&max) && valid.contains(&ms)).then_some(Rate { max, ms, refill: Refill::Evenly })
    }

    /// The same, but its tokens come back so.
    #[must_use]
    pub fn refilled(self, refill: Refill) -> Self {
        Rate { refill, ..self }
    }

    /// What has come back so long after tokens were taken, or after the window began.
    fn back(self, passed: u64) -> u64 {
        match self.refill {
            Refill::Evenly => passed.saturating_mul(self.max),
            Refill::Window if passed >= self.ms => self.capacity(),
            Refill::Window => 0,
        }
    }

    /// After how many milliseconds so many units have come back.
    fn wait(self, units: u128) -> u64 {
        let wait = match self.refill {
            Refill::Evenly => units.div_ceil(u128::from(self.max)),
            Refill::Window if units == 0 => 0,
            Refill::Window => u128::from(self.ms),
        };
        u64::try_from(wait).unwrap_or(u64::MAX)
    }

    fn capacity(self) -> u64 {
        self.max.saturating_mul(self.ms)
    }
}

/// What was taken and has not come back. It comes back at the rate at which it was taken, whatever is set
/// since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// At which tokens were taken last; None: none ever was, the bucket is full.
    pub(crate) rate: Option<Rate>,
    /// As of `at`.
    pub(crate) missing: u64,
    /// When tokens were taken last, or, of a window, when it began. It never goes back: while a clock that was set
    /// back has not come here again, nothing is given back.
    pub(crate) at: u64,
}

impl Bucket {
    /// Whole tokens at the instant `now` under `rate`.
    pub(crate) fn available(&self, rate: Rate, now: u64) -> u64 {
        (rate.capacity() - self.missing_under(rate, now)) / rate.ms
    }

    /// Takes a token.
    pub(crate) fn take(&mut self, rate: Rate, now: u64) {
        let before = self.missing_under(rate, now);
        let goes_on = rate.refill == Refill::Window && self.rate == Some(rate) && before > 0;
        let at = if goes_on { self.at } else { self.at.max(now) };
        let missing = before.saturating_add(rate.ms).min(rate.capacity());
        *self = Bucket { rate: Some(rate), missing, at };
    }

    /// The first instant at which there are `tokens` under `rate`, if none is taken until then. They must be
    /// no more than its max.
    pub(crate) fn when(&self, rate: Rate, tokens: u64) -> u64 {
        let Some(own) = self.rate else { return 0 };
        let may_miss = u128::from(rate.capacity().saturating_sub(tokens.saturating_mul(rate.ms)));
        // The most that may be missing in units of its own so that, rounded down, no more is under `rate`.
        let (ms, own_ms) = (u128::from(rate.ms), u128::from(own.ms));
        let own_may_miss = ((may_miss + 1) * own_ms - 1) / ms;
        let to_come = u128::from(self.missing).saturating_sub(own_may_miss);
        self.at.saturating_add(own.wait(to_come))
    }

    /// The instant from which on nothing is missing.
    pub(crate) fn full_at(&self) -> u64 {
        let wait = self.rate.map_or(0, |rate| rate.wait(self.missing.into()));
        self.at.saturating_add(wait)
    }

    /// Whether it can be what it says it is.
    pub(crate) fn is_sound(&self) -> bool {
        match self.rate {
            None => *self == Bucket::default(),
            // What was taken last was a token.
            Some(rate) => (rate.ms..=rate.capacity()).contains(&self.missing),
        }
    }

    fn missing_under(&self, rate: Rate, now: u64) -> u64 {
        let Some(own) = self.rate else { return 0 };
        let missing = self.missing.saturating_sub(own.back(now.saturating_sub(self.at)));
        if own == rate {
            return missing;
        }
        let missing = u128::from(missing) * u128::from(rate.ms) / u128::from(own.ms);
        u64::try_from(missing).unwrap_or(u64::MAX).min(rate.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(max: u64, ms: u64) -> Rate {
        Rate::new(max, ms).unwrap_or(Rate { max: 1, ms: 1, refill: Refill::Evenly })
    }

    fn window(max: u64, ms: u64) -> Rate {
        rate(max, ms).refilled(Refill::Window)
    }

    fn emptied(rate: Rate, at: u64) -> Bucket {
        let mut bucket = Bucket::default();
        (0..rate.max).for_each(|_| bucket.take(rate, at));
        bucket
    }

    #[test]
    fn a_full_bucket_gives_max_and_then_one_every_ms_by_max() {
        let three_a_second = rate(3, 1000);
        let bucket = emptied(three_a_second, 50);
        assert_eq!(bucket.available(three_a_second, 50), 0);
        assert_eq!(bucket.when(three_a_second, 1), 50 + 334, "a third of a second, rounded up");
        assert_eq!((bucket.available(three_a_second, 383), bucket.available(three_a_second, 384)), (0, 1));
        assert_eq!((bucket.when(three_a_second, 3), bucket.full_at()), (1050, 1050));
        assert_eq!(bucket.available(three_a_second, 1_000_000), 3, "no more than it holds");
    }

    #[test]
    fn no_window_sees_more_than_the_bucket_and_what_came_back() {
        let seven = rate(7, 100);
        let mut bucket = Bucket::default();
        let mut taken = Vec::new();
        for now in 0..1000 {
            while bucket.available(seven, now) > 0 {
                bucket.take(seven, now);
                taken.push(now);
            }
        }
        assert_eq!(taken.len() as u64, 7 + 7 * 999 / 100);
        for (i, from) in taken.iter().enumerate() {
            for (j, to) in taken.iter().enumerate().skip(i) {
                assert!((j - i + 1) as u64 <= 7 + 7 * (to - from) / 100);
            }
        }
    }

    #[test]
    fn a_window_begins_with_its_first_claim_and_gives_all_back_at_its_end() {
        let three = window(3, 1000);
        let mut bucket = Bucket::default();
        bucket.take(three, 50);
        bucket.take(three, 900);
        assert_eq!((bucket.available(three, 900), bucket.when(three, 2), bucket.full_at()), (1, 1050, 1050));
        bucket.take(three, 1049);
        assert_eq!((bucket.available(three, 1049), bucket.when(three, 1)), (0, 1050));
        assert_eq!(bucket.available(three, 1050), 3);
        bucket.take(three, 1060);
        assert_eq!((bucket.available(three, 2059), bucket.available(three, 2060)), (2, 3));
    }

    #[test]
    fn another_kind_of_rate_takes_over_what_is_missing() {
        let (even, all) = (rate(4, 1000), window(4, 1000));
        let mut bucket = emptied(even, 0);
        assert_eq!(
            (bucket.available(all, 500), bucket.when(all, 4)),
            (2, 1000),
            "it comes back as it was taken"
        );
        bucket.take(all, 500);
        assert_eq!(
            (bucket.available(all, 1499), bucket.available(all, 1500)),
            (1, 4),
            "the window begins here"
        );
        let mut bucket = emptied(all, 0);
        assert_eq!((bucket.available(even, 999), bucket.available(even, 1000)), (0, 4));
        bucket.take(even, 1000);
        assert_eq!((bucket.available(even, 1249), bucket.available(even, 1250)), (3, 4));
    }

    #[test]
    fn when_is_the_first_instant_also_under_another_rate() {
        let even = [rate(1, 1), rate(3, 1000), rate(7, 13), rate(1000, 3), rate(5, 60_000)];
        let rates: Vec<_> = even.into_iter().chain(even.map(|rate| rate.refilled(Refill::Window))).collect();
        for &own in &rates {
            for &under in &rates {
                let bucket = emptied(own, 500);
                for tokens in 1..=under.max.min(8) {
                    let when = bucket.when(under, tokens);
                    assert!(bucket.available(under, when) >= tokens, "{own:?} {under:?} {tokens}");
                    let before = when.saturating_sub(1);
                    assert!(when <= 500 || bucket.available(under, before) < tokens, "{own:?} {under:?}");
                }
            }
        }
    }

    #[test]
    fn the_largest_rates_and_latest_instants_do_not_overflow() {
        let largest = rate(MAX_RATE, MAX_RATE);
        let mut bucket = emptied(rate(1, MAX_RATE), u64::MAX - 1);
        assert_eq!(bucket.available(largest, u64::MAX), MAX_RATE - 1);
        bucket.take(largest, 0);
        assert_eq!((bucket.at, bucket.full_at()), (u64::MAX - 1, u64::MAX));
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing() {
        let one = rate(1, 10);
        let bucket = emptied(one, 1000);
        assert_eq!(
            (bucket.available(one, 0), bucket.available(one, 1009), bucket.available(one, 1010)),
            (0, 0, 1)
        );
    }
}
