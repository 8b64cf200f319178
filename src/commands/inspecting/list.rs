//! `JQ.LIST queue waiting|delayed|blocked|active|completed|failed|remembered [GROUP name] [BATCH name] [WORKER
//! name] [NAME name] [SINCE instant] [UNTIL instant] [REV] [COUNT n] [CURSOR c] [PAYLOAD] [FULL]` -> `[next cursor, ids,
//! [id, payload] pairs or maps]`
//!
//! In the order they would run or finished. The cursor 0 begins and ends a listing. A job that stays where it
//! is while pages are read is listed exactly once. One call goes through 10,000 jobs at most, and a page has
//! about 1 MiB at most: it may be short, or empty, though more follow; only the cursor shows the end.

use super::get;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::options::{args_of, choice, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::selection::{self, reply_cursor, Cursor, Page};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::DEFAULT_ROWS;
use crate::queue::{Handle, JobState, JobView, ListPage, Queue, Record, Row};

pub struct ListJobs;

/// A page to list.
#[derive(Debug)]
pub struct ListRequest<'a> {
    listed: Listed,
    page: Page<'a>,
    columns: Columns,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Jobs(JobState),
    Remembered,
}

/// What is listed of each job.
#[derive(Debug, Default)]
struct Columns {
    payload: bool,
    full: bool,
}

impl Columns {
    fn row(&self) -> Row {
        match (self.full, self.payload) {
            (false, false) => Row::Id,
            (false, true) => Row::Payload,
            (true, false) => Row::Full,
            (true, true) => Row::FullWithPayload,
        }
    }
}

const STATES: [(Arg, Listed); 7] = [
    (Arg::token("waiting", "waiting"), Listed::Jobs(JobState::Waiting)),
    (Arg::token("delayed", "delayed"), Listed::Jobs(JobState::Delayed)),
    (Arg::token("blocked", "blocked"), Listed::Jobs(JobState::Blocked)),
    (Arg::token("active", "active"), Listed::Jobs(JobState::Active)),
    (Arg::token("completed", "completed"), Listed::Jobs(JobState::Completed)),
    (Arg::token("failed", "failed"), Listed::Jobs(JobState::Failed)),
    (Arg::token("remembered", "remembered"), Listed::Remembered),
];
const STATE_ARGS: [Arg; 7] = args_of(&STATES);

impl<'a> Options<'a, 2> for Columns {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::flag("PAYLOAD", "payload", |columns| columns.payload = true),
        CommandOption::flag("FULL", "full", |columns| columns.full = true),
    ];
}

impl Command for ListJobs {
    const SPEC: Spec = Spec {
        name: "jq.list",
        summary: "Lists the jobs of a state in their order, or remembered ids",
        complexity: "O(log n + COUNT), with selectors O(log n + 10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [group, batch, worker, name, since, until, rev, count, cursor] = selection::ARGS;
            let [payload, full] = Columns::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                Arg::one_of("state", &STATE_ARGS),
                group,
                batch,
                worker,
                name,
                since,
                until,
                rev,
                count,
                cursor,
                payload.arg(),
                full.arg(),
            ]
        },
    };

    type Request<'a> = ListRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ListRequest<'a>, Error> {
        let allowed = "waiting, delayed, blocked, active, completed, failed or remembered";
        let listed = choice("state", allowed, &STATES, args)?;
        let (mut page, mut columns) = (Page::of(DEFAULT_ROWS as u64, 1), Columns::default());
        args.options_of_two((&Page::OPTIONS, &mut page), (&Columns::OPTIONS, &mut columns))?;
        if listed == Listed::Remembered && (page.needs_jobs() || columns.payload) {
            return Err(Error::syntax("GROUP, BATCH, WORKER, NAME and PAYLOAD do not go with remembered"));
        }
        Ok(ListRequest { listed, page, columns })
    }
}

impl ReadCommand for ListJobs {
    fn refusal(request: &ListRequest<'_>, env: &Env) -> Option<Error> {
        request.page.check_instants(env.now).err()
    }

    fn run(request: &ListRequest<'_>, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let ListRequest { listed, page, columns } = request;
        let (selection, range, row) = (&page.selection, page.range(), columns.row());
        match *listed {
            Listed::Jobs(state) => {
                let jobs = queue.list(state, selection, range, row);
                reply_page(&jobs, reply, |job, reply| reply_job(*job, row, (queue, env), reply));
            }
            Listed::Remembered => {
                let ids = queue.list_remembered(selection, range, row);
                reply_page(&ids, reply, |record, reply| reply_remembered(record, row, env, reply));
            }
        }
    }
}

fn reply_page<T>(page: &ListPage<T>, reply: &mut dyn Reply, reply_row: impl Fn(&T, &mut dyn Reply)) {
    reply.array(2);
    reply_cursor(Cursor::to(0, page.next), reply);
    reply.array(page.rows.len());
    for row in &page.rows {
        reply_row(row, reply);
    }
}

fn reply_job(job: Handle, row: Row, (queue, env): (&Queue, &Env), reply: &mut dyn Reply) {
    match (row, queue.view_of(job)) {
        (Row::Payload, _) => {
            reply.array(2);
            reply.bytes(queue.id(job));
            reply.bytes(queue.payload(job));
        }
        (Row::Full, Some(view)) => {
            get::fields(&JobView { payload: None, ..view }, env.now).reply(reply);
        }
        (Row::FullWithPayload, Some(view)) => get::fields(&view, env.now).reply(reply),
        (Row::Id, _) | (Row::Full | Row::FullWithPayload, None) => reply.bytes(queue.id(job)),
    }
}

fn reply_remembered(record: &Record<'_>, row: Row, env: &Env, reply: &mut dyn Reply) {
    match row {
        Row::Id | Row::Payload => reply.bytes(record.id),
        Row::Full | Row::FullWithPayload => get::fields(&JobView::of_record(record), env.now).reply(reply),
    }
}
