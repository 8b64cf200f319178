//! `JQ.MADD queue count id payload [id payload ...] [options]` -> one `[outcome, id, state]` per job
//!
//! The options are those of `JQ.ADD` and hold for every job. Refused as a whole or done as a whole.

use super::add_options::{self, AddOptions};
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{add, Limits, Request, Write};
use crate::queue::Session;

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
    let [start, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group] = add_options::ARGS;
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
    options: AddOptions<'a>,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let count = usize::try_from(args.uint("count", 1..=MOST)?).unwrap_or_default();
    let words = args.take(count.saturating_mul(2), "id or payload")?;
    for (id, payload) in pairs(words) {
        add_options::new_id(id)?;
        add_options::payload("payload", payload, limits.max_payload)?;
    }
    let options = add_options::parse(args)?;
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
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        let jobs = pairs(self.words);
        let count = jobs.len();
        self.options.request(&[], session.now())?;
        let batch = self.options.batch_refs.batch;
        session
            .room_for(count, pairs(self.words).map(|(id, _)| given(id)), batch)
            .map_err(|full| add_options::refusal(full, batch))?;
        reply.array(count);
        for (id, payload) in jobs {
            let id = given(id);
            let options = if id.is_some() { self.options } else { self.options.with_made_id() };
            let request = options.request(payload, session.now())?;
            let added = session.enqueue(id, &request);
            add::answer(&added, id, reply);
        }
        Ok(())
    }
}
