//! The fields of JQ.CONFIG: how each is shown and read. The module's own defaults for new queues are the same
//! fields.

use super::args::{span, span_or_forever, uint, MAX_INSTANT};
use super::error::Error;
use super::fields::{count, Field};
use super::producing::add_options::{read_window, MAX_ATTEMPTS};
use super::shown_options::{backoff_field, span_field, window_field};
use crate::queue::{
    Backoff, Rate, Refill, Settings, MAX_EVENTS, MAX_FIELD_BYTES, MAX_LOG_BYTES, MAX_RATE, MAX_SHARDS,
};

/// The most of `concurrency` and `group-concurrency`.
pub(super) const MAX_CONCURRENCY: u64 = 1_000_000_000;

/// One field.
pub struct Setting {
    /// The manual's name.
    pub name: &'static str,
    show: fn(&Settings) -> Field<'static>,
    read: fn(&mut Settings, &'static str, &[u8]) -> Result<(), Error>,
}

fn small(name: &'static str, word: &[u8], least: u64, most: u64) -> Result<u32, Error> {
    uint(name, word, least..=most).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

fn backoff(word: &[u8]) -> Option<Backoff> {
    let (kind, ms) = std::str::from_utf8(word).ok()?.split_once('/')?;
    let ms = span("backoff", ms.as_bytes(), 0).ok()?;
    match () {
        () if kind.eq_ignore_ascii_case("fixed") => Some(Backoff::Fixed(ms)),
        () if kind.eq_ignore_ascii_case("exponential") => Some(Backoff::Exponential(ms)),
        () => None,
    }
}

/// What a rate ends with that gives all its tokens back at once.
const WINDOW: &str = "window";

/// `word` as a rate; None: no limit.
pub(super) fn rate(name: &'static str, word: &[u8]) -> Result<Option<Rate>, Error> {
    let read = || {
        let (max, rest) = std::str::from_utf8(word).ok()?.split_once('/')?;
        let (ms, refill) = match rest.split_once('/') {
            None => (rest, Refill::Evenly),
            Some((ms, kind)) if kind.eq_ignore_ascii_case(WINDOW) => (ms, Refill::Window),
            Some(_) => return None,
        };
        let number = |word: &str| uint(name, word.as_bytes(), 1..=MAX_RATE).ok();
        Some(Rate::new(number(max)?, number(ms)?)?.refilled(refill))
    };
    match word {
        b"0" => Ok(None),
        _ => read().map(Some).ok_or_else(|| {
            Error::range(name, &format!("0, max/ms or max/ms/window, each from 1 to {MAX_RATE}"), word)
        }),
    }
}

/// A rate as [`rate`] takes it.
pub(super) fn show_rate(rate: Option<Rate>) -> Field<'static> {
    Field::Text(match rate {
        None => "0".into(),
        Some(Rate { max, ms, refill: Refill::Evenly }) => format!("{max}/{ms}"),
        Some(Rate { max, ms, refill: Refill::Window }) => format!("{max}/{ms}/{WINDOW}"),
    })
}

/// Every field, in the order in which they are shown.
#[rustfmt::skip] // one a line: it is a table
pub static SETTINGS: [Setting; 25] = [
    Setting { name: "lease", show: |s| count(s.lease), read: |s, name, word| { s.lease = span(name, word, 1)?; Ok(()) } },
    Setting { name: "attempts", show: |s| count(s.attempts.into()), read: |s, name, word| { s.attempts = small(name, word, 1, MAX_ATTEMPTS)?; Ok(()) } },
    Setting { name: "backoff", show: |s| backoff_field(s.backoff), read: |s, name, word| {
        s.backoff = backoff(word).ok_or_else(|| Error::range(name, "fixed/ms or exponential/ms", word))?;
        Ok(())
    } },
    Setting { name: "max-backoff", show: |s| count(s.max_backoff), read: |s, name, word| { s.max_backoff = span(name, word, 0)?; Ok(()) } },
    Setting { name: "jitter", show: |s| count(s.jitter.into()), read: |s, name, word| { s.jitter = small(name, word, 0, 100)?; Ok(()) } },
    Setting { name: "max-losses", show: |s| count(s.max_losses.into()), read: |s, name, word| { s.max_losses = small(name, word, 0, 60_000)?; Ok(()) } },
    Setting { name: "dedup-window", show: |s| window_field(s.dedup_window), read: |s, name, word| { s.dedup_window = read_window(name, word)?; Ok(()) } },
    Setting { name: "max-ids", show: |s| count(s.max_ids), read: |s, name, word| { s.max_ids = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Setting { name: "keep-completed", show: |s| span_field(s.keep_completed), read: |s, name, word| { s.keep_completed = span_or_forever(name, word, 0)?; Ok(()) } },
    Setting { name: "keep-completed-max", show: |s| count(s.keep_completed_max), read: |s, name, word| { s.keep_completed_max = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Setting { name: "keep-failed", show: |s| span_field(s.keep_failed), read: |s, name, word| { s.keep_failed = span_or_forever(name, word, 0)?; Ok(()) } },
    Setting { name: "keep-failed-max", show: |s| count(s.keep_failed_max), read: |s, name, word| { s.keep_failed_max = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Setting { name: "keep-batches", show: |s| span_field(s.keep_batches), read: |s, name, word| { s.keep_batches = span_or_forever(name, word, 0)?; Ok(()) } },
    Setting { name: "max-jobs", show: |s| count(s.max_jobs), read: |s, name, word| { s.max_jobs = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Setting { name: "concurrency", show: |s| count(s.concurrency), read: |s, name, word| { s.concurrency = uint(name, word, 0..=MAX_CONCURRENCY)?; Ok(()) } },
    Setting { name: "rate", show: |s| show_rate(s.rate), read: |s, name, word| { s.rate = rate(name, word)?; Ok(()) } },
    Setting { name: "group-concurrency", show: |s| count(s.group_concurrency), read: |s, name, word| { s.group_concurrency = uint(name, word, 0..=MAX_CONCURRENCY)?; Ok(()) } },
    Setting { name: "group-rate", show: |s| show_rate(s.group_rate), read: |s, name, word| { s.group_rate = rate(name, word)?; Ok(()) } },
    Setting { name: "max-lease", show: |s| count(s.max_lease), read: |s, name, word| { s.max_lease = span(name, word, 1)?; Ok(()) } },
    Setting { name: "max-run", show: |s| span_field(s.max_run), read: |s, name, word| { s.max_run = span_or_forever(name, word, 1)?; Ok(()) } },
    Setting { name: "events-max", show: |s| count(s.events_max), read: |s, name, word| { s.events_max = uint(name, word, 0..=MAX_EVENTS)?; Ok(()) } },
    Setting { name: "max-field-bytes", show: |s| count(s.max_field_bytes), read: |s, name, word| { s.max_field_bytes = uint(name, word, 0..=MAX_FIELD_BYTES)?; Ok(()) } },
    Setting { name: "max-log-bytes", show: |s| count(s.max_log_bytes), read: |s, name, word| { s.max_log_bytes = uint(name, word, 0..=MAX_LOG_BYTES)?; Ok(()) } },
    Setting { name: "shards", show: |s| count(s.shards.into()), read: |s, name, word| { s.shards = small(name, word, 0, MAX_SHARDS)?; Ok(()) } },
    Setting { name: "shards-before", show: |s| count(s.shards_before.into()), read: |s, name, word| { s.shards_before = small(name, word, 0, MAX_SHARDS)?; Ok(()) } },
];

/// Refuses a lease that is longer than the settings of its queue allow.
pub(super) fn check_lease(name: &str, ms: u64, settings: &Settings) -> Result<(), Error> {
    let most = settings.max_lease;
    if ms <= most {
        return Ok(());
    }
    let allowed = format!("milliseconds from 1 to {most}, the max-lease of the queue");
    Err(Error::range(name, &allowed, ms.to_string().as_bytes()))
}

impl Setting {
    /// Its value as a field of a map.
    pub(super) fn field(&self, settings: &Settings) -> Field<'static> {
        (self.show)(settings)
    }

    /// Its value in words, as [`Setting::set`] takes it.
    #[must_use]
    pub fn shown(&self, settings: &Settings) -> String {
        match (self.show)(settings) {
            Field::Int(n) => n.to_string(),
            Field::Text(text) => text,
            Field::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Field::Flag(is) => u8::from(is).to_string(),
            // No setting is a list.
            Field::List(_) | Field::OfJob(_) => String::new(),
        }
    }

    /// Changes `settings` as `word` says. An error changes nothing.
    pub fn set(&self, settings: &mut Settings, word: &[u8]) -> Result<(), Error> {
        (self.read)(settings, self.name, word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_set_and_says_the_same() {
        let shown = Settings::default();
        for setting in &SETTINGS {
            let mut settings = shown;
            assert_eq!(
                setting.set(&mut settings, setting.shown(&shown).as_bytes()),
                Ok(()),
                "{}",
                setting.name
            );
            assert_eq!(settings, shown, "{}", setting.name);
            assert!(setting.set(&mut settings, b"nonsense").is_err(), "{}", setting.name);
            assert_eq!(settings, shown, "{}", setting.name);
        }
    }
}
