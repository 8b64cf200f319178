//! `JQ.PROMOTE queue id [id ...]` -> per id 1 waiting now, 0 not delayed

use super::args::Args;
use super::error::Error;
use super::ids;
use super::reply::Reply;
use super::spec::{KeyUse, Spec};
use super::{Limits, Request, Write};
use crate::queue::Session;

pub(super) const SPEC: Spec = Spec {
    name: "jq.promote",
    summary: "Lets delayed jobs join the line now",
    complexity: "O(log n) per id",
    arity: -3,
    flags: "write fast",
    acl: "write fast",
    key: KeyUse::Update,
    args: ids::ARGS,
};

/// The ids.
#[derive(Debug)]
pub struct Promote<'a>(&'a [&'a [u8]]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Write(Write::Promote(Promote(ids::ids(args)?))))
}

impl Promote<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) {
        ids::answer_each(self.0, reply, |id| session.promote(id));
    }
}
