//! The options of a new job, shared by every command that enqueues.

use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::error::{shown, Error};
use crate::commands::fields::{count, Field, Fields};
use crate::commands::names;
use crate::commands::options::{args_of, choice, name_of, CommandOption, Options};
use crate::commands::spec::{Arg, ArgKind};
use crate::queue::{
    AddRequest, Backoff, BatchCondition, BatchRefs, Dependency, JobOptions, JobSpec, Now, OnDup, Refusal,
    Start, FOREVER,
};

/// The most NACKs a job may be allowed.
pub(in crate::commands) const MAX_ATTEMPTS: u64 = 1_000_000;

/// What was asked for; what was not follows the queue.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct AddOptions<'a> {
    start: Start,
    priority: i32,
    options: JobOptions,
    group: Option<&'a [u8]>,
    expires: Option<u64>,
    pub(super) batch_refs: BatchRefs<&'a [u8]>,
    on_dup: OnDup,
}

impl Default for AddOptions<'_> {
    fn default() -> Self {
        AddOptions {
            start: Start::Now,
            priority: 0,
            options: JobOptions::default(),
            group: None,
            expires: None,
            batch_refs: BatchRefs::NONE,
            on_dup: OnDup::Ignore,
        }
    }
}

/// JQ.SCHEDULE has all of them but the first two.
impl<'a> Options<'a, 13> for AddOptions<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 13] = [
        CommandOption::other("DELAY", Arg::word("delay-ms", ArgKind::Integer), |options, args| {
            let delay = args.span("DELAY", 0)?;
            options.set_start(Start::After(delay))
        }),
        CommandOption::other("AT", Arg::word("at-instant", ArgKind::UnixTime), |options, args| {
            let instant = args.uint("AT", 0..=MAX_INSTANT)?;
            options.set_start(Start::At(instant))
        }),
        CommandOption::other("PRIORITY", Arg::word("priority", ArgKind::Integer), |options, args| {
            let priority = args.int("PRIORITY", i32::MIN.into()..=i32::MAX.into())?;
            options.priority = i32::try_from(priority).unwrap_or_default();
            Ok(())
        }),
        CommandOption::integer("ATTEMPTS", "attempts", 1, MAX_ATTEMPTS, |options, attempts| {
            options.options.attempts = u32::try_from(attempts).ok();
        }),
        CommandOption::other("BACKOFF", Arg::one_of("backoff", &BACKOFF_KINDS), |options, args| {
            options.options.backoff = Some(backoff(args)?);
            Ok(())
        }),
        CommandOption::span_or_forever("DEDUP", "dedup-ms", |options, ms| options.options.dedup = Some(ms)),
        CommandOption::other("ONDUP", Arg::one_of("ondup", &ON_DUP_ARGS), |options, args| {
            options.on_dup = choice("ONDUP", "IGNORE, REPLACE or RERUN", &ON_DUPS, args)?;
            Ok(())
        }),
        CommandOption::span("PX", "px-ms", 1, |options, ms| options.expires = Some(ms)),
        CommandOption::span_or_forever("KEEP", "keep-ms", |options, ms| options.options.keep = Some(ms)),
        CommandOption::name("BATCH", "batch", names::batch, |options, batch| {
            options.batch_refs.batch = Some(batch);
        }),
        CommandOption::other("AFTER", Arg::word("after-batch", ArgKind::String), |options, args| {
            options.set_after("AFTER", BatchCondition::Finished, args)
        }),
        CommandOption::other("AFTEROK", Arg::word("afterok-batch", ArgKind::String), |options, args| {
            options.set_after("AFTEROK", BatchCondition::Completed, args)
        }),
        CommandOption::name("GROUP", "group", names::group, |options, group| options.group = Some(group)),
    ];
}

/// How COMMAND DOCS shows them: those that exclude each other are a choice.
pub(in crate::commands) const ARGS: [Arg; 11] = {
    let [_, _, priority, attempts, backoff, dedup, ondup, px, keep, batch, _, _, group] = AddOptions::OPTIONS;
    [
        Arg::one_of("start", &START).maybe(),
        priority.arg(),
        attempts.arg(),
        backoff.arg(),
        dedup.arg(),
        ondup.arg(),
        px.arg(),
        keep.arg(),
        batch.arg(),
        Arg::one_of("gate", &AFTER).maybe(),
        group.arg(),
    ]
};

const START: [Arg; 2] = {
    let [delay, at, ..] = AddOptions::OPTIONS;
    [delay.arg().required(), at.arg().required()]
};

const AFTER: [Arg; 2] = {
    let [.., after, after_ok, _] = AddOptions::OPTIONS;
    [after.arg().required(), after_ok.arg().required()]
};

const BACKOFF_KINDS: [Arg; 2] = [
    Arg::word("fixed-ms", ArgKind::Integer).after("FIXED"),
    Arg::word("exponential-ms", ArgKind::Integer).after("EXPONENTIAL"),
];

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

const ON_DUPS: [(Arg, OnDup); 3] = [
    (Arg::token("IGNORE", "ignore"), OnDup::Ignore),
    (Arg::token("REPLACE", "replace"), OnDup::Replace),
    (Arg::token("RERUN", "rerun"), OnDup::Rerun),
];
const ON_DUP_ARGS: [Arg; 3] = args_of(&ON_DUPS);

impl<'a> AddOptions<'a> {
    /// Parses all arguments that are left as options, which change `defaults`.
    pub(in crate::commands) fn parse(args: &mut Args<'a>, defaults: Self) -> Result<Self, Error> {
        let mut options = defaults;
        args.options(&mut options)?;
        if let (Some(px), Start::After(delay)) = (options.expires, options.start) {
            if px <= delay {
                return Err(Error::other(format!("PX must exceed DELAY, got {px} and {delay}")));
            }
        }
        options.check_batch_refs()?;
        Ok(options)
    }

    fn set_start(&mut self, start: Start) -> Result<(), Error> {
        if self.start != Start::Now {
            return Err(Error::syntax("DELAY and AT contradict each other"));
        }
        self.start = start;
        Ok(())
    }

    fn set_after(
        &mut self,
        keyword: &str,
        condition: BatchCondition,
        args: &mut Args<'a>,
    ) -> Result<(), Error> {
        if self.batch_refs.after.is_some() {
            return Err(Error::syntax("AFTER and AFTEROK contradict each other"));
        }
        self.batch_refs.after = Some(Dependency { batch: names::batch(args.next(keyword)?)?, condition });
        Ok(())
    }

    /// Refuses a job that would wait for itself, and one that could change a batch which others rely on.
    fn check_batch_refs(&self) -> Result<(), Error> {
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

    /// The defaults for keys that expire: each expiry gives a run that starts after it.
    pub(in crate::commands) fn of_expiry() -> Self {
        let options = JobOptions { dedup: Some(0), ..JobOptions::default() };
        AddOptions { options, on_dup: OnDup::Rerun, ..Self::default() }
    }

    /// What a schedule or an expiry rule enqueues again and again, each job at its own time.
    pub(in crate::commands) fn repeated(&self, payload: &'a [u8]) -> Result<AddRequest<&'a [u8]>, Error> {
        if let Start::At(_) = self.start {
            return Err(Error::syntax("AT goes with one job only; DELAY goes with many"));
        }
        self.check_batch_refs()?;
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

    /// What `payload` and these options ask for, whenever the job is added.
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

    /// These options for a job whose id the queue makes: no client can send that id again, so it is remembered
    /// only if DEDUP was given.
    pub(super) fn with_made_id(mut self) -> Self {
        self.options.dedup = self.options.dedup.or(Some(0));
        self
    }
}

/// Shows the options of a job under the names of the manual, without those that follow the queue.
pub(in crate::commands) fn push_options<'a>(request: &AddRequest<&'a [u8]>, fields: &mut Fields<'a>) {
    let AddRequest { job: new, batches, on_dup } = *request;
    if let Start::After(delay) = new.start {
        fields.push("delay", count(delay));
    }
    fields.push("priority", Field::Int(new.priority.into()));
    fields.push_some("attempts", new.options.attempts.map(|n| count(n.into())));
    fields.push_some("backoff", new.options.backoff.map(backoff_field));
    fields.push_some("dedup", new.options.dedup.map(span_field));
    fields.push("ondup", Field::Text(name_of(&ON_DUPS, &on_dup).into()));
    fields.push_some("px", new.expires.map(count));
    fields.push_some("keep", new.options.keep.map(span_field));
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
pub(in crate::commands) fn backoff_field(backoff: Backoff) -> Field<'static> {
    Field::Text(match backoff {
        Backoff::Fixed(ms) => format!("fixed/{ms}"),
        Backoff::Exponential(ms) => format!("exponential/{ms}"),
    })
}

/// A span; -1 if it is for ever.
pub(in crate::commands) fn span_field(span: u64) -> Field<'static> {
    if span == FOREVER {
        Field::Int(-1)
    } else {
        count(span)
    }
}

/// The error for a job that the queue refuses.
pub(super) fn refusal(refusal: Refusal, batch: Option<&[u8]>) -> Error {
    match refusal {
        Refusal::Sealed => Error::sealed(batch.unwrap_or_default()),
        Refusal::MaxIds(limit) => Error::full("max-ids", limit),
        Refusal::MaxJobs(limit) => Error::full("max-jobs", limit),
        Refusal::Capacity(limit) => Error::full("capacity", limit),
    }
}
