//! `JQ.EXTEND queue ms token id [token id ...]` -> per job 1, n (2 or more) the run must end in n ms, 0 the worker has
//! ended it, -1 no such job, -2 the lease is no longer yours, -3 stop working: it is to be cancelled
//!
//! The leases end no earlier than ms from now, but no later than MAXRUN lets the run last.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::settings::check_lease;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Extended, Lease, Session};

pub(crate) struct Extend;

/// Leases to extend.
#[derive(Debug)]
pub(crate) struct ExtendRequest<'a> {
    ms: u64,
    leases: LeaseRefs<'a>,
}

impl Command for Extend {
    const SPEC: Spec = Spec {
        name: "jq.extend",
        summary: "Extends the leases of claimed jobs",
        complexity: "O(log n) per job",
        since: "0.1.0",
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
        for (nth, lease) in request.leases.iter().enumerate() {
            session.foresee(nth, leases::ids_from(&request.leases, nth));
            match session.extend(lease.token, lease.id, request.ms) {
                Extended::AsAsked => reply.int(leases::code(Lease::Valid)),
                // Never 1, which says that all is well.
                Extended::UntilRunEnds(left) => reply.uint(left.max(2)),
                Extended::No(why) => reply.int(leases::code(why)),
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
