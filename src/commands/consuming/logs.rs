//! `JQ.LOGS queue id [SKIP n] [COUNT n] [REV]` -> `[how many lines the job has had, lines]`, or null
//!
//! The lines that are kept, the oldest first; with REV the newest.

use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Direction, LogRange, Queue};

pub(crate) struct ShowLog;

/// Lines to show.
#[derive(Debug)]
pub(crate) struct LogsRequest<'a> {
    id: &'a [u8],
    range: LogRange,
}

/// How many lines without COUNT.
const DEFAULT_LINES: usize = 100;

impl<'a> Options<'a, 3> for LogRange {
    const OPTIONS: [CommandOption<'a, Self>; 3] = [
        CommandOption::integer("SKIP", "skip", 0, MAX_INSTANT, |range, n| {
            range.skip = usize::try_from(n).unwrap_or(usize::MAX);
        }),
        CommandOption::count("COUNT", "count", |range, n| range.count = n),
        CommandOption::flag("REV", "rev", |range| range.direction = Direction::Backward),
    ];
}

impl Command for ShowLog {
    const SPEC: Spec = Spec {
        name: "jq.logs",
        summary: "Shows lines of the log of a job",
        complexity: "O(log n) and the bytes of the log",
        since: "0.1.0",
        arity: -3,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [skip, count, rev] = LogRange::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                Arg::word("id", ArgKind::String),
                skip.arg(),
                count.arg(),
                rev.arg(),
            ]
        },
    };

    type Request<'a> = LogsRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<LogsRequest<'a>, Error> {
        let id = names::id(args.next("id")?)?;
        let mut range = LogRange { skip: 0, count: DEFAULT_LINES, direction: Direction::Forward };
        args.options(&mut range)?;
        Ok(LogsRequest { id, range })
    }
}

impl ReadCommand for ShowLog {
    fn run(request: &LogsRequest<'_>, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let Some((total, lines)) = queue.log_of(request.id, request.range) else { return reply.null() };
        reply.array(2);
        reply.uint(total);
        reply.array(lines.len());
        for line in lines {
            reply.bytes(line);
        }
    }
}
