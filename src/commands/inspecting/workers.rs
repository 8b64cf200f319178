//! `JQ.WORKERS queue [COUNT n] [CURSOR c] [JSON]` -> `[next cursor, array of maps (or JSON)]`: worker, active,
//! oldest-lease-until, last-seen, waiting, waiting-since
//!
//! By name. A worker that holds nothing is listed for an hour after it was last seen, the thousand seen last
//! at most, and as long as it waits in a claim. `oldest-lease-until` is the end of the lease it has longest, if it
//! holds anything. The cursor 0 begins and ends a listing.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand, WaitingWorker};
use crate::commands::error::Error;
use crate::commands::fields::{count, reply_list, size, Field, Fields, Format};
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{name_cursor, DEFAULT_ROWS};
use crate::queue::{Queue, WorkerView};

pub(crate) struct ListWorkers;

/// A page to list.
#[derive(Debug)]
pub(crate) struct WorkersRequest<'a> {
    count: usize,
    from: &'a [u8],
    format: Format,
}

impl<'a> Options<'a, 3> for WorkersRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 3] = [
        CommandOption::count("COUNT", "count", |request, n| request.count = n),
        CommandOption::other("CURSOR", Arg::word("cursor", ArgKind::String), |request, args| {
            request.from = name_cursor::parse("JQ.WORKERS", args.next("CURSOR")?)?;
            Ok(())
        }),
        CommandOption::flag("JSON", "json", |request| request.format = Format::Json),
    ];
}

impl Command for ListWorkers {
    const SPEC: Spec = Spec {
        name: "jq.workers",
        summary: "Lists who works or waits, what each holds, and when it was last seen",
        complexity: "O(COUNT log n)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [count, cursor, json] = WorkersRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), count.arg(), cursor.arg(), json.arg()]
        },
    };

    type Request<'a> = WorkersRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<WorkersRequest<'a>, Error> {
        let mut request = WorkersRequest { count: DEFAULT_ROWS, from: b"", format: Format::Map };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl ReadCommand for ListWorkers {
    fn run(request: &WorkersRequest<'_>, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let waiting = env.workers.from(request.from, request.count + 1);
        let mut rows = page(queue, &waiting, request);
        let next = rows.get(request.count).map(|row| row.name);
        rows.truncate(request.count);
        reply.array(2);
        name_cursor::reply(next, reply);
        let rows: Vec<_> = rows.iter().map(Row::fields).collect();
        reply_list(&rows, request.format, reply);
    }
}

/// A worker that is known to the queue, waits, or both.
struct Row<'a> {
    name: &'a [u8],
    known: Option<WorkerView<'a>>,
    waiting: Option<&'a WaitingWorker>,
}

/// The rows of a page by name, and the first of the next.
fn page<'a>(queue: &'a Queue, waiting: &'a [WaitingWorker], request: &WorkersRequest<'_>) -> Vec<Row<'a>> {
    let mut known = queue.workers_from(request.from).peekable();
    let mut waiting = waiting.iter().peekable();
    let mut rows = Vec::new();
    while rows.len() <= request.count {
        let names = [known.peek().map(|worker| worker.name), waiting.peek().map(|worker| &*worker.name)];
        let Some(name) = names.into_iter().flatten().min() else { break };
        let known = known.next_if(|worker| worker.name == name);
        let waiting = waiting.next_if(|worker| *worker.name == *name);
        rows.push(Row { name, known, waiting });
    }
    rows
}

impl<'a> Row<'a> {
    fn fields(&self) -> Fields<'a> {
        let mut fields = Fields::default();
        fields.push("worker", Field::Bytes(self.name));
        fields.push("active", size(self.known.map_or(0, |worker| worker.active)));
        let lease = self.known.and_then(|worker| worker.oldest_lease_until);
        fields.push_some("oldest-lease-until", lease.map(count));
        fields.push_some("last-seen", self.known.map(|worker| count(worker.last_seen)));
        fields.push_some("waiting", self.waiting.map(|worker| size(worker.clients)));
        fields.push_some("waiting-since", self.waiting.map(|worker| count(worker.since)));
        fields
    }
}
