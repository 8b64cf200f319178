//! Schedules: which of their instants tick, and what becomes of a tick.
//!
//! An instant is undecided until it ticks. Of those that are due the last one ticks, and the others are passed over:
//! they have no tick unless the clock is set back to before them.

use super::args::OnDup;
use super::batch::Dependency;
use super::model::Model;
use super::spec::{Backoff, JobSpec, Place, WHILE_KEPT};
use super::timetable::Timetable;
use super::value::{map, Value};

/// What JQ.SCHEDULE sets.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) timetable: Timetable,
    pub(crate) until: Option<u64>,
    /// OVERLAP SKIP
    pub(crate) skips: bool,
    pub(crate) spec: JobSpec,
    pub(crate) on_dup: OnDup,
}

#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(super) name: Vec<u8>,
    pub(super) plan: Plan,
    pub(super) next: u64,
    /// The last tick that has a job.
    pub(super) last: Option<u64>,
    /// Instants before this one are decided.
    pub(super) begin: u64,
    /// First and last instant of stretches that are decided.
    pub(super) decided: Vec<(u64, u64)>,
    /// How many ticks were enqueued, duplicates, skipped, dropped.
    pub(super) counts: [u64; 4],
    pub(super) missed: u64,
    /// At most so many stretches of its instants are passed over.
    stretches: usize,
}

/// What can become of a tick, as [`Schedule::counts`] has it.
pub(super) const OUTCOMES_OF_TICKS: [&str; 4] = ["enqueued", "duplicates", "skipped", "dropped"];
const ENQUEUED: usize = 0;
const DUPLICATE: usize = 1;
const SKIPPED: usize = 2;
const DROPPED: usize = 3;

/// A clock that is corrected by no more does not come to instants before a schedule was set.
const CORRECTION: u64 = 1000;

impl Schedule {
    fn new(name: Vec<u8>, plan: Plan, now: u64) -> Self {
        let (first, next) = (plan.timetable.next_after(0), plan.timetable.next_after(now));
        let (mut begin, mut decided) = (next, Vec::new());
        // It begins where the clock is, unless that was set back before.
        if let Some(end) = now.checked_sub(CORRECTION).filter(|end| first <= *end) {
            (begin, decided) = (first, vec![(plan.timetable.last_until(end) + 1, next - 1)]);
        }
        let (counts, stretches) = ([0; 4], decided.len());
        Schedule { name, plan, next, last: None, begin, decided, counts, missed: 0, stretches }
    }

    /// Another timetable: what was before is over.
    fn restart(&mut self, now: u64) {
        self.next = self.plan.timetable.next_after(now);
        (self.begin, self.decided, self.stretches) = (self.next, Vec::new(), 0);
    }

    /// The first undecided instant after `after`.
    fn undecided_after(&self, after: u64) -> u64 {
        let mut next = self.plan.timetable.next_after(after.max(self.begin - 1));
        while let Some((_, end)) = self.decided.iter().find(|(from, end)| (*from..=*end).contains(&next)) {
            next = self.plan.timetable.next_after(*end);
        }
        next
    }

    /// The last undecided instant up to `end`, which has one.
    fn last_undecided(&self, end: u64) -> u64 {
        let mut last = self.plan.timetable.last_until(end);
        while let Some((from, _)) = self.decided.iter().find(|(from, end)| (*from..=*end).contains(&last)) {
            last = self.plan.timetable.last_until(*from - 1);
        }
        last
    }

    /// How many undecided instants there are from `from` on and before `end`.
    fn undecided(&self, from: u64, end: u64) -> u64 {
        let count = |from: u64, end: u64| self.plan.timetable.count(from, end.max(from));
        let decided = self.decided.iter().map(|(first, last)| count(from.max(*first), end.min(last + 1)));
        count(from.max(self.begin), end) - decided.sum::<u64>()
    }

    /// Where the clock was set back to before instants that were passed over, these are to come again.
    fn rewind(&mut self, now: u64) {
        let next = self.undecided_after(now);
        if next < self.next {
            self.missed = self.missed.saturating_sub(self.undecided(next, self.next));
            self.next = next;
            self.stretches += 1;
        }
    }

    fn id_of(&self, tick: u64) -> Vec<u8> {
        [&self.name[..], format!("@{tick}").as_bytes()].concat()
    }
}

impl Model {
    pub(super) fn set_schedule(&mut self, name: Vec<u8>, plan: Plan, now: u64) -> Value {
        if plan.until.is_some_and(|until| until <= now) {
            return Value::Error("ERR".into());
        }
        let known = self.schedules.iter().position(|schedule| schedule.name == name);
        let known = known.map(|place| self.schedules.remove(place));
        let schedule = match known {
            None => Schedule::new(name, plan, now),
            Some(known) => {
                let is_other = known.plan.timetable != plan.timetable;
                let mut schedule = Schedule { plan, ..known };
                if is_other {
                    schedule.restart(now);
                }
                schedule
            }
        };
        let next = schedule.next;
        if schedule.plan.until.is_some_and(|until| until < next) {
            return Value::Null;
        }
        self.schedules.push(schedule);
        Value::uint(next)
    }

    pub(super) fn unschedule(&mut self, name: &[u8]) -> Value {
        let before = self.schedules.len();
        self.schedules.retain(|schedule| schedule.name != name);
        Value::count(before - self.schedules.len())
    }

    pub(super) fn list_schedules(&self) -> Value {
        let mut schedules: Vec<&Schedule> = self.schedules.iter().collect();
        schedules.sort_by_key(|schedule| &schedule.name);
        Value::Array(schedules.into_iter().map(shown).collect())
    }

    /// Everything that is due ticks, the earliest first.
    pub(super) fn tick_schedules(&mut self, now: u64) {
        self.schedules.iter_mut().for_each(|schedule| schedule.rewind(now));
        while let Some(due) = self
            .schedules
            .iter()
            .filter(|schedule| schedule.next <= now)
            .min_by_key(|schedule| (schedule.next, &schedule.name))
        {
            let name = due.name.clone();
            self.tick(&name, now);
            self.advance(now);
        }
    }

    fn tick(&mut self, name: &[u8], now: u64) {
        let Some(place) = self.schedules.iter().position(|schedule| schedule.name == name) else { return };
        let mut schedule = self.schedules.remove(place);
        let until = schedule.plan.until.unwrap_or(u64::MAX);
        let at = schedule.last_undecided(now.min(until));
        let missed = schedule.undecided(schedule.next, at);
        let outcome = self.enqueue_tick(&schedule, at, now);
        schedule.counts[outcome] += 1;
        schedule.missed += missed;
        schedule.stretches += usize::from(missed > 0);
        if [ENQUEUED, DUPLICATE].contains(&outcome) {
            schedule.last = Some(at);
        }
        schedule.decided.push((at, at));
        schedule.next = schedule.undecided_after(at);
        if schedule.next <= until {
            self.schedules.push(schedule);
        }
    }

    fn enqueue_tick(&mut self, schedule: &Schedule, at: u64, now: u64) -> usize {
        let Plan { skips, spec, on_dup, .. } = &schedule.plan;
        let is_unfinished = |tick: u64| {
            let id = schedule.id_of(tick);
            self.jobs.iter().any(|job| job.id == id && job.is_live())
        };
        if *skips && schedule.last.is_some_and(is_unfinished) {
            return SKIPPED;
        }
        match self.add_if_there_is_room(schedule.id_of(at), spec.clone(), *on_dup, now) {
            None => DROPPED,
            Some("duplicate") => DUPLICATE,
            Some(_) => ENQUEUED,
        }
    }

    /// Whether the manual does not say which of its instants a schedule still knows to have passed over: it knows
    /// eight stretches of them.
    pub(super) fn may_have_forgotten_instants(&self) -> bool {
        self.schedules.iter().any(|schedule| schedule.stretches > 8)
    }
}

fn shown(schedule: &Schedule) -> Value {
    let Schedule { name, plan, next, last, counts, missed, .. } = schedule;
    let (every, cron, zone) = match plan.timetable.shown() {
        Ok(ms) => (Value::uint(ms), Value::Null, Value::Null),
        Err((expression, zone)) => (Value::Null, Value::bytes(expression), Value::bytes(zone)),
    };
    let number = |n: Option<u64>| n.map_or(Value::Null, Value::uint);
    let mut fields = vec![
        ("name", Value::bytes(name)),
        ("every", every),
        ("cron", cron),
        ("tz", zone),
        ("from", number(Some(plan.timetable.from).filter(|from| *from > 0))),
        ("until", number(plan.until)),
        ("overlap", if plan.skips { Value::bytes("skip") } else { Value::Null }),
        ("next", Value::uint(*next)),
        ("last", number(*last)),
        ("missed", Value::uint(*missed)),
    ];
    fields.extend(OUTCOMES_OF_TICKS.into_iter().zip(counts.map(Value::uint)));
    fields.extend(options(&plan.spec, plan.on_dup));
    map(fields)
}

/// What was said of the jobs.
fn options(spec: &JobSpec, on_dup: OnDup) -> Vec<(&'static str, Value)> {
    let span = |ms: Option<i64>| ms.map_or(Value::Null, Value::Int);
    let after = |of: Dependency| match &spec.after {
        Some((batch, dependency)) if *dependency == of => Value::bytes(batch),
        _ => Value::Null,
    };
    let backoff = spec.backoff.map(|backoff| match backoff {
        Backoff::Fixed(ms) => format!("fixed/{ms}"),
        Backoff::Exponential(ms) => format!("exponential/{ms}"),
    });
    vec![
        ("payload", Value::bytes(&spec.payload)),
        ("priority", if spec.names_priority { Value::Int(spec.priority) } else { Value::Null }),
        ("front", if spec.place == Place::Front { Value::Int(1) } else { Value::Null }),
        ("attempts", spec.attempts.map_or(Value::Null, Value::uint)),
        ("backoff", backoff.map_or(Value::Null, Value::bytes)),
        ("dedup", if spec.dedup == Some(WHILE_KEPT) { Value::bytes("kept") } else { span(spec.dedup) }),
        (
            "ondup",
            match on_dup {
                OnDup::Ignore => Value::Null,
                OnDup::Replace => Value::bytes("replace"),
                OnDup::Rerun => Value::bytes("rerun"),
            },
        ),
        ("px", spec.expires_after.map_or(Value::Null, Value::uint)),
        ("keep", span(spec.keep)),
        ("maxrun", span(spec.max_run)),
        ("group", Value::maybe(spec.group.as_ref())),
        ("job-name", Value::maybe(spec.name.as_ref())),
        ("batch", Value::maybe(spec.batch.as_ref())),
        ("after", after(Dependency::After)),
        ("afterok", after(Dependency::AfterOk)),
    ]
}
