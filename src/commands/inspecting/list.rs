//! `JQ.LIST queue waiting|delayed|blocked|active|completed|failed|remembered [GROUP name] [BATCH name] [WORKER
//! name] [NAME name] [PRIORITY lowest highest] [SINCE instant] [UNTIL instant] [REV] [SKIP n] [COUNT n] [CURSOR c]
//! [PAYLOAD] [FULL]` -> `[next cursor, ids, [id, payload] pairs or maps]`
//!
//! In the order they would run or finished. The cursor 0 begins and ends a listing. A job that stays where it
//! is while pages are read is listed exactly once. One call goes through 10,000 jobs at most, and a page has
//! about 1 MiB at most: it may be short, or empty, though more follow; only the cursor shows the end.

use super::get;
use crate::commands::args::Args;
use crate::commands::choice::{args_of, choice, name_of};
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::selection::{self, reply_cursor, Cursor, Page};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::DEFAULT_ROWS;
use crate::queue::{Handle, JobState, JobView, ListPage, Queue, Record, Row};

pub(crate) struct ListJobs;

/// A page to list.
#[derive(Debug)]
pub(crate) struct ListRequest<'a> {
    listed: Listed,
    page: Page<'a>,
    row: Row,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Jobs(JobState),
    Remembered,
}

/// What is listed of each job, and how many jobs are passed by before.
#[derive(Debug, Default)]
struct ListOptions {
    skip: u64,
    payload: bool,
    full: bool,
}

impl ListOptions {
    fn row(&self) -> Row {
        match (self.full, self.payload) {
            (false, false) => Row::Id,
            (false, true) => Row::Payload,
            (true, false) => Row::Full,
            (true, true) => Row::FullWithPayload,
        }
    }
}

/// More jobs there cannot be.
const MOST_SKIPPED: u64 = u32::MAX as u64;

const STATES: [(Arg, Listed); 7] = [
    (Arg::token("waiting", "waiting"), Listed::Jobs(JobState::Waiting)),
    (Arg::token("delayed", "delayed"), Listed::Jobs(JobState::Delayed)),
    (Arg::token("blocked", "blocked"), Listed::Jobs(JobState::Blocked)),
    (Arg::token("active", "active"), Listed::Jobs(JobState::Active)),
    (Arg::token("completed", "completed"), Listed::Jobs(JobState::Completed)),
    (Arg::token("failed", "failed"), Listed::Jobs(JobState::Failed)),
    (Arg::token("remembered", "remembered"), Listed::Remembered),
];
pub(super) const STATE_ARGS: [Arg; 7] = args_of(&STATES);

impl<'a> Options<'a, 3> for ListOptions {
    const OPTIONS: [CommandOption<'a, Self>; 3] = [
        CommandOption::integer("SKIP", "skip", 0, MOST_SKIPPED, |options, n| options.skip = n),
        CommandOption::flag("PAYLOAD", "payload", |options| options.payload = true),
        CommandOption::flag("FULL", "full", |options| options.full = true),
    ];
}

impl Listed {
    pub(super) fn name(self) -> &'static str {
        name_of(&STATES, &self)
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Self, Error> {
        choice("state", &STATES, args)
    }
}

impl Command for ListJobs {
    const SPEC: Spec = Spec {
        name: "jq.list",
        summary: "Lists the jobs of a state in their order, or remembered ids",
        complexity: "O(log n + COUNT + SKIP / 128), with selectors O(log n + 10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [group, batch, worker, name, priorities, since, until, rev, count, cursor] = selection::ARGS;
            let [skip, payload, full] = ListOptions::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                Arg::one_of("state", &STATE_ARGS),
                group,
                batch,
                worker,
                name,
                priorities,
                since,
                until,
                rev,
                skip.arg(),
                count,
                cursor,
                payload.arg(),
                full.arg(),
            ]
        },
    };

    type Request<'a> = ListRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ListRequest<'a>, Error> {
        let listed = Listed::parse(args)?;
        let (mut page, mut options) = (Page::of(DEFAULT_ROWS, 1), ListOptions::default());
        args.options_of_two((&Page::OPTIONS, &mut page), (&ListOptions::OPTIONS, &mut options))?;
        if listed == Listed::Remembered && (page.needs_jobs() || options.payload) {
            return Err(Error::syntax(
                "GROUP, BATCH, WORKER, NAME, PRIORITY and PAYLOAD do not go with remembered",
            ));
        }
        page.skip(options.skip);
        Ok(ListRequest { listed, page, row: options.row() })
    }
}

impl ReadCommand for ListJobs {
    fn refusal(request: &ListRequest<'_>, env: &Env) -> Option<Error> {
        request.page.check_instants(env.now).err()
    }

    fn run(request: &ListRequest<'_>, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let ListRequest { listed, ref page, row } = *request;
        let (selection, range) = (&page.selection, page.range());
        match listed {
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
    let next = Cursor::to(0, page.next).map(|next| next.skipping(page.left_to_skip));
    reply_cursor(next, reply);
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
