//! `JQ.RESUME queue` -> 1, or 0 when claims were going on before

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.resume",
    summary: "Lets claims go on",
    complexity: "O(1)",
    arity: 2,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: &[Arg::word("queue", ArgKind::Key)],
};

/// No words.
#[derive(Debug)]
pub struct Resume;

pub(super) fn parse<'a>(_: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Resume(Resume)))
}

impl Resume {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        reply.int(session.resume().into());
    }
}
