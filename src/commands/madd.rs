//! `JQ.MADD queue count id payload [id payload ...] [options]` -> one `[outcome, id, state]` per job
//!
//! The options are those of `JQ.ADD` and hold for every job. Refused as a whole or done as a whole.

use super::args::Args;
use super::error::Error;
use super::job_options::{self, JobOptions};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{add, Limits, Request, Write};
use crate::queue::Turn;

/// The most items of one command.
pub(super) const MOST: u64 = 10_000;

pub(super) const SPEC: Spec = Spec {
    name: "jq.madd",
    summary: "Enqueues many jobs at once, each unless its id is known",
    complexity: "O(log n) per job",
    arity: -5,
    flags: "write deny-oom",
    acl: "write slow",
    key: KeyUse::Create,
    args: &ARGS,
};

const ARGS: [Arg; 14] = {
    let [start, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group] = job_options::ARGS;
    [
        Arg::word("queue", ArgKind::Key),
        Arg::word("count", ArgKind::Integer),
        Arg::block("job", &[Arg::word("id", ArgKind::String), Arg::word("payload", ArgKind::String)]).many(),
        start,
        priority,
        attempts,
        backoff,
        dedup,
        ondup,
        px,
        keep,
        batch,
        gate,
        group,
    ]
};

/// Jobs to enqueue.
#[derive(Debug)]
pub struct Madd<'a> {
    /// id, payload, id, payload, ...
    words: &'a [&'a [u8]],
    options: JobOptions<'a>,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let count = usize::try_from(args.uint("count", 1..=MOST)?).unwrap_or_default();
    let words = args.take(count.saturating_mul(2), "id or payload")?;
    for (id, payload) in pairs(words) {
        job_options::new_id(id)?;
        job_options::payload("payload", payload, limits.max_payload)?;
    }
    let options = job_options::parse(args)?;
    Ok(Request::Write(Write::Madd(Madd { words, options })))
}

fn pairs<'a>(words: &'a [&'a [u8]]) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
    words.chunks_exact(2).map(|pair| match pair {
        [id, payload] => (*id, *payload),
        _ => (&[][..], &[][..]),
    })
}

/// None for `*`.
fn given(id: &[u8]) -> Option<&[u8]> {
    (id != b"*").then_some(id)
}

impl Madd<'_> {
    pub(super) fn run(&self, turn: &mut Turn<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        let jobs = pairs(self.words);
        let count = jobs.len();
        self.options.new_job(&[], turn.now())?;
        let ties = &self.options.ties;
        turn.room_for(count, pairs(self.words).map(|(id, _)| given(id)), ties)
            .map_err(|full| job_options::refusal(full, ties))?;
        reply.array(count);
        for (id, payload) in jobs {
            let id = given(id);
            let options = if id.is_some() { self.options } else { self.options.with_made_id() };
            let new = options.new_job(payload, turn.now())?;
            let added = turn.enqueue(id, &new, ties, options.on_dup);
            add::answer(&added, id, reply);
        }
        Ok(())
    }
}
