//! The options of a new job, shared by every command that enqueues.

use super::call_options::CallOptions;
use crate::commands::args::{check_instant, span_or_forever, Args, MAX_INSTANT, MAX_SPAN};
use crate::commands::choice::{args_of, choice};
use crate::commands::error::{shown, Error};
use crate::commands::field_args::FieldArgs;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::spec::{Arg, ArgKind};
use crate::queue::{
    AddRequest, Backoff, BatchCondition, BatchRefs, DedupWindow, Dependency, Now, OnDup, Place, Start, Until,
};

/// The most NACKs a job may be allowed.
pub(in crate::commands) const MAX_ATTEMPTS: u64 = 1_000_000;

/// JQ.ONEXPIRE has all of them but the first two, and JQ.SCHEDULE all but the first four.
impl<'a> Options<'a, 18> for AddRequest<&'a [u8]> {
    const OPTIONS: [CommandOption<'a, Self>; 18] = [
        CommandOption::other("AT", Arg::word("at-instant", ArgKind::UnixTime), |request, args| {
            let instant = args.uint("AT", 0..=MAX_INSTANT)?;
            set_start(&mut request.job.start, Start::At(instant))
        }),
        CommandOption::other_flag("HOLD", "hold", |request| set_start(&mut request.job.start, Start::Hold)),
        CommandOption::other("DELAY", Arg::word("delay-ms", ArgKind::Integer), |request, args| {
            let delay = args.span("DELAY", 0)?;
            set_start(&mut request.job.start, Start::After(delay))
        }),
        CommandOption::span("MAXWAIT", "maxwait-ms", 1, |request, ms| {
            request.job.max_wait = Some(Until::After(ms));
        }),
        CommandOption::other("PRIORITY", Arg::word("priority", ArgKind::Integer), |request, args| {
            request.job.priority = Some(args.priority()?);
            Ok(())
        }),
        CommandOption::flag("FRONT", "front", |request| request.job.place = Place::Front),
        CommandOption::integer("ATTEMPTS", "attempts", 1, MAX_ATTEMPTS, |request, attempts| {
            request.job.options.attempts = u32::try_from(attempts).ok();
        }),
        CommandOption::other("BACKOFF", Arg::one_of("backoff", &BACKOFF_KINDS), |request, args| {
            request.job.options.backoff = Some(backoff(args)?);
            Ok(())
        }),
        CommandOption::other("DEDUP", Arg::one_of("dedup", &DEDUP_ARGS), |request, args| {
            request.job.options.dedup = Some(read_window("DEDUP", args.next("DEDUP")?)?);
            Ok(())
        }),
        CommandOption::other("ONDUP", Arg::one_of("ondup", &ON_DUP_ARGS), |request, args| {
            request.on_dup = choice("ONDUP", &ON_DUPS, args)?;
            Ok(())
        }),
        CommandOption::span("PX", "px-ms", 1, |request, ms| request.job.expires = Some(Until::After(ms))),
        CommandOption::span_or_forever("KEEP", "keep-ms", 0, |request, ms| {
            request.job.options.keep = Some(ms);
        }),
        CommandOption::span_or_forever("MAXRUN", "maxrun-ms", 1, |request, ms| {
            request.job.options.max_run = Some(ms);
        }),
        CommandOption::name("BATCH", "batch", names::batch, |request, batch| {
            request.batches.batch = Some(batch);
        }),
        CommandOption::other("AFTER", Arg::word("after-batch", ArgKind::String), |request, args| {
            request.set_after("AFTER", BatchCondition::Finished, args)
        }),
        CommandOption::other("AFTEROK", Arg::word("afterok-batch", ArgKind::String), |request, args| {
            request.set_after("AFTEROK", BatchCondition::Completed, args)
        }),
        CommandOption::name("GROUP", "group", names::group, |request, group| request.job.group = Some(group)),
        CommandOption::name("NAME", "job-name", names::job_name, |request, name| {
            request.job.name = Some(name);
        }),
    ];
}

/// How COMMAND DOCS shows them: those that exclude each other are a choice.
pub(in crate::commands) const ARGS: [Arg; 15] = {
    let [_, _, _, max_wait, priority, front, attempts, backoff, dedup, ondup, px, keep, max_run, batch, _, _, group, name] =
        AddRequest::OPTIONS;
    [
        Arg::one_of("start", &START).maybe(),
        max_wait.arg(),
        priority.arg(),
        front.arg(),
        attempts.arg(),
        backoff.arg(),
        dedup.arg(),
        ondup.arg(),
        px.arg(),
        keep.arg(),
        max_run.arg(),
        batch.arg(),
        Arg::one_of("gate", &AFTER).maybe(),
        group.arg(),
        name.arg(),
    ]
};

const START: [Arg; 3] = {
    let [at, hold, delay, ..] = AddRequest::OPTIONS;
    [delay.arg().required(), at.arg().required(), hold.arg().required()]
};

const AFTER: [Arg; 2] = {
    let [.., after, after_ok, _, _] = AddRequest::OPTIONS;
    [after.arg().required(), after_ok.arg().required()]
};

const BACKOFF_KINDS: [Arg; 2] = [
    Arg::word("fixed-ms", ArgKind::Integer).after("FIXED"),
    Arg::word("exponential-ms", ArgKind::Integer).after("EXPONENTIAL"),
];

const DEDUP_ARGS: [Arg; 2] = [Arg::word("dedup-ms", ArgKind::Integer), Arg::token("KEPT", "kept")];

/// `word` as the time for which an id is refused.
pub(in crate::commands) fn read_window(name: &str, word: &[u8]) -> Result<DedupWindow, Error> {
    if word.eq_ignore_ascii_case(b"KEPT") {
        return Ok(DedupWindow::Kept);
    }
    let allowed = format!("milliseconds from 0 to {MAX_SPAN}, -1 for ever, or KEPT");
    span_or_forever(name, word, 0).map(DedupWindow::For).map_err(|_| Error::range(name, &allowed, word))
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

/// What ONDUP may say.
pub(in crate::commands) const ON_DUPS: [(Arg, OnDup); 3] = [
    (Arg::token("IGNORE", "ignore"), OnDup::Ignore),
    (Arg::token("REPLACE", "replace"), OnDup::Replace),
    (Arg::token("RERUN", "rerun"), OnDup::Rerun),
];
const ON_DUP_ARGS: [Arg; 3] = args_of(&ON_DUPS);

impl<'a> AddRequest<&'a [u8]> {
    /// Parses all arguments that are left as options of one job, which change `defaults`, and of the call.
    pub(super) fn parse_with_call(
        args: &mut Args<'a>,
        defaults: Self,
    ) -> Result<(Self, CallOptions<'a>), Error> {
        let (mut request, mut call) = (defaults, CallOptions::default());
        args.options_of_two((&Self::OPTIONS, &mut request), (&CallOptions::OPTIONS, &mut call))?;
        request.check()?;
        call.fields.finish(1)?;
        Ok((request, call))
    }

    /// Parses the arguments up to `keyword` as options of jobs and of the call. Its fields are not finished yet.
    pub(super) fn parse_before(keyword: &str, args: &mut Args<'a>) -> Result<(Self, CallOptions<'a>), Error> {
        let (mut request, mut call) = (AddRequest::new(&b""[..]), CallOptions::default());
        let (own, of_call) = ((&Self::OPTIONS[..], &mut request), (&CallOptions::OPTIONS[..], &mut call));
        args.options_before(keyword, own, of_call)?;
        request.check()?;
        Ok((request, call))
    }

    /// Parses the arguments up to `keyword` as options of one job, over those that hold for all, `common`.
    pub(super) fn parse_over(
        (common, common_fields): (&Self, &FieldArgs<'a>),
        keyword: &str,
        args: &mut Args<'a>,
    ) -> Result<(Self, FieldArgs<'a>), Error> {
        let (mut request, mut fields) = (*common, FieldArgs::default());
        // These may be given once, so those of the job take the place of the common ones.
        (request.job.start, request.batches.after) = (Start::Now, None);
        let (own, of_fields) = ((&Self::OPTIONS[..], &mut request), (&FieldArgs::OPTIONS[..], &mut fields));
        args.options_before(keyword, own, of_fields)?;
        if request.job.start == Start::Now {
            request.job.start = common.job.start;
        }
        request.batches.after = request.batches.after.or(common.batches.after);
        request.check()?;
        fields.add_from(common_fields)?;
        fields.finish(1)?;
        Ok((request, fields))
    }

    /// Refuses options that contradict each other.
    pub(in crate::commands) fn check(&self) -> Result<(), Error> {
        if let (Some(Until::After(px)), Start::After(delay)) = (self.job.expires, self.job.start) {
            if px <= delay {
                return Err(Error::other(format!("PX must exceed DELAY, got {px} and {delay}")));
            }
        }
        self.check_max_wait()?;
        self.check_batches()?;
        check_place(self.job.start, self.job.place)
    }

    fn set_after(
        &mut self,
        keyword: &str,
        condition: BatchCondition,
        args: &mut Args<'a>,
    ) -> Result<(), Error> {
        if self.batches.after.is_some() {
            return Err(Error::syntax("AFTER and AFTEROK contradict each other"));
        }
        self.batches.after = Some(Dependency { batch: names::batch(args.next(keyword)?)?, condition });
        Ok(())
    }

    /// Refuses a longest wait where nothing could make the job wait longer, and one that DELAY exceeds.
    fn check_max_wait(&self) -> Result<(), Error> {
        let Some(Until::After(most) | Until::At(most)) = self.job.max_wait else { return Ok(()) };
        match (self.job.start, self.on_dup) {
            (Start::After(delay), OnDup::Replace) if delay > most => {
                Err(Error::other(format!("MAXWAIT must be at least DELAY, got {most} and {delay}")))
            }
            (Start::After(_), OnDup::Replace) => Ok(()),
            _ => Err(Error::syntax("MAXWAIT goes with DELAY and ONDUP REPLACE")),
        }
    }

    /// Refuses a job that would wait for itself, and one that could change a batch which others rely on.
    fn check_batches(&self) -> Result<(), Error> {
        let BatchRefs { batch, after } = self.batches;
        if let (Some(batch), Some(after)) = (batch, after) {
            if batch == after.batch {
                let text = format!("a job can't wait for its own batch, {}", shown(batch));
                return Err(Error::other(text));
            }
        }
        if self.job.start == Start::Hold && after.is_some() {
            return Err(Error::syntax("HOLD does not go with AFTER or AFTEROK: a job waits for one of them"));
        }
        if self.on_dup != OnDup::Ignore && !self.batches.is_none() {
            return Err(Error::syntax("ONDUP REPLACE and RERUN do not go with BATCH, AFTER or AFTEROK"));
        }
        Ok(())
    }

    /// The defaults for keys that expire: each expiry gives a run that starts after it.
    pub(in crate::commands) fn of_expiry() -> Self {
        let mut request = AddRequest { on_dup: OnDup::Rerun, ..AddRequest::new(&b""[..]) };
        request.job.options.dedup = Some(DedupWindow::NONE);
        request
    }

    /// Refuses an instant that is hardly meant, and a job that would expire before it may start, if it is added
    /// at `now`.
    pub(super) fn check_instants(&self, now: Now) -> Result<(), Error> {
        if let Start::At(instant) = self.job.start {
            check_instant("AT", instant, now)?;
        }
        if let (Some(Until::After(px)), Start::At(instant)) = (self.job.expires, self.job.start) {
            let expires_at = now.millis().saturating_add(px);
            if expires_at <= instant {
                return Err(Error::other(format!(
                    "PX must end after AT, got {px} ms from now and {instant}, which is later"
                )));
            }
        }
        Ok(())
    }

    /// The request for a job whose id the queue makes: no client can send that id again, so it is remembered
    /// only if DEDUP was given.
    pub(super) fn with_made_id(mut self) -> Self {
        self.job.options.dedup = self.job.options.dedup.or(Some(DedupWindow::NONE));
        self
    }
}

/// A job waits for one thing before it joins the line.
pub(in crate::commands) fn set_start(start: &mut Start, new: Start) -> Result<(), Error> {
    match (*start, new) {
        (Start::Now, new) => *start = new,
        (Start::Hold, other) | (other, Start::Hold) => {
            let other = if matches!(other, Start::At(_)) { "AT" } else { "DELAY" };
            return Err(Error::syntax(format!(
                "HOLD does not go with {other}: JQ.PROMOTE with DELAY starts a job on hold later"
            )));
        }
        (Start::After(_) | Start::At(_), _) => {
            return Err(Error::syntax("DELAY and AT contradict each other"));
        }
    }
    Ok(())
}

/// Where a job on hold joins the line says who lets it go.
pub(in crate::commands) fn check_place(start: Start, place: Place) -> Result<(), Error> {
    if start == Start::Hold && place == Place::Front {
        return Err(Error::syntax("HOLD does not go with FRONT: give it to JQ.PROMOTE"));
    }
    Ok(())
}
