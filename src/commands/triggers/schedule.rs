//! `JQ.SCHEDULE queue name payload EVERY ms | CRON expression [TZ zone] [FROM instant] [UNTIL instant]
//! [OVERLAP ALLOW|SKIP] [PRIORITY n] [FRONT] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms] [DEDUP ms|KEPT] [ONDUP
//! IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [MAXRUN ms] [GROUP name] [BATCH name] [AFTER name | AFTEROK name]
//! [NAME name]` -> the next instant, or null when UNTIL is over

use crate::commands::args::{check_instant, Args};
use crate::commands::choice::{args_of, choice};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{args_of_options, joined, CommandOption, Options};
use crate::commands::producing::add_options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::schedules::{
    malformed_cron, surprising_cron, CronFault, Overlap, Plan, ScheduleSet, Timetable, Zone, MAX_EXPRESSION,
};
use crate::queue::{AddRequest, Now, Session, FOREVER};

pub(crate) struct SetSchedule;

/// A schedule to set.
#[derive(Debug)]
pub(crate) struct ScheduleRequest<'a> {
    name: &'a [u8],
    plan: Box<Plan<'a>>,
}

/// The options of a schedule, beside those of its jobs.
#[derive(Default)]
struct ScheduleOptions<'a> {
    every: Option<u64>,
    cron: Option<&'a str>,
    zone: Option<Zone>,
    from: Option<u64>,
    until: Option<u64>,
    overlap: Overlap,
}

impl<'a> Options<'a, 6> for ScheduleOptions<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 6] = [
        CommandOption::span("EVERY", "every-ms", 1, |options, ms| options.every = Some(ms)),
        CommandOption::other("CRON", Arg::word("expression", ArgKind::String), |options, args| {
            options.cron = Some(expression(args.next("CRON")?)?);
            Ok(())
        }),
        CommandOption::other("TZ", Arg::word("zone", ArgKind::String), |options, args| {
            options.zone = Some(zone(args.next("TZ")?)?);
            Ok(())
        }),
        CommandOption::instant("FROM", "from-instant", |options, instant| options.from = Some(instant)),
        CommandOption::instant("UNTIL", "until-instant", |options, instant| options.until = Some(instant)),
        CommandOption::other("OVERLAP", Arg::one_of("overlap", &OVERLAP_ARGS), |options, args| {
            options.overlap = choice("OVERLAP", &OVERLAPS, args)?;
            Ok(())
        }),
    ];
}

pub(super) const OVERLAPS: [(Arg, Overlap); 2] =
    [(Arg::token("ALLOW", "allow"), Overlap::Allow), (Arg::token("SKIP", "skip"), Overlap::Skip)];
const OVERLAP_ARGS: [Arg; 2] = args_of(&OVERLAPS);

const TIMETABLE: [Arg; 2] = {
    let [every, cron, ..] = ScheduleOptions::OPTIONS;
    [every.arg().required(), cron.arg().required()]
};

const ARGS: [Arg; 21] = {
    let [_every, _cron, others @ ..] = &args_of_options(&ScheduleOptions::OPTIONS);
    let [_start, _max_wait, of_jobs @ ..] = &add_options::ARGS;
    joined(&[
        &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("name", ArgKind::String),
            Arg::word("payload", ArgKind::String),
            Arg::one_of("timetable", &TIMETABLE),
        ],
        others,
        of_jobs,
    ])
};

impl Command for SetSchedule {
    const SPEC: Spec = Spec {
        name: "jq.schedule",
        summary: "Has a queue enqueue a job again and again",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -6,
        flags: "write deny-oom",
        acl: "write slow",
        key: KeyUse::Create,
        args: &ARGS,
    };

    type Request<'a> = ScheduleRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ScheduleRequest<'a>, Error> {
        let name = names::schedule(args.next("name")?)?;
        let payload = args.payload("payload")?;
        let (mut schedule, mut request) = (ScheduleOptions::default(), AddRequest::new(payload));
        let [_at, _hold, _delay, _max_wait, job_options @ ..] = &AddRequest::OPTIONS;
        args.options_of_two((&ScheduleOptions::OPTIONS, &mut schedule), (job_options, &mut request))?;
        let plan = Plan {
            timetable: schedule.timetable()?,
            until: schedule.until()?,
            overlap: schedule.overlap,
            request,
        };
        plan.request.check()?;
        Ok(ScheduleRequest { name, plan: Box::new(plan) })
    }
}

impl<'a> ScheduleOptions<'a> {
    fn timetable(&self) -> Result<Timetable<&'a str>, Error> {
        let from = self.from.unwrap_or(0);
        match (self.every, self.cron, self.zone) {
            (Some(_), Some(_), _) => Err(Error::syntax("EVERY and CRON contradict each other")),
            (Some(_), None, Some(_)) => Err(Error::syntax("TZ goes with CRON, not with EVERY")),
            (Some(ms), None, None) => Ok(Timetable::Every { ms, from }),
            (None, Some(expression), zone) => {
                Ok(Timetable::Cron { expression, zone: zone.unwrap_or_default(), from })
            }
            (None, None, _) => Err(Error::syntax("EVERY or CRON is missing")),
        }
    }

    fn until(&self) -> Result<u64, Error> {
        match self.until {
            Some(until) if self.from.is_some_and(|from| until < from) => Err(Error::other(format!(
                "UNTIL must not be before FROM, got {until} and {}",
                self.from.unwrap_or(0)
            ))),
            until => Ok(until.unwrap_or(FOREVER)),
        }
    }
}

fn expression(word: &[u8]) -> Result<&str, Error> {
    let allowed = format!(
        "5 fields (minute hour day month weekday) or 6 (second first) in at most {MAX_EXPRESSION} bytes"
    );
    let malformed = || Error::range("CRON", &allowed, word);
    let text =
        std::str::from_utf8(word).ok().filter(|text| text.len() <= MAX_EXPRESSION).ok_or_else(malformed)?;
    let in_field = |fault: CronFault<'_>| {
        Error::range(&format!("CRON {}", fault.field), &fault.allowed, fault.got.as_bytes())
    };
    let timetable = Timetable::Cron { expression: text, zone: Zone::default(), from: 0 };
    if timetable.compile().is_none() {
        return Err(malformed_cron(text).map_or_else(malformed, in_field));
    }
    surprising_cron(text).map_or(Ok(text), |fault| Err(in_field(fault)))
}

fn zone(word: &[u8]) -> Result<Zone, Error> {
    Zone::named(word)
        .ok_or_else(|| Error::range("TZ", "the name of a time zone, such as UTC or Europe/Berlin", word))
}

/// Refuses instants that are hardly meant, and an end that is over: the schedule that is there stays. FROM may be
/// an offset in the grid, which is shorter than its step.
fn check_instants(plan: &Plan<'_>, now: Now) -> Result<(), Error> {
    match plan.timetable {
        Timetable::Every { ms, from } if from < ms => {}
        Timetable::Cron { from: 0, .. } => {}
        Timetable::Every { from, .. } | Timetable::Cron { from, .. } => check_instant("FROM", from, now)?,
    }
    if plan.until == FOREVER {
        return Ok(());
    }
    check_instant("UNTIL", plan.until, now)?;
    if plan.until <= now.millis() {
        let (until, now) = (plan.until, now.millis());
        return Err(Error::other(format!(
            "UNTIL must not be over, got {until}, and it is {now} now; JQ.UNSCHEDULE ends a schedule"
        )));
    }
    Ok(())
}

impl WriteCommand for SetSchedule {
    fn run(
        request: &ScheduleRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        check_instants(&request.plan, session.now())?;
        match session.schedule(request.name, &request.plan) {
            ScheduleSet::Next(next) => reply.uint(next),
            ScheduleSet::Over => reply.null_string(),
            ScheduleSet::Never => {
                return Err(Error::other(match request.plan.timetable {
                    Timetable::Every { .. } => "the first instant of EVERY is too far away",
                    Timetable::Cron { .. } => "CRON names an instant that does not come within 41 years",
                }))
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
