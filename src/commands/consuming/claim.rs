//! `JQ.CLAIM queue worker [COUNT n] [LEASE ms] [BLOCK ms] [MIN n] [MAXBYTES b] [FULL]` -> `[[token, id, attempt,
//! payload], ...]`, with FULL maps as in JQ.GET, or null; `JQ.CLAIM queue worker HELD [LEASE ms] [FULL]` -> the same for
//! what the worker holds
//!
//! `BLOCK 0` waits for ever. `MIN n` waits until n are claimable or BLOCK ends, then takes what there is.

use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{BlockedClaim, ClaimForm, Command, Detail, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::inspecting::get;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::settings::check_lease;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{ClaimOptions, Claimed, Session};

pub(crate) struct ClaimJobs;

/// What a worker asks for.
#[derive(Debug)]
pub(crate) enum ClaimRequest<'a> {
    /// New jobs; with `block`, it can wait until `min` are claimable, for so many milliseconds, 0 for ever.
    New { options: ClaimOptions<&'a [u8]>, min: usize, block: Option<u64>, detail: Detail },
    /// Those it holds, with leases that end no earlier than `lease` milliseconds from now.
    Held { worker: &'a [u8], lease: Option<u64>, detail: Detail },
}

/// The options as they were given.
struct ClaimArgs<'a> {
    worker: &'a [u8],
    count: usize,
    lease: Option<u64>,
    block: Option<u64>,
    min: usize,
    max_bytes: Option<u64>,
    held: bool,
    detail: Detail,
    /// The last option given that does not go with HELD.
    only_new: Option<&'static str>,
}

impl<'a> Options<'a, 7> for ClaimArgs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 7] = [
        CommandOption::count("COUNT", "count", |args, n| {
            args.count = n;
            args.only_new = Some("COUNT");
        }),
        CommandOption::span("LEASE", "lease-ms", 1, |args, ms| args.lease = Some(ms)),
        CommandOption::span("BLOCK", "block-ms", 0, |args, ms| {
            args.block = Some(ms);
            args.only_new = Some("BLOCK");
        }),
        CommandOption::count("MIN", "min", |args, n| {
            args.min = n;
            args.only_new = Some("MIN");
        }),
        CommandOption::integer("MAXBYTES", "max-bytes", 0, MAX_INSTANT, |args, bytes| {
            args.max_bytes = Some(bytes);
            args.only_new = Some("MAXBYTES");
        }),
        CommandOption::flag("HELD", "held", |args| args.held = true),
        CommandOption::flag("FULL", "full", |args| args.detail = Detail::Full),
    ];
}

impl<'a> ClaimArgs<'a> {
    fn request(self) -> Result<ClaimRequest<'a>, Error> {
        let ClaimArgs { worker, count, lease, block, min, max_bytes, held, detail, only_new } = self;
        match only_new {
            Some(option) if held => Err(Error::syntax(format!("{option} does not go with HELD"))),
            None if held => Ok(ClaimRequest::Held { worker, lease, detail }),
            _ if min > count => {
                Err(Error::other(format!("MIN must not exceed COUNT, got {min} and {count}")))
            }
            _ if min > 1 && block.is_none_or(|ms| ms == 0) => {
                Err(Error::syntax("MIN needs a BLOCK that ends"))
            }
            _ => {
                let options = ClaimOptions { worker, count, lease, max_bytes };
                Ok(ClaimRequest::New { options, min, block, detail })
            }
        }
    }
}

const NEW: [Arg; 6] = {
    let [count, lease, block, min, max_bytes, _, full] = ClaimArgs::OPTIONS;
    [count.arg(), lease.arg(), block.arg(), min.arg(), max_bytes.arg(), full.arg()]
};

const HELD: [Arg; 3] = {
    let [_, lease, .., held, full] = ClaimArgs::OPTIONS;
    [held.arg().required(), lease.arg(), full.arg()]
};

impl Command for ClaimJobs {
    const SPEC: Spec = Spec {
        name: "jq.claim",
        summary: "Leases the next jobs to a worker, or tells what it holds; may wait for them",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -3,
        flags: "write fast blocking",
        acl: "write fast blocking",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("worker", ArgKind::String),
            Arg::one_of("which", &[Arg::block("next", &NEW), Arg::block("held", &HELD)]).maybe(),
        ],
    };

    type Request<'a> = ClaimRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ClaimRequest<'a>, Error> {
        let worker = names::worker(args.next("worker")?)?;
        let mut given = ClaimArgs {
            worker,
            count: 1,
            lease: None,
            block: None,
            min: 1,
            max_bytes: None,
            held: false,
            detail: Detail::Short,
            only_new: None,
        };
        args.options(&mut given)?;
        given.request()
    }
}

impl WriteCommand for ClaimJobs {
    const MAY_BLOCK: bool = true;

    fn run(
        request: &ClaimRequest<'_>,
        session: &mut Session<'_>,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match request {
            ClaimRequest::Held { worker, lease, detail } => {
                check_asked_lease(*lease, session)?;
                let held = session.held(worker, *lease);
                reply_claimed(&held, *detail, session, reply);
                Ok(WriteOutcome::Replied)
            }
            ClaimRequest::New { options, min, block, detail } => {
                check_asked_lease(options.lease, session)?;
                let block = block.filter(|_| env.may_block);
                let new = NewClaim { options, min: *min, block, detail: *detail };
                Ok(new.claim(session, env, reply))
            }
        }
    }
}

/// Refuses a LEASE that is longer than the queue allows.
pub(super) fn check_asked_lease(lease: Option<u64>, session: &Session<'_>) -> Result<(), Error> {
    match lease {
        Some(ms) => check_lease("LEASE", ms, session.queue().settings()),
        None => Ok(()),
    }
}

/// A claim of new jobs, whose client may wait if there is a `block`.
struct NewClaim<'r> {
    options: &'r ClaimOptions<&'r [u8]>,
    min: usize,
    block: Option<u64>,
    detail: Detail,
}

impl NewClaim<'_> {
    /// Claims what there is; nothing, when the client may wait and fewer than `min` are claimable.
    fn claim(self, session: &mut Session<'_>, env: &Env, reply: &mut dyn Reply) -> WriteOutcome {
        let NewClaim { options, min, block, detail } = self;
        let claimable = session.queue().claimable();
        let promised = env.workers.promised(claimable);
        let enough = claimable.saturating_sub(promised) >= min;
        if block.is_none() || enough {
            let claimed = session.claim(options, promised);
            if !claimed.is_empty() {
                reply_claimed(&claimed, detail, session, reply);
                return WriteOutcome::Replied;
            }
        }
        match block {
            None => {
                reply.null();
                WriteOutcome::Replied
            }
            Some(block) => {
                let options = options.to_owned_worker();
                WriteOutcome::Blocks(Box::new(BlockedClaim {
                    options,
                    min,
                    block,
                    detail,
                    form: ClaimForm::Jobs,
                }))
            }
        }
    }
}

impl BlockedClaim {
    /// Claims what there is in the queue of this name for the client, and replies; null when there is nothing.
    pub fn serve(&self, name: &[u8], session: &mut Session<'_>, reply: &mut dyn Reply) {
        let claimed = session.claim(&self.options, 0);
        if claimed.is_empty() {
            return reply.null();
        }
        match self.form {
            ClaimForm::Jobs => {}
            ClaimForm::QueueAndJobs => begin_queue_and_jobs(name, reply),
        }
        reply_claimed(&claimed, self.detail, session, reply);
    }
}

/// `[queue, jobs]` up to the jobs.
pub(super) fn begin_queue_and_jobs(name: &[u8], reply: &mut dyn Reply) {
    reply.array(2);
    reply.bytes(name);
}

/// One element for each job.
pub(super) fn reply_claimed(
    claimed: &[Claimed],
    detail: Detail,
    session: &Session<'_>,
    reply: &mut dyn Reply,
) {
    let queue = session.queue();
    reply.array(claimed.len());
    for Claimed { token, job } in claimed {
        match detail {
            Detail::Short => {
                reply.array(4);
                reply.uint(*token);
                reply.bytes(queue.id(*job));
                reply.uint(queue.attempt(*job));
                reply.bytes(queue.payload(*job));
            }
            Detail::Full => match queue.view_of(*job) {
                Some(view) => get::fields(&view, session.now()).reply(reply),
                None => reply.null(),
            },
        }
    }
}
