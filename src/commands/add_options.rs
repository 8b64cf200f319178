//! The options of a new job, shared by every command that enqueues.

use super::args::{parse_int, span, Args, MAX_INSTANT, MAX_SPAN};
use super::error::{shown, Error};
use super::fields::{count, Field, Fields};
use super::spec::{Arg, ArgKind};
use crate::queue::{
    AddRequest, Backoff, BatchCondition, BatchRefs, Dependency, JobOptions, JobSpec, Now, OnDup, Refusal,
    Start, FOREVER, MAX_BATCH, MAX_GROUP,
};

/// The most NACKs a job may be allowed.
pub(super) const MAX_ATTEMPTS: u64 = 1_000_000;

const KEYWORDS: &[&str] = &[
    "DELAY", "AT", "PRIORITY", "ATTEMPTS", "BACKOFF", "DEDUP", "ONDUP", "PX", "KEEP", "BATCH", "AFTER",
    "AFTEROK", "GROUP",
];

/// How COMMAND DOCS shows them.
pub(super) const ARGS: [Arg; 11] = [
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
    Arg::option("BATCH", "batch", ArgKind::String),
    Arg::one_of(
        "gate",
        &[
            Arg::word("after-batch", ArgKind::String).after("AFTER"),
            Arg::word("afterok-batch", ArgKind::String).after("AFTEROK"),
        ],
    )
    .maybe(),
    Arg::option("GROUP", "group", ArgKind::String),
];

/// What was asked for; what was not follows the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddOptions<'a> {
    start: Start,
    priority: i32,
    options: JobOptions,
    group: Option<&'a [u8]>,
    expires: Option<u64>,
    pub(super) batch_refs: BatchRefs<&'a [u8]>,
    on_dup: OnDup,
}

/// Reads options until the words end.
pub(super) fn parse<'a>(args: &mut Args<'a>) -> Result<AddOptions<'a>, Error> {
    parse_from(args, AddOptions::NONE)
}

/// The same where other things go without saying.
pub(super) fn parse_from<'a>(
    args: &mut Args<'a>,
    mut options: AddOptions<'a>,
) -> Result<AddOptions<'a>, Error> {
    while let Some(keyword) = args.option(KEYWORDS)? {
        options.read(keyword, args)?;
    }
    if let (Some(px), Start::After(delay)) = (options.expires, options.start) {
        if px <= delay {
            return Err(Error::other(format!("PX must exceed DELAY, got {px} and {delay}")));
        }
    }
    options.refs_fit()?;
    Ok(options)
}

/// `word` as the name of a batch.
pub(super) fn batch_name(word: &[u8]) -> Result<&[u8], Error> {
    if (1..=MAX_BATCH).contains(&word.len()) {
        Ok(word)
    } else {
        Err(Error::range("batch", &format!("1 to {MAX_BATCH} bytes"), word))
    }
}

/// `word` as the name of a group.
fn group_name(word: &[u8]) -> Result<&[u8], Error> {
    if (1..=MAX_GROUP).contains(&word.len()) {
        Ok(word)
    } else {
        Err(Error::range("group", &format!("1 to {MAX_GROUP} bytes"), word))
    }
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

impl<'a> AddOptions<'a> {
    /// Nothing was asked for.
    pub(super) const NONE: AddOptions<'static> = AddOptions {
        start: Start::Now,
        priority: 0,
        options: JobOptions { attempts: None, backoff: None, dedup: None, keep: None },
        group: None,
        expires: None,
        batch_refs: BatchRefs::NONE,
        on_dup: OnDup::Ignore,
    };

    /// Reads the value of one of the options.
    pub(super) fn read(&mut self, keyword: &str, args: &mut Args<'a>) -> Result<(), Error> {
        match keyword {
            "DELAY" => self.start = self.first_start(Start::After(args.span("DELAY", 0)?))?,
            "AT" => self.start = self.first_start(Start::At(args.uint("AT", 0..=MAX_INSTANT)?))?,
            "PRIORITY" => {
                let priority = args.int("PRIORITY", i32::MIN.into()..=i32::MAX.into())?;
                self.priority = i32::try_from(priority).unwrap_or_default();
            }
            "ATTEMPTS" => {
                let attempts = args.uint("ATTEMPTS", 1..=MAX_ATTEMPTS)?;
                self.options.attempts = u32::try_from(attempts).ok();
            }
            "BACKOFF" => self.options.backoff = Some(backoff(args)?),
            "DEDUP" => self.options.dedup = Some(span_or_forever("DEDUP", args.next("DEDUP")?)?),
            "ONDUP" => self.on_dup = on_dup(args.next("ONDUP")?)?,
            "PX" => self.expires = Some(args.span("PX", 1)?),
            "KEEP" => self.options.keep = Some(span_or_forever("KEEP", args.next("KEEP")?)?),
            "GROUP" => self.group = Some(group_name(args.next("GROUP")?)?),
            "BATCH" => self.batch_refs.batch = Some(batch_name(args.next("BATCH")?)?),
            "AFTER" => self.wait_for(BatchCondition::Finished, keyword, args)?,
            _ => self.wait_for(BatchCondition::Completed, keyword, args)?,
        }
        Ok(())
    }

    fn first_start(&self, start: Start) -> Result<Start, Error> {
        if self.start == Start::Now {
            Ok(start)
        } else {
            Err(Error::syntax("DELAY and AT contradict each other"))
        }
    }

    fn wait_for(
        &mut self,
        condition: BatchCondition,
        keyword: &str,
        args: &mut Args<'a>,
    ) -> Result<(), Error> {
        if self.batch_refs.after.is_some() {
            return Err(Error::syntax("AFTER and AFTEROK contradict each other"));
        }
        self.batch_refs.after = Some(Dependency { batch: batch_name(args.next(keyword)?)?, condition });
        Ok(())
    }

    /// What would wait for itself, or change a batch that others count on.
    fn refs_fit(&self) -> Result<(), Error> {
        let BatchRefs { batch, after } = self.batch_refs;
        if let (Some(batch), Some(after)) = (batch, after) {
            if batch == after.batch {
                let text = format!("a job can't wait for its own batch, {}", shown(batch));
                return Err(Error::other(text));
            }
        }
        if self.on_dup != OnDup::Ignore && (batch.is_some() || after.is_some()) {
            return Err(Error::syntax("ONDUP REPLACE and RERUN do not go with BATCH, AFTER or AFTEROK"));
        }
        Ok(())
    }

    /// What goes without saying for keys that expire: each expiry gives a run that starts after it.
    pub(super) fn of_expiry() -> Self {
        let options = JobOptions { dedup: Some(0), ..JobOptions::default() };
        AddOptions { options, on_dup: OnDup::Rerun, ..Self::NONE }
    }

    /// The same for many jobs, each at its own time.
    pub(super) fn repeated(&self, payload: &'a [u8]) -> Result<AddRequest<&'a [u8]>, Error> {
        if let Start::At(_) = self.start {
            return Err(Error::syntax("AT goes with one job only; DELAY goes with many"));
        }
        self.refs_fit()?;
        Ok(self.request_of_any_time(payload))
    }

    /// What `payload` and these options ask for at `now`. An error when it would expire before it may start.
    pub(super) fn request<'p>(&self, payload: &'p [u8], now: Now) -> Result<AddRequest<&'p [u8]>, Error>
    where
        'a: 'p,
    {
        if let (Some(px), Start::At(instant)) = (self.expires, self.start) {
            let expires_at = now.millis().saturating_add(px);
            if expires_at <= instant {
                return Err(Error::other(format!(
                    "PX must end after AT, got {px} ms from now and {instant}, which is later"
                )));
            }
        }
        Ok(self.request_of_any_time(payload))
    }

    /// The same where it is not known yet when it will be added; AT cannot have been given.
    fn request_of_any_time<'p>(&self, payload: &'p [u8]) -> AddRequest<&'p [u8]>
    where
        'a: 'p,
    {
        AddRequest {
            job: JobSpec {
                payload,
                start: self.start,
                priority: self.priority,
                options: self.options,
                group: self.group,
                expires: self.expires,
            },
            batches: self.batch_refs,
            on_dup: self.on_dup,
        }
    }

    /// The same for a job whose id the queue makes: nobody can send that id again, so it is not remembered
    /// unless asked for.
    pub(super) fn with_made_id(mut self) -> Self {
        self.options.dedup = self.options.dedup.or(Some(0));
        self
    }
}

/// Shows the options of a job as words and values of the manual, without those that follow the queue.
pub(super) fn show<'a>(request: &AddRequest<&'a [u8]>, fields: &mut Fields<'a>) {
    let AddRequest { job: new, batches, on_dup } = *request;
    if let Start::After(delay) = new.start {
        fields.push("delay", count(delay));
    }
    fields.push("priority", Field::Int(new.priority.into()));
    fields.push_some("attempts", new.options.attempts.map(|n| count(n.into())));
    fields.push_some("backoff", new.options.backoff.map(show_backoff));
    fields.push_some("dedup", new.options.dedup.map(endless));
    let on_dup = ON_DUPS.into_iter().find(|(_, choice)| *choice == on_dup).map_or("", |(name, _)| name);
    fields.push("ondup", Field::Text(on_dup.to_ascii_lowercase()));
    fields.push_some("px", new.expires.map(count));
    fields.push_some("keep", new.options.keep.map(endless));
    fields.push_some("group", new.group.map(Field::Bytes));
    fields.push_some("batch", batches.batch.map(Field::Bytes));
    if let Some(after) = batches.after {
        let word = match after.condition {
            BatchCondition::Finished => "after",
            BatchCondition::Completed => "afterok",
        };
        fields.push(word, Field::Bytes(after.batch));
    }
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
pub(super) fn refusal(refusal: Refusal, batch: Option<&[u8]>) -> Error {
    match refusal {
        Refusal::Sealed => Error::sealed(batch.unwrap_or_default()),
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
