//! `JQ.SCHEDULES queue` -> a map for each schedule, by name
//!
//! Options stand there when they were given.

use super::args::Args;
use super::config;
use super::error::Error;
use super::fields::{count, Field, Fields};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::schedules::{Overlap, Plan, Timetable};
use crate::queue::{OnDup, Queue, Schedule, FOREVER};

pub(super) const SPEC: Spec = Spec {
    name: "jq.schedules",
    summary: "Lists the schedules of a queue",
    complexity: "O(n)",
    arity: 2,
    flags: "readonly",
    acl: "read slow",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key)],
};

/// No words.
#[derive(Debug)]
pub struct Schedules;

pub(super) fn parse<'a>(_: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Read(Read::Schedules(Schedules)))
}

impl Schedules {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let schedules = queue.schedules();
        reply.array(schedules.len());
        for (name, schedule) in schedules {
            fields(name, schedule).answer(reply);
        }
    }
}

fn fields<'a>(name: &'a [u8], schedule: &'a Schedule) -> Fields<'a> {
    let plan = schedule.plan();
    let mut fields = Fields::default();
    fields.push("name", Field::Bytes(name));
    let from = match plan.timetable {
        Timetable::Every { ms, from } => {
            fields.push("every", count(ms));
            from
        }
        Timetable::Cron { expression, zone, from } => {
            fields.push("cron", Field::Bytes(expression.as_bytes()));
            fields.push("tz", Field::Bytes(zone.name().as_bytes()));
            from
        }
    };
    fields.push_some("from", (from != 0).then(|| count(from)));
    fields.push_some("until", (plan.until != FOREVER).then(|| count(plan.until)));
    fields.push("overlap", Field::Bytes(overlap(plan.overlap)));
    fields.push("next", count(schedule.next()));
    fields.push_some("last", schedule.last().map(count));
    push_job(&mut fields, &plan);
    for (fate, times) in schedule.tally() {
        fields.push(fate.name(), count(times));
    }
    fields
}

fn overlap(overlap: Overlap) -> &'static [u8] {
    match overlap {
        Overlap::Allow => b"allow",
        Overlap::Skip => b"skip",
    }
}

/// What its jobs are.
fn push_job<'a>(fields: &mut Fields<'a>, plan: &Plan<'a>) {
    let (job, recipe) = (plan.job, plan.job.recipe);
    fields.push("payload", Field::Bytes(job.payload));
    fields.push_some("priority", (job.priority != 0).then(|| Field::Int(job.priority.into())));
    fields.push_some("attempts", recipe.attempts.map(|attempts| count(attempts.into())));
    fields.push_some("backoff", recipe.backoff.map(config::backoff_field));
    fields.push_some("dedup", recipe.dedup.map(config::endless));
    let on_dup = match plan.on_dup {
        OnDup::Ignore => None,
        OnDup::Replace => Some(&b"replace"[..]),
        OnDup::Rerun => Some(&b"rerun"[..]),
    };
    fields.push_some("ondup", on_dup.map(Field::Bytes));
    fields.push_some("px", job.expires.map(count));
    fields.push_some("keep", recipe.keep.map(config::endless));
}
