//! `JQ.STATS queue [JSON]` -> map (or JSON) of what is in the queue now, what has happened since it was
//! created, and how long jobs waited and ran
//!
//! Percentiles come from logarithmic buckets: at most 5 % off. `next-due-ms` is -1 when nothing is due, ever.

use super::pause_fields::push_pause;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, size, Field, Fields, Format};
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{JobState, Queue};

pub(crate) struct ShowStats;

impl Command for ShowStats {
    const SPEC: Spec = Spec {
        name: "jq.stats",
        summary: "Tells what is in a queue, what has happened in it, and how long it took",
        complexity: "O(1)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &{
            let [json] = Format::OPTIONS;
            [Arg::word("queue", ArgKind::Key), json.arg()]
        },
    };

    type Request<'a> = Format;

    fn parse(args: &mut Args<'_>) -> Result<Format, Error> {
        Format::parse(args)
    }
}

impl ReadCommand for ShowStats {
    fn run(format: &Format, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        fields(queue, env).reply_as(*format, reply);
    }
}

fn fields(queue: &Queue, env: &Env) -> Fields<'static> {
    let mut fields = Fields::default();
    for state in JobState::OF_JOBS {
        fields.push(state.name(), size(queue.count(state)));
    }
    fields.push("remembered", size(queue.remembered()));
    fields.push("batches", size(queue.batch_count()));
    fields.push("groups", size(queue.groups()));
    push_pause(&mut fields, queue.pause());
    fields.push("claimable", size(queue.claimable()));
    fields.push("oldest-claimable-ms", count(queue.oldest_claimable(env.now).unwrap_or(0)));
    let until_due = queue.next_due().map(|due| count(due.0.saturating_sub(env.now.millis())));
    fields.push("next-due-ms", until_due.unwrap_or(Field::Int(-1)));
    fields.push("waiters", size(env.workers.clients()));
    fields.push("bytes", size(if queue.exists() { queue.bytes() } else { 0 }));
    fields.push("events", size(queue.event_count()));
    fields.push("event-bytes", size(queue.event_bytes()));
    for (name, n) in queue.counters().iter() {
        fields.push(name, count(n));
    }
    let times = [
        (queue.waits(), ["wait-ms-p50", "wait-ms-p95", "wait-ms-p99", "wait-ms-max"]),
        (queue.runs(), ["run-ms-p50", "run-ms-p95", "run-ms-p99", "run-ms-max"]),
    ];
    for (histogram, [p50, p95, p99, max]) in times {
        fields.push(p50, count(histogram.percentile(50.0)));
        fields.push(p95, count(histogram.percentile(95.0)));
        fields.push(p99, count(histogram.percentile(99.0)));
        fields.push(max, count(histogram.max()));
    }
    fields
}
