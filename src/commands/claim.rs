//! `JQ.CLAIM queue worker [COUNT n] [LEASE ms] [BLOCK ms] [MIN n] [MAXBYTES b]` -> `[[token, id, attempt, payload], ...]`
//! or null; `JQ.CLAIM queue worker HELD [LEASE ms]` -> the same for what the worker holds
//!
//! `BLOCK 0` waits for ever. `MIN n` waits until n are claimable or BLOCK ends, then takes what there is.

use super::args::{Args, MAX_INSTANT};
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{madd, Env, Flow, Limits, Request, Write};
use crate::queue::{ClaimOptions, Claimed, Queue, Session, MAX_WORKER};

pub(super) const SPEC: Spec = Spec {
    name: "jq.claim",
    summary: "Leases the next jobs to a worker, or tells what it holds; may wait for them",
    complexity: "O(log n) per job",
    arity: -3,
    flags: "write fast blocking",
    acl: "write fast blocking",
    key: KeyUse::Update,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::word("worker", ArgKind::String),
        Arg::one_of("which", &[Arg::block("next", NEXT), Arg::block("held", HELD)]).maybe(),
    ],
};

const LEASE: Arg = Arg::option("LEASE", "lease-ms", ArgKind::Integer);
const NEXT: &[Arg] = &[
    Arg::option("COUNT", "count", ArgKind::Integer),
    LEASE,
    Arg::option("BLOCK", "block-ms", ArgKind::Integer),
    Arg::option("MIN", "min", ArgKind::Integer),
    Arg::option("MAXBYTES", "max-bytes", ArgKind::Integer),
];
const HELD: &[Arg] = &[Arg::token("HELD", "held"), LEASE];

/// What a worker asks for.
#[derive(Debug)]
pub enum Claim<'a> {
    /// New jobs.
    New(Wish<'a>),
    /// Those it has.
    Held {
        /// Who asks.
        worker: &'a [u8],
        /// Renews the leases, ms from now.
        lease: Option<u64>,
    },
}

/// New jobs that a worker asks for.
#[derive(Debug)]
pub struct Wish<'a> {
    want: ClaimOptions<'a>,
    /// Wait so many ms, 0 = for ever.
    block: Option<u64>,
    least: usize,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let worker = worker(args.next("worker")?)?;
    let (mut count, mut least) = (1, 1);
    let (mut lease, mut block, mut max_bytes) = (None, None, None);
    let (mut held, mut only_new) = (false, None);
    const OPTIONS: &[&str] = &["COUNT", "LEASE", "BLOCK", "MIN", "MAXBYTES", "HELD"];
    while let Some(option) = args.option(OPTIONS)? {
        match option {
            "COUNT" => count = args.uint(option, 1..=madd::MOST)?,
            "LEASE" => lease = Some(args.span(option, 1)?),
            "BLOCK" => block = Some(args.span(option, 0)?),
            "MIN" => least = args.uint(option, 1..=madd::MOST)?,
            "MAXBYTES" => max_bytes = Some(args.uint(option, 0..=MAX_INSTANT)?),
            _ => held = true,
        }
        if !matches!(option, "LEASE" | "HELD") {
            only_new = Some(option);
        }
    }
    if held {
        if let Some(option) = only_new {
            return Err(Error::syntax(format!("{option} does not go with HELD")));
        }
        return Ok(Request::Write(Write::Claim(Claim::Held { worker, lease })));
    }
    if least > count {
        return Err(Error::other(format!("MIN must not exceed COUNT, got {least} and {count}")));
    }
    if least > 1 && block.is_none_or(|ms| ms == 0) {
        return Err(Error::syntax("MIN needs a BLOCK that ends"));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let want = ClaimOptions { worker, count, lease, max_bytes };
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    Ok(Request::Write(Write::Claim(Claim::New(Wish { want, block, least }))))
}

/// `word` as the name of a worker.
pub(super) fn worker(word: &[u8]) -> Result<&[u8], Error> {
    if (1..=MAX_WORKER).contains(&word.len()) {
        Ok(word)
    } else {
        Err(Error::range("worker", &format!("1 to {MAX_WORKER} bytes"), word))
    }
}

impl Claim<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, env: &Env, reply: &mut dyn Reply) -> Flow {
        match self {
            Claim::Held { worker, lease } => {
                let held = session.held(worker, *lease);
                answer(&held, session.queue(), reply);
                Flow::Done
            }
            Claim::New(wish) => wish.run(session, env, reply),
        }
    }
}

impl Wish<'_> {
    fn run(&self, session: &mut Session<'_>, env: &Env, reply: &mut dyn Reply) -> Flow {
        let may_wait = self.block.filter(|_| env.may_block);
        let enough = session.queue().claimable().saturating_sub(env.promised) >= self.least;
        if may_wait.is_none() || enough {
            let claimed = session.claim(&self.want, env.promised);
            if !claimed.is_empty() {
                answer(&claimed, session.queue(), reply);
                return Flow::Done;
            }
        }
        let Some(block) = may_wait else {
            reply.null();
            return Flow::Done;
        };
        Flow::Wait(Box::new(Waiting {
            worker: self.want.worker.to_vec(),
            count: self.want.count,
            lease: self.want.lease,
            max_bytes: self.want.max_bytes,
            least: self.least,
            block,
        }))
    }
}

/// A worker that waits in line.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Who.
    pub worker: Vec<u8>,
    /// For at most so many jobs.
    pub count: usize,
    /// For so many ms; None: as the queue's settings say.
    pub lease: Option<u64>,
    /// At most so many bytes of payload.
    pub max_bytes: Option<u64>,
    /// Until so many are claimable.
    pub least: usize,
    /// So many ms, 0 = for ever.
    pub block: u64,
}

impl Waiting {
    /// Takes what there is now, for the one whose turn it is; null when that is nothing.
    pub fn serve(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        let want = ClaimOptions {
            worker: &self.worker,
            count: self.count,
            lease: self.lease,
            max_bytes: self.max_bytes,
        };
        let claimed = session.claim(&want, 0);
        if claimed.is_empty() {
            reply.null();
        } else {
            answer(&claimed, session.queue(), reply);
        }
    }
}

/// `[[token, id, attempt, payload], ...]`.
fn answer(claimed: &[Claimed], queue: &Queue, reply: &mut dyn Reply) {
    reply.array(claimed.len());
    for Claimed { token, job } in claimed {
        reply.array(4);
        reply.int(i64::try_from(*token).unwrap_or(i64::MAX));
        reply.bytes(queue.id(*job));
        reply.int(i64::try_from(queue.attempt(*job)).unwrap_or(i64::MAX));
        reply.bytes(queue.payload(*job));
    }
}
