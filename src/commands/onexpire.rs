//! `JQ.ONEXPIRE queue prefix [DELAY ms] [PRIORITY n] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms] [DEDUP ms]
//! [ONDUP IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [BATCH name] [AFTER name | AFTEROK name] [GROUP name]` -> OK;
//! `JQ.ONEXPIRE queue prefix OFF` -> 1, or 0 when it was off before; `JQ.ONEXPIRE queue` -> array of maps
//!
//! Each key of the queue's database that begins with the prefix becomes a job when it expires. Whoever sets a prefix
//! learns names of keys: the server asks [`super::Write::listens_for`] and checks what the client may read.

use super::add_options::{self, AddOptions};
use super::args::Args;
use super::error::Error;
use super::fields::{count, Field, Fields};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request, Write};
use crate::queue::{AddRequest, ExpiryRule, Queue, Session, MAX_PREFIX, MAX_PREFIXES};

pub(super) const SPEC: Spec = Spec {
    name: "jq.onexpire",
    summary: "Enqueues a job for each key with a prefix that expires, stops that, or lists the prefixes",
    complexity: "O(n) in the prefixes of the queue; O(log n) for each key that expires",
    arity: -2,
    // As for JQ.CONFIG: replicas list, and refuse to set.
    flags: "may-replicate",
    acl: "write slow",
    key: KeyUse::ReadOrCreate,
    args: &ARGS,
};

const ARGS: [Arg; 3] = [
    Arg::word("queue", ArgKind::Key),
    Arg::word("prefix", ArgKind::String).maybe(),
    Arg::one_of("setting", &[Arg::token("OFF", "off"), Arg::block("options", &OPTIONS)]).maybe(),
];

const OPTIONS: [Arg; 11] = {
    let [_, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group] = add_options::ARGS;
    let delay = Arg::option("DELAY", "delay-ms", ArgKind::Integer);
    [delay, priority, attempts, backoff, dedup, ondup, px, keep, batch, gate, group]
};

/// The prefixes are asked for.
#[derive(Debug)]
pub struct List;

/// A prefix to listen for.
#[derive(Debug)]
pub struct Listen<'a> {
    prefix: &'a [u8],
    request: AddRequest<&'a [u8]>,
}

/// A prefix to listen for no longer.
#[derive(Debug)]
pub struct Silence<'a> {
    prefix: &'a [u8],
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let Some(prefix) = args.try_next() else { return Ok(Request::Read(Read::OnExpire(List))) };
    if prefix.len() > MAX_PREFIX {
        return Err(Error::range("prefix", &format!("0 to {MAX_PREFIX} bytes"), prefix));
    }
    if args.keyword("OFF") {
        return Ok(Request::Write(Write::Silence(Silence { prefix })));
    }
    let request = add_options::parse_from(args, AddOptions::of_expiry())?.repeated(b"")?;
    Ok(Request::Write(Write::Listen(Box::new(Listen { prefix, request }))))
}

impl<'a> Listen<'a> {
    pub(super) fn prefix(&self) -> &'a [u8] {
        self.prefix
    }

    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        if !session.set_expiry_rule(self.prefix, &self.request) {
            return Err(Error::full("prefixes", MAX_PREFIXES as u64));
        }
        reply.ok();
        Ok(())
    }
}

impl Silence<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.int(session.remove_expiry_rule(self.prefix).into());
    }
}

impl List {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let watches = queue.expiry_rules().iter();
        reply.array(watches.len());
        for (prefix, watch) in watches {
            show(prefix, watch).answer(reply);
        }
    }
}

fn show<'a>(prefix: &'a [u8], ExpiryRule { request, counts }: &'a ExpiryRule) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("prefix", Field::Bytes(prefix));
    add_options::show(&request.borrowed(), &mut fields);
    fields.push("enqueued", count(counts.enqueued));
    fields.push("coalesced", count(counts.coalesced));
    fields.push("dropped", count(counts.dropped));
    fields
}
