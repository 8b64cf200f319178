//! `JQ.SCHEDULES queue` -> a map for each schedule, by name
//!
//! Options are shown if they were given.

use super::schedule::OVERLAPS;
use crate::commands::args::Args;
use crate::commands::choice::name_of;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, Field, Fields};
use crate::commands::reply::Reply;
use crate::commands::shown_options::push_options;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::schedules::{Overlap, Timetable};
use crate::queue::{OnDup, Queue, Schedule, FOREVER};

pub(crate) struct ListSchedules;

impl Command for ListSchedules {
    const SPEC: Spec = Spec {
        name: "jq.schedules",
        summary: "Lists the schedules of a queue",
        complexity: "O(n)",
        since: "0.1.0",
        arity: 2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &[Arg::word("queue", ArgKind::Key)],
    };

    type Request<'a> = ();

    fn parse(_: &mut Args<'_>) -> Result<(), Error> {
        Ok(())
    }
}

impl ReadCommand for ListSchedules {
    fn run((): &(), queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let schedules = queue.schedules();
        reply.array(schedules.len());
        for (name, schedule) in schedules {
            fields(name, schedule).reply(reply);
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
    let overlap = name_of(&OVERLAPS, &plan.overlap);
    fields.push_some("overlap", (plan.overlap != Overlap::Allow).then(|| Field::Text(overlap.into())));
    fields.push("next", count(schedule.next()));
    fields.push_some("last", schedule.last().map(count));
    fields.push("payload", Field::Bytes(plan.request.job.payload));
    push_options(&plan.request, OnDup::Ignore, &mut fields);
    for (outcome, times) in schedule.counts() {
        fields.push(outcome.name(), count(times));
    }
    fields.push("missed", count(schedule.missed()));
    fields
}
