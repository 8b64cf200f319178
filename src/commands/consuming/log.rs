//! `JQ.LOG queue id line [line ...]` -> how many lines the job has had, or -1 no such job
//!
//! Appends to the log of a job or record; needs no token. The oldest lines go where they are more than
//! `max-log-bytes`; where that is 0 none is kept or counted.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Session, MAX_LOG_BYTES, MAX_LOG_LINE};

pub(crate) struct AppendToLog;

/// Lines to append.
#[derive(Debug)]
pub(crate) struct LogRequest<'a> {
    id: &'a [u8],
    lines: &'a [&'a [u8]],
}

impl Command for AppendToLog {
    const SPEC: Spec = Spec {
        name: "jq.log",
        summary: "Appends lines to the log of a job",
        complexity: "O(log n) and the bytes of the log",
        since: "0.1.0",
        arity: -4,
        flags: "write deny-oom fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("id", ArgKind::String),
            Arg::word("line", ArgKind::String).many(),
        ],
    };

    type Request<'a> = LogRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<LogRequest<'a>, Error> {
        let (id, lines) = (names::id(args.next("id")?)?, args.rest("line")?);
        names::check_items(lines.len(), "lines")?;
        if let Some(long) = lines.iter().find(|line| line.len() > MAX_LOG_LINE) {
            return Err(Error::range("line", &format!("at most {MAX_LOG_LINE} bytes"), long));
        }
        // What no log can keep shall not go to replicas and files.
        let bytes: usize = lines.iter().map(|line| line.len()).sum();
        if bytes as u64 > MAX_LOG_BYTES {
            return Err(Error::other(format!(
                "the lines of a call must have at most {MAX_LOG_BYTES} bytes, got {bytes}: send the others in another one"
            )));
        }
        Ok(LogRequest { id, lines })
    }
}

impl WriteCommand for AppendToLog {
    fn run(
        request: &LogRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match session.log(request.id, request.lines) {
            Some(total) => reply.uint(total),
            None => reply.int(-1),
        }
        Ok(WriteOutcome::Replied)
    }
}
