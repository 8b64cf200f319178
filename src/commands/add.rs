//! `JQ.ADD queue id payload [DELAY ms | AT instant] [PRIORITY n] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms]
//! [DEDUP ms] [ONDUP IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [BATCH name] [AFTER name | AFTEROK name]` ->
//! `[outcome, id, state]`

use super::add_options::{self, AddOptions};
use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::{Added, Session};

pub(super) const SPEC: Spec = Spec {
    name: "jq.add",
    summary: "Enqueues a job unless its id is known",
    complexity: "O(log n)",
    arity: -4,
    flags: "write deny-oom fast",
    acl: "write fast",
    key: KeyUse::Create,
    args: &ARGS,
};

const ARGS: [Arg; 14] = {
    let [start, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group] = add_options::ARGS;
    [
        Arg::word("queue", ArgKind::Key),
        Arg::word("id", ArgKind::String),
        Arg::word("payload", ArgKind::String),
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

/// One job to enqueue.
#[derive(Debug)]
pub struct Add<'a> {
    id: Option<&'a [u8]>,
    payload: &'a [u8],
    options: AddOptions<'a>,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
    let id = add_options::new_id(args.next("id")?)?;
    let payload = add_options::payload("payload", args.next("payload")?, limits.max_payload)?;
    let options = add_options::parse(args)?;
    Ok(Request::Write(Write::Add(Add { id, payload, options })))
}

impl Add<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        let options = if self.id.is_some() { self.options } else { self.options.with_made_id() };
        let request = options.request(self.payload, session.now())?;
        let batch = request.batches.batch;
        session
            .room_for(1, [self.id].into_iter(), batch)
            .map_err(|full| add_options::refusal(full, batch))?;
        let added = session.enqueue(self.id, &request);
        answer(&added, self.id, reply);
        Ok(())
    }
}

/// `[outcome, id, state]`.
pub(super) fn answer(added: &Added, id: Option<&[u8]>, reply: &mut dyn Reply) {
    reply.array(3);
    reply.bytes(added.outcome.name().as_bytes());
    reply.bytes(added.made_id.as_deref().or(id).unwrap_or_default());
    reply.bytes(added.state.name().as_bytes());
}
