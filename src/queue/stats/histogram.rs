//! How long things take: counts of durations in buckets whose width grows with the duration.
//!
//! A queue reports percentiles of waiting and working times. Sorted samples would cost memory with every job;
//! here a duration costs one addition, and a percentile is off by at most a thirty-second (3.2 %).
//!
//! ```text
//!   duration, ms   0 1 2 … 15 | 16 17 … 31 | 32-33 34-35 … 62-63 | 64-67 …
//!   bucket         0 1 2 … 15 | 16 17 … 31 | 32    33    … 47    | 48    …
//!                  exact        then sixteen buckets for each doubling
//! ```

use crate::queue::store::Empty;
use std::mem::size_of;

/// Buckets for each doubling, and the durations below which every one has its own.
const FINE: u64 = 16;
const FINE_BITS: u32 = FINE.trailing_zeros();
/// Enough for every `u64`.
const MOST_BUCKETS: u16 = 976;
/// What a percentile is rounded to: a millionth of the whole.
const MILLION: u64 = 1_000_000;

/// Counts of durations in milliseconds. Memory is held up to the highest bucket in use: 8 bytes a bucket,
/// about 3 KiB for an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    /// The sum of `counts`.
    count: u64,
    max: u64,
}

fn bucket_of(ms: u64) -> u16 {
    let doublings = (ms | FINE).ilog2() - FINE_BITS;
    let bucket = FINE * u64::from(doublings) + (ms >> doublings);
    u16::try_from(bucket).unwrap_or(MOST_BUCKETS - 1)
}

/// The lowest duration of a bucket, and how many it has.
fn range_of(bucket: u16) -> (u64, u64) {
    let bucket = u64::from(bucket);
    let doublings = (bucket / FINE).saturating_sub(1);
    ((bucket - FINE * doublings) << doublings, 1 << doublings)
}

impl Empty for Histogram {
    const EMPTY: &'static Self = &Histogram { counts: Vec::new(), count: 0, max: 0 };

    fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }
}

impl Histogram {
    /// Counts one duration. O(1). A histogram that has counted 2^64 - 1 counts no more.
    pub fn record(&mut self, ms: u64) {
        let bucket = bucket_of(ms);
        match self.counts.get_mut(usize::from(bucket)) {
            // As almost always: no memory is needed for it.
            Some(sum_here) if self.count < u64::MAX => {
                *sum_here += 1;
                self.count += 1;
            }
            _ => drop(self.restore(bucket, 1)),
        }
        self.max = self.max.max(ms);
    }

    /// The duration, in milliseconds, that `p` percent (0 to 100, to four decimals) of all stayed within; 0
    /// when nothing was recorded. Off by at most 3.2 %, never above the longest. O(buckets).
    #[must_use]
    pub fn percentile(&self, p: f64) -> u64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1,000,000; NaN is 0"
        )]
        let share = (p.clamp(0.0, 100.0) * 10_000.0).round() as u64;
        // In whole numbers, because a float can't tell large counts apart.
        let rank = (u128::from(self.count) * u128::from(share)).div_ceil(u128::from(MILLION)).max(1);
        let mut passed = 0_u128;
        for (bucket, count) in self.buckets() {
            passed += u128::from(count);
            if passed >= rank {
                let (low, width) = range_of(bucket);
                return (low + width / 2).min(self.max);
            }
        }
        0
    }

    /// The longest duration, exactly; 0 when nothing was recorded.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// How many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The buckets that are not empty, ascending, with their counts: what is saved.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        (0..).zip(self.counts.iter().copied()).filter(|&(_, count)| count > 0)
    }

    /// Adds a saved count to a bucket. False, and nothing changes, when there is no such bucket or the sum of
    /// all counts would not fit. The longest duration becomes at least the lowest of this bucket.
    pub fn restore(&mut self, bucket: u16, count: u64) -> bool {
        let Some(sum) = self.count.checked_add(count).filter(|_| bucket < MOST_BUCKETS) else { return false };
        if count == 0 {
            return true;
        }
        let at = usize::from(bucket);
        if at >= self.counts.len() {
            let len = (at + 1).next_multiple_of(16);
            self.counts.reserve_exact(len - self.counts.len());
            self.counts.resize(len, 0);
        }
        if let Some(sum_here) = self.counts.get_mut(at) {
            *sum_here += count;
        }
        self.count = sum;
        self.max = self.max.max(range_of(bucket).0);
        true
    }

    /// Sets the saved longest duration; one that the buckets contradict is not taken over.
    pub fn set_max(&mut self, ms: u64) {
        self.max = self.max.max(ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_duration_is_in_the_range_of_its_bucket() {
        for shift in 0..64 {
            for ms in [1_u64 << shift, (1 << shift) - 1, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift] {
                let (low, width) = range_of(bucket_of(ms));
                assert!(low <= ms && ms - low < width, "{ms} in {low} + {width}");
                assert!(ms < FINE || width <= low / FINE);
            }
        }
        assert_eq!(bucket_of(u64::MAX), MOST_BUCKETS - 1);
        for bucket in 0..MOST_BUCKETS {
            assert_eq!(bucket_of(range_of(bucket).0), bucket);
        }
    }

    #[test]
    fn nothing_recorded_is_zero() {
        let empty = Histogram::default();
        assert_eq!((empty.percentile(50.0), empty.max(), empty.count(), empty.heap_bytes()), (0, 0, 0, 0));
    }

    #[test]
    fn an_hour_takes_three_kilobytes() {
        let mut one = Histogram::default();
        one.record(3_600_000);
        assert_eq!((one.percentile(50.0), one.max(), one.heap_bytes()), (3_600_000, 3_600_000, 2432));
    }

    #[test]
    fn counts_near_the_limit_keep_their_ranks() {
        let mut one = Histogram::default();
        assert!(one.restore(1, u64::MAX / 2) && one.restore(2, u64::MAX / 2));
        assert!(!one.restore(3, 2) && !one.restore(MOST_BUCKETS, 1));
        assert_eq!((one.percentile(50.0), one.percentile(50.0001), one.percentile(100.0)), (1, 2, 2));
        assert_eq!((one.percentile(0.0), one.percentile(f64::NAN), one.percentile(f64::INFINITY)), (1, 1, 2));
        one.record(3);
        one.record(3);
        assert_eq!(one.count(), u64::MAX);
    }

    #[test]
    fn restored_buckets_are_never_above_the_max_they_imply() {
        let mut one = Histogram::default();
        assert!(one.restore(200, 5));
        one.set_max(1);
        assert_eq!((one.max(), one.percentile(99.0)), (range_of(200).0, range_of(200).0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn percentiles_are_those_of_the_sorted_durations(
            mut all in prop::collection::vec((any::<u64>(), 0..64).prop_map(|(ms, by)| ms >> by), 1..300),
            thousandths in 0_u32..=100_000,
        ) {
            let mut histogram = Histogram::default();
            for &ms in &all {
                histogram.record(ms);
            }
            all.sort_unstable();
            let rank = (all.len() * thousandths as usize).div_ceil(100_000).max(1);
            let exact = all[rank - 1];
            let found = histogram.percentile(f64::from(thousandths) / 1000.0);
            prop_assert!(found.abs_diff(exact) <= exact / 20, "{} for {}", found, exact);
            prop_assert!(exact >= FINE || found == exact);
            prop_assert_eq!(histogram.max(), all[all.len() - 1]);

            let mut restored = Histogram::default();
            prop_assert!(histogram.buckets().all(|(bucket, count)| restored.restore(bucket, count)));
            restored.set_max(histogram.max());
            prop_assert_eq!(restored, histogram);
        }
    }
}
