//! `JQ.WORKERS queue [JSON]` -> array of maps (or JSON): worker, active, oldest-lease-until, last-seen
//!
//! By name. A worker that holds nothing is listed for an hour after it was last seen, the thousand seen last
//! at most. `oldest-lease-until` is the end of the lease it has longest, if it holds anything.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, reply_list, size, Field, Fields, Format};
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, WorkerView};

pub struct ListWorkers;

impl Command for ListWorkers {
    const SPEC: Spec = Spec {
        name: "jq.workers",
        summary: "Lists who works, what each holds, and when it was last seen",
        complexity: "O(workers)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly",
        acl: "read slow",
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

impl ReadCommand for ListWorkers {
    fn run(format: &Format, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let workers: Vec<_> = queue.workers().map(|worker| fields(&worker)).collect();
        reply_list(&workers, *format, reply);
    }
}

fn fields<'a>(worker: &WorkerView<'a>) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("worker", Field::Bytes(worker.name));
    fields.push("active", size(worker.active));
    fields.push_some("oldest-lease-until", worker.oldest_lease_until.map(count));
    fields.push("last-seen", count(worker.last_seen));
    fields
}
