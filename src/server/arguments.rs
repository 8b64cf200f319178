//! The words after the module's path in `loadmodule`: names and values.
//!
//! What is set here is what a setting begins with: the configuration file and CONFIG SET have the last word,
//! so what CONFIG REWRITE has written down survives a restart.

use super::config::{without_code, DEFAULT, MAX_PAYLOAD, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_RANGE};
use crate::commands::args::{uint, MAX_INSTANT};
use crate::commands::settings::SETTINGS;
use crate::queue::{Settings, UnixMs};

/// What they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arguments {
    /// Whether there is JQ.DEBUG.
    pub(super) debug: Debug,
    /// The longest payload, in bytes.
    pub(super) max_payload: i64,
    /// The settings of a new queue.
    pub(super) defaults: Settings,
}

/// What `debug` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Debug {
    Off,
    On,
    /// The clock is stopped here before anything is loaded.
    Stopped(UnixMs),
}

/// Reads them: `debug yes|no|ms`, `max-payload-bytes n`, `default-<field> value`, in any order.
pub(super) fn parse(words: &[&[u8]]) -> Result<Arguments, String> {
    let (debug, max_payload, defaults) = (Debug::Off, MAX_PAYLOAD_BYTES, Settings::default());
    let mut arguments = Arguments { debug, max_payload, defaults };
    for pair in words.chunks(2) {
        let [name, value] = pair else {
            return Err(format!("the argument {} has no value", pair.concat().escape_ascii()));
        };
        let name = name.to_ascii_lowercase();
        let name = std::str::from_utf8(&name).unwrap_or_default();
        match name.strip_prefix(DEFAULT).and_then(|field| SETTINGS.iter().find(|known| known.name == field)) {
            Some(setting) => setting.set(&mut arguments.defaults, value).map_err(|why| without_code(&why))?,
            None if name == "debug" => arguments.debug = debug_of(value)?,
            None if name == MAX_PAYLOAD => arguments.max_payload = bytes(value)?,
            None => return Err(unknown(name)),
        }
    }
    Ok(arguments)
}

fn unknown(name: &str) -> String {
    let fields: Vec<_> = SETTINGS.iter().map(|setting| format!("{DEFAULT}{}", setting.name)).collect();
    format!("unknown argument '{name}'; there are: debug yes|no|ms, {MAX_PAYLOAD}, {}", fields.join(", "))
}

fn debug_of(word: &[u8]) -> Result<Debug, String> {
    match word.to_ascii_lowercase().as_slice() {
        b"yes" => Ok(Debug::On),
        b"no" => Ok(Debug::Off),
        _ => uint("debug", word, 0..=MAX_INSTANT).map(|ms| Debug::Stopped(UnixMs(ms))).map_err(|_| {
            format!("the argument debug must be yes, no or an instant in ms, got '{}'", word.escape_ascii())
        }),
    }
}

fn bytes(word: &[u8]) -> Result<i64, String> {
    let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    number.filter(|bytes| MAX_PAYLOAD_RANGE.contains(bytes)).ok_or_else(|| {
        let (least, most) = (MAX_PAYLOAD_RANGE.start(), MAX_PAYLOAD_RANGE.end());
        format!("the argument {MAX_PAYLOAD} must be from {least} to {most}, got '{}'", word.escape_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_off_unless_asked_for() {
        let read = |words: &[&[u8]]| parse(words).map(|arguments| arguments.debug);
        assert_eq!(read(&[]), Ok(Debug::Off));
        assert_eq!(read(&[b"DEBUG", b"Yes"]), Ok(Debug::On));
        assert_eq!(read(&[b"debug", b"no"]), Ok(Debug::Off));
        assert_eq!(read(&[b"debug", b"yes", b"debug", b"1000"]), Ok(Debug::Stopped(UnixMs(1000))));
        assert!(read(&[b"debug", b"maybe"]).is_err());
        assert!(read(&[b"debug"]).is_err());
        assert!(read(&[b"debgu", b"yes"]).is_err());
    }

    #[test]
    fn settings_are_those_of_the_configuration() {
        let words: [&[u8]; 6] =
            [b"Default-Lease", b"5000", b"default-rate", b"10/1000", MAX_PAYLOAD.as_bytes(), b"0"];
        let read = parse(&words);
        let read =
            read.map(|read| (read.defaults.lease, read.defaults.rate.map(|rate| rate.max), read.max_payload));
        assert_eq!(read, Ok((5000, Some(10), 0)));
        assert_eq!(
            parse(&[b"default-lease", b"0"]).err().as_deref(),
            Some("lease must be milliseconds from 1 to 315576000000, got '0'")
        );
        assert!(parse(&[MAX_PAYLOAD.as_bytes(), b"536870913"]).is_err());
        assert!(parse(&[b"lease", b"5000"]).is_err_and(|why| why.contains("default-lease")));
        assert!(parse(&[b"default-\xff", b"5000"]).is_err());
    }
}
