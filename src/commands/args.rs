//! A cursor over a command's arguments: every command parses its arguments through this, so that ranges,
//! keywords and leftovers are treated alike everywhere.

use super::error::{shown, Error};
use crate::queue::{Now, FOREVER};
use std::ops::RangeInclusive;

/// The longest span of time a client may name: 10 years, in milliseconds. What is to last for ever has a word
/// of its own; an instant where a span belongs is longer than this.
pub const MAX_SPAN: u64 = 315_576_000_000;
/// No instant may lie further back, in milliseconds: 10 years. Seconds do.
const LONGEST_AGO: u64 = MAX_SPAN;
/// No instant may lie further ahead, in milliseconds: 100 years. Microseconds do.
const LONGEST_AHEAD: u64 = 10 * MAX_SPAN;
/// The latest instant a client may name, in Unix milliseconds: what JavaScript still holds exactly.
pub const MAX_INSTANT: u64 = (1 << 53) - 1;

/// What the module's own configuration limits.
#[derive(Debug, Clone, Copy)]
pub struct ArgLimits {
    /// The largest payload, result or progress in bytes.
    pub max_payload: usize,
}

/// The arguments after the command's name.
#[derive(Debug, Clone)]
pub struct Args<'a> {
    left: &'a [&'a [u8]],
    limits: ArgLimits,
}

impl<'a> Args<'a> {
    /// A cursor at the first of `words`.
    #[must_use]
    pub fn new(words: &'a [&'a [u8]], limits: ArgLimits) -> Self {
        Args { left: words, limits }
    }

    /// Whether every word is taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// How many words are not taken.
    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }

    /// The next word, which is not taken.
    pub(crate) fn peek(&self) -> Option<&'a [u8]> {
        self.left.first().copied()
    }

    /// The next word, if there is one.
    pub(crate) fn try_next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(first)
    }

    /// The next word; `name` is what the manual calls it. A name in capitals is that of an option: the word
    /// is its value.
    pub(crate) fn next(&mut self, name: &str) -> Result<&'a [u8], Error> {
        self.try_next().ok_or_else(|| {
            let is_option = name.starts_with(|first: char| first.is_ascii_uppercase());
            Error::syntax(format!("{name} {}", if is_option { "needs a value" } else { "is missing" }))
        })
    }

    /// All words that are left, at least one.
    pub(crate) fn rest(&mut self, name: &str) -> Result<&'a [&'a [u8]], Error> {
        self.up_to(name, |_| false)
    }

    /// The words up to one that `is_end`, at least one.
    pub(crate) fn up_to(
        &mut self,
        name: &str,
        is_end: impl Fn(&[u8]) -> bool,
    ) -> Result<&'a [&'a [u8]], Error> {
        let end = self.left.iter().skip(1).position(|word| is_end(word));
        self.take(end.map_or(self.left.len().max(1), |behind_first| behind_first + 1), name)
    }

    /// The next `count` words.
    pub(crate) fn take(&mut self, count: usize, name: &str) -> Result<&'a [&'a [u8]], Error> {
        match self.left.split_at_checked(count) {
            Some((taken, rest)) => {
                self.left = rest;
                Ok(taken)
            }
            None => Err(Error::syntax(format!("{name} is missing"))),
        }
    }

    /// The next word as an integer within `range`.
    pub(crate) fn int(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<i64, Error> {
        let word = self.next(name)?;
        parse_int(word).filter(|n| range.contains(n)).ok_or_else(|| {
            Error::range(name, &format!("an integer from {} to {}", range.start(), range.end()), word)
        })
    }

    /// The next word as a count or size within `range`.
    pub(crate) fn uint(&mut self, name: &str, range: RangeInclusive<u64>) -> Result<u64, Error> {
        let word = self.next(name)?;
        uint(name, word, range)
    }

    /// The next word as a priority.
    pub(crate) fn priority(&mut self) -> Result<i32, Error> {
        let priority = self.int("PRIORITY", i32::MIN.into()..=i32::MAX.into())?;
        Ok(i32::try_from(priority).unwrap_or_default())
    }

    /// The next word as a span in milliseconds, from `least` to 10 years.
    pub(crate) fn span(&mut self, name: &str, least: u64) -> Result<u64, Error> {
        let word = self.next(name)?;
        span(name, word, least)
    }

    /// The next word as a payload, or as what is limited like one.
    pub(crate) fn payload(&mut self, name: &str) -> Result<&'a [u8], Error> {
        let word = self.next(name)?;
        self.check_payload(name, word)?;
        Ok(word)
    }

    /// Refuses a payload that is larger than the configuration allows.
    pub(crate) fn check_payload(&self, name: &str, payload: &[u8]) -> Result<(), Error> {
        let most = self.limits.max_payload;
        if payload.len() <= most {
            return Ok(());
        }
        Err(Error::other(format!("{name} must be at most {most} bytes, got {} bytes", payload.len())))
    }

    /// Whether the next word is `keyword`; if so it is taken.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        match self.left.first() {
            Some(word) if keyword.as_bytes().eq_ignore_ascii_case(word) => {
                self.try_next();
                true
            }
            _ => false,
        }
    }

    /// Fails when a word is left over. Called once for all commands.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.left.first() {
            Some(word) => Err(Error::syntax(format!("unexpected {}", shown(word)))),
            None => Ok(()),
        }
    }
}

/// `word` as a span in milliseconds, from `least` to 10 years.
pub(crate) fn span(name: &str, word: &[u8], least: u64) -> Result<u64, Error> {
    parse_uint(word)
        .filter(|n| (least..=MAX_SPAN).contains(n))
        .ok_or_else(|| Error::range(name, &format!("milliseconds from {least} to {MAX_SPAN}"), word))
}

/// Refuses an instant that is hardly meant: seconds or microseconds where milliseconds belong.
pub(crate) fn check_instant(name: &str, instant: u64, now: Now) -> Result<(), Error> {
    let at = now.millis();
    let is_near = |ms: u64| (at.saturating_sub(LONGEST_AGO)..=at.saturating_add(LONGEST_AHEAD)).contains(&ms);
    if is_near(instant) {
        return Ok(());
    }
    let units = [
        (instant.saturating_mul(1000), "seconds"),
        (instant / 1000, "microseconds"),
        (instant / 1_000_000, "nanoseconds"),
    ];
    let hint = units
        .into_iter()
        .find(|(ms, _)| is_near(*ms))
        .map_or(String::new(), |(_, unit)| format!(", which would be near as {unit}"));
    Err(Error::other(format!(
        "{name} must be Unix milliseconds, at most 10 years ago and 100 years ahead, got {instant}{hint}"
    )))
}

/// `word` as a span in milliseconds, from `least` to 10 years, or -1 for ever.
pub(crate) fn span_or_forever(name: &str, word: &[u8], least: u64) -> Result<u64, Error> {
    if parse_int(word) == Some(-1) {
        return Ok(FOREVER);
    }
    let allowed = format!("milliseconds from {least} to {MAX_SPAN}, or -1 for ever");
    span(name, word, least).map_err(|_| Error::range(name, &allowed, word))
}

/// `word` as a count or size within `range`.
pub(crate) fn uint(name: &str, word: &[u8], range: RangeInclusive<u64>) -> Result<u64, Error> {
    parse_uint(word).filter(|n| range.contains(n)).ok_or_else(|| {
        Error::range(name, &format!("an integer from {} to {}", range.start(), range.end()), word)
    })
}

/// Decimal digits with an optional minus, nothing else: no plus, no spaces, no leading zeros, as in Redis.
pub(crate) fn parse_int(word: &[u8]) -> Option<i64> {
    let (digits, negative) = match word.split_first() {
        Some((b'-', rest)) => (rest, true),
        _ => (word, false),
    };
    let magnitude = parse_uint(digits)?;
    match (negative, i64::try_from(magnitude)) {
        (true, _) if magnitude == 0 => None,
        (true, Ok(n)) => Some(-n),
        (true, Err(_)) if magnitude == 1 << 63 => Some(i64::MIN),
        (false, Ok(n)) => Some(n),
        (_, Err(_)) => None,
    }
}

/// Decimal digits, nothing else.
pub(crate) fn parse_uint(word: &[u8]) -> Option<u64> {
    if word.is_empty() || word.len() > 20 || (word.len() > 1 && word.first() == Some(&b'0')) {
        return None;
    }
    word.iter().try_fold(0u64, |n, b| {
        let digit = b.checked_sub(b'0').filter(|d| *d <= 9)?;
        n.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_redis_reads_them() {
        #[rustfmt::skip]
        let cases: [(&[u8], Option<i64>); 12] = [
            (b"0", Some(0)), (b"-1", Some(-1)), (b"42", Some(42)),
            (b"9223372036854775807", Some(i64::MAX)), (b"-9223372036854775808", Some(i64::MIN)),
            (b"9223372036854775808", None), (b"", None), (b"-", None), (b"-0", None), (b"+1", None), (b"01", None), (b"1 ", None),
        ];
        for (word, expected) in cases {
            assert_eq!(parse_int(word), expected, "{word:?}");
        }
    }
}
