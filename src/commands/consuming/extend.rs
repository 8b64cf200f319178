//! `JQ.EXTEND queue ms token id [token id ...]` -> per job 1, -1 no such job, -2 the lease is no longer
//! yours, -3 stop working: it is to be cancelled
//!
//! The leases end no earlier than ms from now.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::settings::check_lease;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Session;

pub struct Extend;

/// Leases to extend.
#[derive(Debug)]
pub struct ExtendRequest<'a> {
    ms: u64,
    leases: LeaseRefs<'a>,
}

impl Command for Extend {
    const SPEC: Spec = Spec {
        name: "jq.extend",
        summary: "Extends the leases of claimed jobs",
        complexity: "O(log n) per job",
        arity: -5,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("ms", ArgKind::Integer), leases::ARG],
    };

    type Request<'a> = ExtendRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ExtendRequest<'a>, Error> {
        let ms = args.span("ms", 1)?;
        Ok(ExtendRequest { ms, leases: leases::leases::<()>(args, &[])? })
    }
}

impl WriteCommand for Extend {
    fn run(
        request: &ExtendRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        check_lease("ms", request.ms, session.queue().settings())?;
        reply.array(request.leases.len());
        for lease in &request.leases {
            reply.int(leases::code(session.extend(lease.token, lease.id, request.ms)));
        }
        Ok(WriteOutcome::Replied)
    }
}
