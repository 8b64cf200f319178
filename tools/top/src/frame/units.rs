//! Numbers the way people read them, in eight characters at most.

/// `813,600`; from a million on `1.23M`.
pub(crate) fn count(number: i64) -> String {
    match number {
        ..1000 => number.to_string(),
        1000..1_000_000 => format!("{},{:03}", number / 1000, number % 1000),
        _ => scaled(number, &["", "k", "M", "G", "T", "P", "E"], ""),
    }
}

/// `217 B`, `1.23 MB`, in powers of 1,000.
pub(crate) fn bytes(number: i64) -> String {
    scaled(number, &["B", "kB", "MB", "GB", "TB", "PB", "EB"], " ")
}

/// Three digits and a unit.
fn scaled(number: i64, units: &[&str], gap: &str) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut rest = number as f64;
    let mut at = 0;
    while rest >= 999.5 && at + 1 < units.len() {
        rest /= 1000.0;
        at += 1;
    }
    let decimals = match rest {
        _ if at == 0 => 0,
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{rest:.decimals$}{gap}{}", units.get(at).copied().unwrap_or_default())
}

/// `250 ms`, `1.2 s`, `12m 03s`, `3h 12m`, `2d 03h`. What is in the past is 0.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let (tenths, seconds) = (ms / 100, ms / 1000);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0 => format!("{ms} ms"),
        1..10 => format!("{}.{} s", tenths / 10, tenths % 10),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes}m {:02}s", seconds % 60),
        3600..86_400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// Per second: `0`, `<0.1`, `3.2`, `1,234`; a dash before it is known.
pub(crate) fn rate(per_second: Option<f64>) -> String {
    match per_second {
        None => "-".into(),
        Some(0.0) => "0".into(),
        Some(rate) if rate < 0.05 => "<0.1".into(),
        Some(rate) if rate < 9.95 => format!("{rate:.1}"),
        #[allow(clippy::cast_possible_truncation, reason = "rounded, and no count is that fast")]
        Some(rate) => count(rate.round() as i64),
    }
}

/// The time of day of a Unix instant in ms, UTC.
pub(crate) fn clock(at: i64) -> String {
    let seconds = at.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (number, text) in [(0, "0"), (813_600, "813,600"), (999_999, "999,999"), (1_234_567, "1.23M")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(999_999_999), "1.00G");
        assert_eq!(count(i64::MAX), "9.22E");
        assert_eq!(count(-1), "-1");
    }

    #[test]
    fn sizes() {
        for (number, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (54_321, "54.3 kB"), (217_000_000, "217 MB")]
        {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn durations() {
        for (ms, text) in [
            (-5, "0 ms"),
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (59_999, "59 s"),
            (723_000, "12m 03s"),
            (11_520_000, "3h 12m"),
            (183_600_000, "2d 03h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn rates() {
        let cases = [
            (None, "-"),
            (Some(0.0), "0"),
            (Some(0.01), "<0.1"),
            (Some(3.21), "3.2"),
            (Some(1234.4), "1,234"),
        ];
        for (per_second, text) in cases {
            assert_eq!(rate(per_second), text);
        }
    }

    #[test]
    fn the_time_of_day() {
        assert_eq!(clock(1_700_000_000_000), "22:13:20 UTC");
    }
}
