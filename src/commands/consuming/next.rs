//! `NEXT worker [COUNT n] [LEASE ms] [MAXBYTES b] [FULL]` of JQ.ACK and JQ.NACK: the worker that has ended its jobs
//! asks for the next ones in the same call.
//!
//! Nothing is claimed where an answer shows that the worker has lost a job: it should know that first.

use super::claim::{check_asked_lease, reply_claimed};
use crate::commands::args::MAX_INSTANT;
use crate::commands::command::{Detail, Env};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::queue::{ClaimOptions, Session};

/// What the worker asks for after its answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct NextClaim<'a> {
    options: ClaimOptions<&'a [u8]>,
    detail: Detail,
}

/// The options as they were given.
pub(super) struct NextArgs<'a> {
    worker: Option<&'a [u8]>,
    count: usize,
    lease: Option<u64>,
    max_bytes: Option<u64>,
    detail: Detail,
    /// The last option given that needs NEXT.
    only_next: Option<&'static str>,
}

impl<'a> Options<'a, 5> for NextArgs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 5] = [
        CommandOption::name("NEXT", "worker", names::worker, |args, name| args.worker = Some(name)),
        CommandOption::count("COUNT", "count", |args, n| {
            args.count = n;
            args.only_next = Some("COUNT");
        }),
        CommandOption::span("LEASE", "lease-ms", 1, |args, ms| {
            args.lease = Some(ms);
            args.only_next = Some("LEASE");
        }),
        CommandOption::integer("MAXBYTES", "max-bytes", 0, MAX_INSTANT, |args, bytes| {
            args.max_bytes = Some(bytes);
            args.only_next = Some("MAXBYTES");
        }),
        CommandOption::flag("FULL", "full", |args| {
            args.detail = Detail::Full;
            args.only_next = Some("FULL");
        }),
    ];
}

impl Default for NextArgs<'_> {
    fn default() -> Self {
        NextArgs {
            worker: None,
            count: 1,
            lease: None,
            max_bytes: None,
            detail: Detail::Short,
            only_next: None,
        }
    }
}

impl<'a> NextArgs<'a> {
    /// What they ask for; None: nothing.
    pub(super) fn claim(self) -> Result<Option<NextClaim<'a>>, Error> {
        let NextArgs { worker, count, lease, max_bytes, detail, only_next } = self;
        let Some(worker) = worker else {
            return match only_next {
                Some(option) => Err(Error::syntax(format!("{option} needs NEXT"))),
                None => Ok(None),
            };
        };
        Ok(Some(NextClaim { options: ClaimOptions { worker, count, lease, max_bytes }, detail }))
    }
}

/// Refuses a number of records without the time for which they are kept.
pub(super) fn check_max(keep: Option<u64>, max: Option<u64>) -> Result<(), Error> {
    match (keep, max) {
        (None, Some(_)) => Err(Error::syntax("MAX needs KEEP")),
        (Some(_), _) | (None, None) => Ok(()),
    }
}

/// Replies the `answers` of an ACK or NACK, one after the other as `answer` gives them; with `next` also the jobs that
/// are claimed then: `[answers, jobs]`.
pub(super) fn answer_and_claim<T>(
    items: impl ExactSizeIterator<Item = T>,
    next: Option<&NextClaim<'_>>,
    session: &mut Session<'_>,
    env: &Env,
    reply: &mut dyn Reply,
    mut answer: impl FnMut(&mut Session<'_>, T) -> i64,
) -> Result<(), Error> {
    if let Some(next) = next {
        check_asked_lease(next.options.lease, session)?;
        reply.array(2);
    }
    reply.array(items.len());
    let mut all_are_ended = true;
    for item in items {
        let code = answer(session, item);
        all_are_ended &= code >= 0;
        reply.int(code);
    }
    match next {
        Some(next) if all_are_ended => next.claim(session, env, reply),
        Some(_) => reply.null(),
        None => {}
    }
    Ok(())
}

impl NextClaim<'_> {
    /// Claims what there is now that the answers have freed slots and lanes; clients that are blocked come first.
    fn claim(&self, session: &mut Session<'_>, env: &Env, reply: &mut dyn Reply) {
        let promised = env.workers.promised(session.queue().claimable());
        let claimed = session.claim(&self.options, promised);
        if claimed.is_empty() {
            return reply.null();
        }
        reply_claimed(&claimed, self.detail, session, reply);
    }
}
