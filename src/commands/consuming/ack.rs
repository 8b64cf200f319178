//! `JQ.ACK queue token id [token id ...] [RESULT data]` -> per job 1 done, 0 was done under this token, -1 no
//! such job, -2 the lease is no longer yours, -3 it was cancelled
//!
//! RESULT needs exactly one job.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::ROOM_AT_MEMORY_LIMIT;
use crate::queue::{Acked, Queue, Session};

pub struct Ack;

/// Jobs that are done.
#[derive(Debug)]
pub struct AckRequest<'a> {
    leases: LeaseRefs<'a>,
    result: Option<&'a [u8]>,
}

impl<'a> Options<'a, 1> for AckRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::payload("RESULT", "result", |request, data| request.result = Some(data))];
}

impl Command for Ack {
    const SPEC: Spec = Spec {
        name: "jq.ack",
        summary: "Says that claimed jobs are done",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &{
            let [result] = AckRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), leases::ARG, result.arg()]
        },
    };

    type Request<'a> = AckRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<AckRequest<'a>, Error> {
        let leases = leases::leases(args, &AckRequest::OPTIONS)?;
        let mut request = AckRequest { leases, result: None };
        args.options(&mut request)?;
        if request.result.is_some() && request.leases.len() > 1 {
            return Err(Error::syntax(format!("RESULT needs exactly one job, got {}", request.leases.len())));
        }
        Ok(request)
    }
}

impl WriteCommand for Ack {
    fn refusal_at_memory_limit(request: &AckRequest<'_>, _: &Queue) -> Option<Error> {
        let len = request.result.map_or(0, <[u8]>::len);
        (len > ROOM_AT_MEMORY_LIMIT).then(|| Error::memory_for("RESULT", len))
    }

    fn run(
        request: &AckRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.array(request.leases.len());
        for lease in &request.leases {
            reply.int(match session.ack(lease.token, lease.id, request.result) {
                Acked::Done => 1,
                Acked::Already => 0,
                Acked::No(why) => leases::code(why),
            });
        }
        Ok(WriteOutcome::Replied)
    }
}
