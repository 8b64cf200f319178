//! `JQ.PROGRESS queue token id data` -> `[1]`, or -1 no such job, -2 the lease is no longer yours, -3 stop
//! working: it is to be cancelled
//!
//! The last value is kept with the job and survives retries: a checkpoint for the next attempt.

use super::leases::{self, LeaseRef};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::ROOM_AT_MEMORY_LIMIT;
use crate::queue::{Queue, Session};

pub(crate) struct ReportProgress;

/// What a worker reports.
#[derive(Debug)]
pub(crate) struct ProgressRequest<'a> {
    lease: LeaseRef<'a>,
    data: &'a [u8],
}

impl Command for ReportProgress {
    const SPEC: Spec = Spec {
        name: "jq.progress",
        summary: "Keeps how far a claimed job has come",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: 5,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("token", ArgKind::Integer),
            Arg::word("id", ArgKind::String),
            Arg::word("data", ArgKind::String),
        ],
    };

    type Request<'a> = ProgressRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ProgressRequest<'a>, Error> {
        Ok(ProgressRequest { lease: leases::lease(args)?, data: args.payload("data")? })
    }
}

impl WriteCommand for ReportProgress {
    fn refusal_at_memory_limit(request: &ProgressRequest<'_>, _: &Queue) -> Option<Error> {
        let len = request.data.len();
        (len > ROOM_AT_MEMORY_LIMIT).then(|| Error::memory_for("data", len))
    }

    fn run(
        ProgressRequest { lease, data }: &ProgressRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.array(1);
        reply.int(leases::code(session.progress(lease.token, lease.id, data)));
        Ok(WriteOutcome::Replied)
    }
}
