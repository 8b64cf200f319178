//! The options of a new job, shared by every command that enqueues.

use super::args::{parse_int, span, Args, MAX_INSTANT, MAX_SPAN};
use super::error::{shown, Error};
use super::fields::{count, Field, Fields};
use super::spec::{Arg, ArgKind};
use crate::queue::{Backoff, NewJob, Now, OnDup, Recipe, Refusal, Start, Template, FOREVER};

/// The most NACKs a job may be allowed.
pub(super) const MAX_ATTEMPTS: u64 = 1_000_000;

const KEYWORDS: &[&str] = &["DELAY", "AT", "PRIORITY", "ATTEMPTS", "BACKOFF", "DEDUP", "ONDUP", "PX", "KEEP"];

/// How COMMAND DOCS shows them.
pub(super) const ARGS: [Arg; 8] = [
    Arg::one_of(
        "start",
        &[
            Arg::word("delay-ms", ArgKind::Integer).after("DELAY"),
            Arg::word("at-instant", ArgKind::UnixTime).after("AT"),
        ],
    )
    .maybe(),
    Arg::option("PRIORITY", "priority", ArgKind::Integer),
    Arg::option("ATTEMPTS", "attempts", ArgKind::Integer),
    Arg::one_of(
        "backoff",
        &[
            Arg::word("fixed-ms", ArgKind::Integer).after("FIXED"),
            Arg::word("exponential-ms", ArgKind::Integer).after("EXPONENTIAL"),
        ],
    )
    .after("BACKOFF")
    .maybe(),
    Arg::option("DEDUP", "dedup-ms", ArgKind::Integer),
    Arg::one_of(
        "ondup",
        &[Arg::token("IGNORE", "ignore"), Arg::token("REPLACE", "replace"), Arg::token("RERUN", "rerun")],
    )
    .after("ONDUP")
    .maybe(),
    Arg::option("PX", "px-ms", ArgKind::Integer),
    Arg::option("KEEP", "keep-ms", ArgKind::Integer),
];

/// What was asked for; what was not follows the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobOptions {
    start: Start,
    priority: i32,
    recipe: Recipe,
    expires: Option<u64>,
    pub(super) on_dup: OnDup,
}

/// What nobody has asked anything for.
const PLAIN: JobOptions = JobOptions {
    start: Start::Now,
    priority: 0,
    recipe: Recipe { attempts: None, backoff: None, dedup: None, keep: None },
    expires: None,
    on_dup: OnDup::Ignore,
};

/// Reads options until the words end.
pub(super) fn parse(args: &mut Args<'_>) -> Result<JobOptions, Error> {
    parse_from(args, PLAIN)
}

/// The same where other things go without saying.
pub(super) fn parse_from(args: &mut Args<'_>, mut options: JobOptions) -> Result<JobOptions, Error> {
    while let Some(keyword) = args.option(KEYWORDS)? {
        let contradicts = |start| {
            if start == Start::Now {
                Ok(())
            } else {
                Err(Error::syntax("DELAY and AT contradict each other"))
            }
        };
        match keyword {
            "DELAY" => {
                contradicts(options.start)?;
                options.start = Start::After(args.span("DELAY", 0)?);
            }
            "AT" => {
                contradicts(options.start)?;
                options.start = Start::At(args.uint("AT", 0..=MAX_INSTANT)?);
            }
            "PRIORITY" => {
                let priority = args.int("PRIORITY", i32::MIN.into()..=i32::MAX.into())?;
                options.priority = i32::try_from(priority).unwrap_or_default();
            }
            "ATTEMPTS" => {
                let attempts = args.uint("ATTEMPTS", 1..=MAX_ATTEMPTS)?;
                options.recipe.attempts = u32::try_from(attempts).ok();
            }
            "BACKOFF" => options.recipe.backoff = Some(backoff(args)?),
            "DEDUP" => options.recipe.dedup = Some(span_or_forever("DEDUP", args.next("DEDUP")?)?),
            "ONDUP" => options.on_dup = on_dup(args.next("ONDUP")?)?,
            "PX" => options.expires = Some(args.span("PX", 1)?),
            _ => options.recipe.keep = Some(span_or_forever("KEEP", args.next("KEEP")?)?),
        }
    }
    if let (Some(px), Start::After(delay)) = (options.expires, options.start) {
        if px <= delay {
            return Err(Error::other(format!("PX must exceed DELAY, got {px} and {delay}")));
        }
    }
    Ok(options)
}

fn backoff(args: &mut Args<'_>) -> Result<Backoff, Error> {
    let kind = args.next("BACKOFF")?;
    if kind.eq_ignore_ascii_case(b"FIXED") {
        Ok(Backoff::Fixed(args.span("BACKOFF FIXED", 0)?))
    } else if kind.eq_ignore_ascii_case(b"EXPONENTIAL") {
        Ok(Backoff::Exponential(args.span("BACKOFF EXPONENTIAL", 0)?))
    } else {
        Err(Error::range("BACKOFF", "FIXED ms or EXPONENTIAL ms", kind))
    }
}

const ON_DUPS: [(&str, OnDup); 3] =
    [("IGNORE", OnDup::Ignore), ("REPLACE", OnDup::Replace), ("RERUN", OnDup::Rerun)];

fn on_dup(word: &[u8]) -> Result<OnDup, Error> {
    ON_DUPS
        .into_iter()
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))
        .map(|(_, choice)| choice)
        .ok_or_else(|| Error::range("ONDUP", "IGNORE, REPLACE or RERUN", word))
}

/// `word` as a span in milliseconds, or -1 for ever.
pub(super) fn span_or_forever(name: &str, word: &[u8]) -> Result<u64, Error> {
    if parse_int(word) == Some(-1) {
        return Ok(FOREVER);
    }
    span(name, word, 0)
        .map_err(|_| Error::range(name, &format!("milliseconds from 0 to {MAX_SPAN}, or -1 for ever"), word))
}

impl JobOptions {
    /// What goes without saying for keys that expire: each expiry gives a run that starts after it.
    pub(super) fn of_expiry() -> Self {
        JobOptions { recipe: Recipe { dedup: Some(0), ..Recipe::default() }, on_dup: OnDup::Rerun, ..PLAIN }
    }

    /// The same for many jobs, each at its own time.
    pub(super) fn template(&self) -> Result<Template, Error> {
        if let Start::At(_) = self.start {
            return Err(Error::syntax("AT goes with one job only; DELAY goes with many"));
        }
        let JobOptions { start, priority, recipe, expires, on_dup } = *self;
        Ok(Template::like(&NewJob { payload: b"", start, priority, recipe, expires }, on_dup))
    }

    /// The job that `payload` and these options make at `now`. An error when it would expire before it may start.
    pub(super) fn new_job<'a>(&self, payload: &'a [u8], now: Now) -> Result<NewJob<'a>, Error> {
        if let (Some(px), Start::At(instant)) = (self.expires, self.start) {
            let expires_at = now.millis().saturating_add(px);
            if expires_at <= instant {
                return Err(Error::other(format!(
                    "PX must end after AT, got {px} ms from now and {instant}, which is later"
                )));
            }
        }
        Ok(NewJob {
            payload,
            start: self.start,
            priority: self.priority,
            recipe: self.recipe,
            expires: self.expires,
        })
    }

    /// The same for a job whose id the queue makes: nobody can send that id again, so it is not remembered
    /// unless asked for.
    pub(super) fn with_made_id(mut self) -> Self {
        self.recipe.dedup = self.recipe.dedup.or(Some(0));
        self
    }
}

/// Shows the options of a job as words and values of the manual, without those that follow the queue.
pub(super) fn show(new: &NewJob<'_>, on_dup: OnDup, fields: &mut Fields<'_>) {
    if let Start::After(delay) = new.start {
        fields.push("delay", count(delay));
    }
    fields.push("priority", Field::Int(new.priority.into()));
    fields.push_some("attempts", new.recipe.attempts.map(|n| count(n.into())));
    fields.push_some("backoff", new.recipe.backoff.map(show_backoff));
    fields.push_some("dedup", new.recipe.dedup.map(endless));
    let on_dup = ON_DUPS.into_iter().find(|(_, choice)| *choice == on_dup).map_or("", |(name, _)| name);
    fields.push("ondup", Field::Text(on_dup.to_ascii_lowercase()));
    fields.push_some("px", new.expires.map(count));
    fields.push_some("keep", new.recipe.keep.map(endless));
}

/// A backoff as the settings of a queue write it.
pub(super) fn show_backoff(backoff: Backoff) -> Field<'static> {
    Field::Text(match backoff {
        Backoff::Fixed(ms) => format!("fixed/{ms}"),
        Backoff::Exponential(ms) => format!("exponential/{ms}"),
    })
}

/// A span that may be endless: -1.
pub(super) fn endless(span: u64) -> Field<'static> {
    if span == FOREVER {
        Field::Int(-1)
    } else {
        count(span)
    }
}

/// `word` as a payload.
pub(super) fn payload<'a>(name: &str, word: &'a [u8], most: usize) -> Result<&'a [u8], Error> {
    if word.len() <= most {
        return Ok(word);
    }
    Err(Error::other(format!("{name} must be at most {most} bytes, got {} bytes", word.len())))
}

/// What a client that met a limit is told.
pub(super) fn refusal(refusal: Refusal) -> Error {
    match refusal {
        Refusal::MaxIds(limit) => Error::full("max-ids", limit),
        Refusal::MaxJobs(limit) => Error::full("max-jobs", limit),
        Refusal::Capacity(limit) => Error::full("capacity", limit),
    }
}

/// The id of a new job; None for `*`.
pub(super) fn new_id(word: &[u8]) -> Result<Option<&[u8]>, Error> {
    if word == b"*" {
        return Ok(None);
    }
    super::ids::id(word).map(Some).map_err(|_| {
        Error::other(format!("id must be 1 to {} bytes, or '*', got {}", crate::queue::MAX_ID, shown(word)))
    })
}
