//! `JQ.SCHEDULES queue` -> a map for each schedule, by name
//!
//! Options stand there when they were given.

use super::add_options;
use super::args::Args;
use super::error::Error;
use super::fields::{count, Field, Fields};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::schedules::{Overlap, Timetable};
use crate::queue::{Queue, Schedule, FOREVER};

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
    fields.push("payload", Field::Bytes(plan.request.job.payload));
    add_options::show(&plan.request, &mut fields);
    for (fate, times) in schedule.counts() {
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
