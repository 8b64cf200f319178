//! `JQ.REMOVE queue id [id ...]` -> per id 1 dropped, 0 unknown or active (CANCEL it)

use super::args::Args;
use super::error::Error;
use super::ids;
use super::reply::Reply;
use super::spec::{KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.remove",
    summary: "Drops jobs that are not active, records and remembered ids",
    complexity: "O(log n) per id",
    arity: -3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: ids::ARGS,
};

/// The ids.
#[derive(Debug)]
pub struct Remove<'a>(&'a [&'a [u8]]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Remove(Remove(ids::ids(args)?))))
}

impl Remove<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        ids::answer_each(self.0, reply, |id| session.remove(id));
    }
}
