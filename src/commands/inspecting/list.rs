//! `JQ.LIST queue waiting|delayed|blocked|active|completed|failed [BATCH name] [COUNT n] [CURSOR c]
//! [PAYLOAD]` -> `[next cursor, ids or [id, payload] pairs]`
//!
//! In the order they would run or finished. The cursor 0 begins and ends a listing. A job that stays where it
//! is while pages are read is listed exactly once. With BATCH one call goes through 10,000 jobs at most: a
//! page may be short, or empty, though more follow; only the cursor shows the end.

use crate::commands::args::{parse_int, parse_uint, Args};
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::options::{args_of, choice, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{names, DEFAULT_ROWS, MAX_ITEMS};
use crate::queue::{JobState, Position, Queue};

pub struct ListJobs;

/// A page to list.
#[derive(Debug)]
pub struct ListRequest<'a> {
    state: JobState,
    batch: Option<&'a [u8]>,
    count: usize,
    from: Option<Position>,
    columns: Columns,
}

/// What is listed of each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    Id,
    IdAndPayload,
}

const STATES: [(Arg, JobState); 6] = [
    (Arg::token("waiting", "waiting"), JobState::Waiting),
    (Arg::token("delayed", "delayed"), JobState::Delayed),
    (Arg::token("blocked", "blocked"), JobState::Blocked),
    (Arg::token("active", "active"), JobState::Active),
    (Arg::token("completed", "completed"), JobState::Completed),
    (Arg::token("failed", "failed"), JobState::Failed),
];
const STATE_ARGS: [Arg; 6] = args_of(&STATES);

impl<'a> Options<'a, 4> for ListRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 4] = [
        CommandOption::name("BATCH", "batch", names::batch, |request, batch| request.batch = Some(batch)),
        CommandOption::integer("COUNT", "count", 1, MAX_ITEMS, |request, n| {
            request.count = usize::try_from(n).unwrap_or(usize::MAX);
        }),
        CommandOption::other("CURSOR", Arg::word("cursor", ArgKind::String), |request, args| {
            request.from = cursor(args.next("CURSOR")?)?;
            Ok(())
        }),
        CommandOption::flag("PAYLOAD", "payload", |request| request.columns = Columns::IdAndPayload),
    ];
}

fn cursor(word: &[u8]) -> Result<Option<Position>, Error> {
    if word == b"0" {
        return Ok(None);
    }
    let mut parts = word.splitn(2, |b| *b == b':');
    let major = parts.next().and_then(parse_int);
    let minor = parts.next().and_then(parse_uint);
    match major.zip(minor) {
        Some((major, minor)) => Ok(Some(Position { major, minor })),
        None => Err(Error::range("CURSOR", "0 or what JQ.LIST answered", word)),
    }
}

impl Command for ListJobs {
    const SPEC: Spec = Spec {
        name: "jq.list",
        summary: "Lists the jobs of a state in their order",
        complexity: "O(log n + COUNT), with BATCH O(log n + 10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [batch, count, cursor, payload] = ListRequest::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                Arg::one_of("state", &STATE_ARGS),
                batch.arg(),
                count.arg(),
                cursor.arg(),
                payload.arg(),
            ]
        },
    };

    type Request<'a> = ListRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ListRequest<'a>, Error> {
        let allowed = "waiting, delayed, blocked, active, completed or failed";
        let state = choice("state", allowed, &STATES, args)?;
        let columns = Columns::Id;
        let mut request = ListRequest { state, batch: None, count: DEFAULT_ROWS, from: None, columns };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl ReadCommand for ListJobs {
    fn run(request: &ListRequest<'_>, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let (jobs, next) = queue.list(request.state, request.batch, request.from, request.count);
        reply.array(2);
        match next {
            None => reply.bytes(b"0"),
            Some(Position { major, minor }) => reply.bytes(format!("{major}:{minor}").as_bytes()),
        }
        reply.array(jobs.len());
        for job in jobs {
            if request.columns == Columns::IdAndPayload {
                reply.array(2);
                reply.bytes(queue.id(job));
                reply.bytes(queue.payload(job));
            } else {
                reply.bytes(queue.id(job));
            }
        }
    }
}
