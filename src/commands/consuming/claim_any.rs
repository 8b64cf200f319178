//! `JQ.CLAIMANY numkeys queue [queue ...] worker [COUNT n] [LEASE ms] [BLOCK ms] [MAXBYTES b] [FULL]` -> `[queue,
//! jobs]` of the first queue, in this order, that has a job for the worker, or null
//!
//! For a worker of several queues. The jobs are replied as JQ.CLAIM does. Blocked, the client waits in all queues
//! at once, in each behind those who came before. MIN and HELD are left to JQ.CLAIM: they are about one queue.

use super::claim::{begin_queue_and_jobs, reply_claimed};
use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{BlockedClaim, ClaimForm, Command, Detail, Env, FirstQueueCommand, Visit};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::settings::check_lease;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{ClaimOptions, Session, Settings};

pub(crate) struct ClaimAny;

/// What a worker asks for.
#[derive(Debug)]
pub(crate) struct ClaimAnyRequest<'a> {
    options: ClaimOptions<&'a [u8]>,
    /// It can wait for so many milliseconds, 0 for ever.
    block: Option<u64>,
    detail: Detail,
}

impl<'a> Options<'a, 5> for ClaimAnyRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 5] = [
        CommandOption::count("COUNT", "count", |request, n| request.options.count = n),
        CommandOption::span("LEASE", "lease-ms", 1, |request, ms| request.options.lease = Some(ms)),
        CommandOption::span("BLOCK", "block-ms", 0, |request, ms| request.block = Some(ms)),
        CommandOption::integer("MAXBYTES", "max-bytes", 0, MAX_INSTANT, |request, bytes| {
            request.options.max_bytes = Some(bytes);
        }),
        CommandOption::flag("FULL", "full", |request| request.detail = Detail::Full),
    ];
}

impl Command for ClaimAny {
    const SPEC: Spec = Spec {
        name: "jq.claimany",
        summary: "Leases the next jobs of the first of several queues that has any; may wait for them",
        complexity: "O(q + log n per job) for q queues",
        since: "0.1.0",
        arity: -4,
        flags: "write blocking",
        acl: "write slow blocking",
        key: KeyUse::UpdateEach,
        args: &{
            let [count, lease, block, max_bytes, full] = ClaimAnyRequest::OPTIONS;
            [
                Arg::word("numkeys", ArgKind::Integer),
                Arg::word("queue", ArgKind::Key).many(),
                Arg::word("worker", ArgKind::String),
                count.arg(),
                lease.arg(),
                block.arg(),
                max_bytes.arg(),
                full.arg(),
            ]
        },
    };

    type Request<'a> = ClaimAnyRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ClaimAnyRequest<'a>, Error> {
        let worker = names::worker(args.next("worker")?)?;
        let options = ClaimOptions { worker, count: 1, lease: None, max_bytes: None };
        let mut request = ClaimAnyRequest { options, block: None, detail: Detail::Short };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl FirstQueueCommand for ClaimAny {
    fn check(request: &ClaimAnyRequest<'_>, settings: &Settings) -> Result<(), Error> {
        check_lease("LEASE", request.options.lease.unwrap_or(1), settings)
    }

    fn run(
        request: &ClaimAnyRequest<'_>,
        name: &[u8],
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<Visit, Error> {
        let claimed = session.claim(&request.options, env.workers.promised(session.queue().claimable()));
        if claimed.is_empty() {
            return Ok(Visit::Passed);
        }
        begin_queue_and_jobs(name, reply);
        reply_claimed(&claimed, request.detail, session, reply);
        Ok(Visit::Replied)
    }

    fn blocked(request: &ClaimAnyRequest<'_>) -> Option<Box<BlockedClaim>> {
        let options = request.options.to_owned_worker();
        let (detail, form) = (request.detail, ClaimForm::QueueAndJobs);
        request.block.map(|block| Box::new(BlockedClaim { options, min: 1, block, detail, form }))
    }
}
