//! How far a batch is, as a bar: `=` completed, `x` ended otherwise, `.` pending.

use crate::reading::Batch;

/// `width` characters, brackets included. An empty bar means that no member has ended, a full bar that none
/// is pending.
pub(crate) fn bar(batch: &Batch, width: usize) -> String {
    let inner = width.saturating_sub(2);
    let total = batch.number("total").max(0).unsigned_abs();
    let completed = batch.number("completed").max(0).unsigned_abs();
    let otherwise = total.saturating_sub(completed + batch.number("pending").max(0).unsigned_abs());
    let ended = share(completed + otherwise, total, inner);
    let bad = share(otherwise, total, inner).max(usize::from(otherwise > 0)).min(ended.max(1)).min(inner);
    let good = ended.saturating_sub(bad);
    format!("[{}{}{}]", "=".repeat(good), "x".repeat(bad), ".".repeat(inner.saturating_sub(good + bad)))
}

/// How many of `width` places `part` of `whole` takes, rounded down.
fn share(part: u64, whole: u64, width: usize) -> usize {
    let places = u128::from(part) * width as u128 / u128::from(whole.max(1));
    usize::try_from(places).unwrap_or(width).min(width)
}

/// How much of it has ended, in percent rounded down; a dash for an empty one.
pub(crate) fn percent(batch: &Batch) -> String {
    match batch.number("total") {
        ..=0 => "-".into(),
        total => format!("{} %", (total - batch.number("pending")).max(0) * 100 / total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(total: i64, completed: i64, failed: i64) -> Batch {
        let numbers = [
            ("total", total),
            ("completed", completed),
            ("failed", failed),
            ("pending", total - completed - failed),
        ];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number)).into();
        Batch { name: b"run".to_vec(), numbers }
    }

    #[test]
    fn bars() {
        for (total, completed, failed, text) in [
            (0, 0, 0, "[..........]"),
            (100, 0, 0, "[..........]"),
            (100, 55, 0, "[=====.....]"),
            (100, 40, 20, "[====xx....]"),
            (100, 100, 0, "[==========]"),
            (100, 0, 100, "[xxxxxxxxxx]"),
            (7000, 6999, 0, "[=========.]"),
            (7000, 6930, 70, "[=========x]"),
            (7000, 0, 1, "[x.........]"),
        ] {
            assert_eq!(bar(&batch(total, completed, failed), 12), text);
        }
        assert_eq!(bar(&batch(10, 5, 5), 2), "[]");
    }

    #[test]
    fn percents_are_full_only_at_the_end() {
        assert_eq!(percent(&batch(0, 0, 0)), "-");
        assert_eq!(percent(&batch(7000, 6930, 69)), "99 %");
        assert_eq!(percent(&batch(7000, 6930, 70)), "100 %");
    }
}
