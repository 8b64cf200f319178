//! `JQ.CONFIG queue` -> map of settings; `JQ.CONFIG queue field value [field value ...]` -> OK
//!
//! New values bind from the next decision on.

use super::args::{span, uint, Args, MAX_INSTANT};
use super::error::{shown, Error};
use super::fields::{count, Field, Fields};
use super::job_options::{endless, show_backoff, span_or_forever, MAX_ATTEMPTS};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request, Write};
use crate::queue::{Backoff, Queue, Rate, Settings, Turn, MAX_RATE};

/// The most of `concurrency` and `group-concurrency`.
const MAX_CONCURRENCY: u64 = 1_000_000_000;

pub(super) const SPEC: Spec = Spec {
    name: "jq.config",
    summary: "Shows or sets the rules of a queue",
    complexity: "O(1)",
    arity: -2,
    // Not `write`: replicas show it. It is paused like a write, and refused on a replica when it sets.
    flags: "may-replicate fast",
    acl: "write fast",
    key: KeyUse::ReadOrCreate,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::block("setting", &[Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)])
            .maybe()
            .many(),
    ],
};

/// How one setting is shown and read.
struct Rule {
    name: &'static str,
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

/// `word` as a rate; None: no limit.
fn rate(name: &'static str, word: &[u8]) -> Result<Option<Rate>, Error> {
    let read = || {
        let (max, ms) = std::str::from_utf8(word).ok()?.split_once('/')?;
        let number = |word: &str| uint(name, word.as_bytes(), 1..=MAX_RATE).ok();
        Rate::new(number(max)?, number(ms)?)
    };
    match word {
        b"0" => Ok(None),
        _ => read()
            .map(Some)
            .ok_or_else(|| Error::range(name, &format!("0 or max/ms, each from 1 to {MAX_RATE}"), word)),
    }
}

fn show_rate(rate: Option<Rate>) -> Field<'static> {
    Field::Text(rate.map_or_else(|| "0".into(), |Rate { max, ms }| format!("{max}/{ms}")))
}

#[rustfmt::skip] // one rule a line: it is a table
const RULES: [Rule; 18] = [
    Rule { name: "lease", show: |s| count(s.lease), read: |s, name, word| { s.lease = span(name, word, 1)?; Ok(()) } },
    Rule { name: "attempts", show: |s| count(s.attempts.into()), read: |s, name, word| { s.attempts = small(name, word, 1, MAX_ATTEMPTS)?; Ok(()) } },
    Rule { name: "backoff", show: |s| show_backoff(s.backoff), read: |s, name, word| {
        s.backoff = backoff(word).ok_or_else(|| Error::range(name, "fixed/ms or exponential/ms", word))?;
        Ok(())
    } },
    Rule { name: "max-backoff", show: |s| count(s.max_backoff), read: |s, name, word| { s.max_backoff = span(name, word, 0)?; Ok(()) } },
    Rule { name: "jitter", show: |s| count(s.jitter.into()), read: |s, name, word| { s.jitter = small(name, word, 0, 100)?; Ok(()) } },
    Rule { name: "max-losses", show: |s| count(s.max_losses.into()), read: |s, name, word| { s.max_losses = small(name, word, 0, 60_000)?; Ok(()) } },
    Rule { name: "dedup-window", show: |s| endless(s.dedup_window), read: |s, name, word| { s.dedup_window = span_or_forever(name, word)?; Ok(()) } },
    Rule { name: "max-ids", show: |s| count(s.max_ids), read: |s, name, word| { s.max_ids = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Rule { name: "keep-completed", show: |s| endless(s.keep_completed), read: |s, name, word| { s.keep_completed = span_or_forever(name, word)?; Ok(()) } },
    Rule { name: "keep-completed-max", show: |s| count(s.keep_completed_max), read: |s, name, word| { s.keep_completed_max = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Rule { name: "keep-failed", show: |s| endless(s.keep_failed), read: |s, name, word| { s.keep_failed = span_or_forever(name, word)?; Ok(()) } },
    Rule { name: "keep-failed-max", show: |s| count(s.keep_failed_max), read: |s, name, word| { s.keep_failed_max = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Rule { name: "keep-batches", show: |s| endless(s.keep_batches), read: |s, name, word| { s.keep_batches = span_or_forever(name, word)?; Ok(()) } },
    Rule { name: "max-jobs", show: |s| count(s.max_jobs), read: |s, name, word| { s.max_jobs = uint(name, word, 0..=MAX_INSTANT)?; Ok(()) } },
    Rule { name: "concurrency", show: |s| count(s.concurrency), read: |s, name, word| { s.concurrency = uint(name, word, 0..=MAX_CONCURRENCY)?; Ok(()) } },
    Rule { name: "rate", show: |s| show_rate(s.rate), read: |s, name, word| { s.rate = rate(name, word)?; Ok(()) } },
    Rule { name: "group-concurrency", show: |s| count(s.group_concurrency), read: |s, name, word| { s.group_concurrency = uint(name, word, 0..=MAX_CONCURRENCY)?; Ok(()) } },
    Rule { name: "group-rate", show: |s| show_rate(s.group_rate), read: |s, name, word| { s.group_rate = rate(name, word)?; Ok(()) } },
];

/// All settings are asked for.
#[derive(Debug)]
pub struct Show;

/// Settings to change.
#[derive(Debug)]
pub struct Configure<'a> {
    /// field, value, field, value, ...: every field is known, every value was read once.
    words: &'a [&'a [u8]],
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    if args.is_empty() {
        return Ok(Request::Read(Read::Config(Show)));
    }
    let words = args.rest("field")?;
    change(&mut Settings::default(), words)?;
    Ok(Request::Write(Write::Configure(Configure { words })))
}

/// Changes `settings` as `words` say.
fn change(settings: &mut Settings, words: &[&[u8]]) -> Result<(), Error> {
    let mut seen = [false; RULES.len()];
    for pair in words.chunks(2) {
        let Some((field, value)) = pair.first().zip(pair.get(1)) else {
            return Err(Error::syntax("the last field has no value"));
        };
        let known =
            RULES.iter().zip(&mut seen).find(|(rule, _)| rule.name.as_bytes().eq_ignore_ascii_case(field));
        let Some((rule, seen)) = known else {
            return Err(Error::syntax(format!("unknown field {}", shown(field))));
        };
        if std::mem::replace(seen, true) {
            return Err(Error::syntax(format!("{} is given twice", rule.name)));
        }
        (rule.read)(settings, rule.name, value)?;
    }
    Ok(())
}

impl Show {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let mut fields = Fields::default();
        for rule in &RULES {
            fields.push(rule.name, (rule.show)(queue.settings()));
        }
        fields.answer(reply);
    }
}

impl Configure<'_> {
    pub(super) fn run(&self, turn: &mut Turn<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        let mut settings = *turn.queue().settings();
        change(&mut settings, self.words)?;
        turn.configure(settings);
        reply.ok();
        Ok(())
    }
}
