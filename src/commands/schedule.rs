//! `JQ.SCHEDULE queue name payload EVERY ms | CRON expression [TZ zone] [FROM instant] [UNTIL instant]
//! [OVERLAP ALLOW|SKIP] [PRIORITY n] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms] [DEDUP ms]
//! [ONDUP IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [BATCH name] [AFTER name | AFTEROK name] [GROUP name]` -> the next
//! instant, or null when UNTIL is over

use super::add_options::{self, AddOptions};
use super::args::{Args, MAX_INSTANT};
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::schedules::{Overlap, Plan, ScheduleSet, Timetable, Zone, MAX_EXPRESSION, MAX_NAME};
use crate::queue::{Session, FOREVER};

pub(super) const SPEC: Spec = Spec {
    name: "jq.schedule",
    summary: "Has a queue enqueue a job again and again",
    complexity: "O(log n)",
    arity: -6,
    flags: "write deny-oom",
    acl: "write slow",
    key: KeyUse::Create,
    args: &ARGS,
};

const ARGS: [Arg; 18] = {
    let [_, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group] = add_options::ARGS;
    [
        Arg::word("queue", ArgKind::Key),
        Arg::word("name", ArgKind::String),
        Arg::word("payload", ArgKind::String),
        Arg::one_of(
            "timetable",
            &[
                Arg::word("every-ms", ArgKind::Integer).after("EVERY"),
                Arg::word("expression", ArgKind::String).after("CRON"),
            ],
        ),
        Arg::option("TZ", "zone", ArgKind::String),
        Arg::option("FROM", "from-instant", ArgKind::UnixTime),
        Arg::option("UNTIL", "until-instant", ArgKind::UnixTime),
        Arg::one_of("overlap", &[Arg::token("ALLOW", "allow"), Arg::token("SKIP", "skip")])
            .after("OVERLAP")
            .maybe(),
        priority,
        attempts,
        backoff,
        dedup,
        ondup,
        px,
        keep,
        batch,
        gate,
        group,
    ]
};

/// Those of ADD, but for DELAY and AT, and its own.
const KEYWORDS: &[&str] = &[
    "EVERY", "CRON", "TZ", "FROM", "UNTIL", "OVERLAP", "PRIORITY", "ATTEMPTS", "BACKOFF", "DEDUP", "ONDUP",
    "PX", "KEEP", "BATCH", "AFTER", "AFTEROK", "GROUP",
];

/// A schedule to set.
#[derive(Debug)]
pub struct Schedule<'a> {
    name: &'a [u8],
    plan: Plan<'a>,
}

/// What the words said so far.
#[derive(Default)]
struct Words<'a> {
    every: Option<u64>,
    cron: Option<&'a str>,
    zone: Option<Zone>,
    from: u64,
    until: Option<u64>,
    overlap: Overlap,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let name = name(args.next("name")?)?;
    let payload = add_options::payload("payload", args.next("payload")?, limits.max_payload)?;
    let (mut words, mut options) = (Words::default(), AddOptions::NONE);
    while let Some(keyword) = args.option(KEYWORDS)? {
        match keyword {
            "EVERY" => words.every = Some(args.span("EVERY", 1)?),
            "CRON" => words.cron = Some(expression(args.next("CRON")?)?),
            "TZ" => words.zone = Some(zone(args.next("TZ")?)?),
            "FROM" => words.from = args.uint("FROM", 0..=MAX_INSTANT)?,
            "UNTIL" => words.until = Some(args.uint("UNTIL", 0..=MAX_INSTANT)?),
            "OVERLAP" => words.overlap = overlap(args.next("OVERLAP")?)?,
            _ => options.read(keyword, args)?,
        }
    }
    let plan = Plan {
        timetable: words.timetable()?,
        until: words.until()?,
        overlap: words.overlap,
        request: options.repeated(payload)?,
    };
    Ok(Request::Write(Write::Schedule(Box::new(Schedule { name, plan }))))
}

impl<'a> Words<'a> {
    fn timetable(&self) -> Result<Timetable<&'a str>, Error> {
        let from = self.from;
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
            Some(until) if until < self.from => {
                Err(Error::other(format!("UNTIL must not be before FROM, got {until} and {}", self.from)))
            }
            until => Ok(until.unwrap_or(FOREVER)),
        }
    }
}

/// `word` as the name of a schedule.
pub(super) fn name(word: &[u8]) -> Result<&[u8], Error> {
    if (1..=MAX_NAME).contains(&word.len()) {
        Ok(word)
    } else {
        Err(Error::range("name", &format!("1 to {MAX_NAME} bytes"), word))
    }
}

fn expression(word: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(word).ok();
    text.filter(|text| {
        let timetable = Timetable::Cron { expression: *text, zone: Zone::default(), from: 0 };
        timetable.compile().is_some()
    })
    .ok_or_else(|| {
        let allowed = format!(
            "5 fields (minute hour day month weekday) or 6 (second first) in at most {MAX_EXPRESSION} bytes"
        );
        Error::range("CRON", &allowed, word)
    })
}

fn zone(word: &[u8]) -> Result<Zone, Error> {
    Zone::named(word)
        .ok_or_else(|| Error::range("TZ", "the name of a time zone, such as UTC or Europe/Berlin", word))
}

fn overlap(word: &[u8]) -> Result<Overlap, Error> {
    [("ALLOW", Overlap::Allow), ("SKIP", Overlap::Skip)]
        .into_iter()
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))
        .map(|(_, choice)| choice)
        .ok_or_else(|| Error::range("OVERLAP", "ALLOW or SKIP", word))
}

impl Schedule<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        match session.schedule(self.name, &self.plan) {
            ScheduleSet::Next(next) => reply.int(i64::try_from(next).unwrap_or(i64::MAX)),
            ScheduleSet::Over => reply.null(),
            ScheduleSet::Never => {
                return Err(Error::other(match self.plan.timetable {
                    Timetable::Every { .. } => "the first instant of EVERY is too far away",
                    Timetable::Cron { .. } => "CRON names an instant that does not come within 41 years",
                }))
            }
        }
        Ok(())
    }
}
