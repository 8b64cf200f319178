//! `JQ.REMOVE queue id [id ...]` -> per id 1 dropped, 0 active (CANCEL it), -1 unknown

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{KeyUse, Spec};
use crate::queue::Session;

pub(crate) struct Remove;

impl Command for Remove {
    const SPEC: Spec = Spec {
        name: "jq.remove",
        summary: "Drops jobs that are not active, records and remembered ids",
        complexity: "O(log n) per id",
        since: "0.1.0",
        arity: -3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: names::QUEUE_AND_IDS,
    };

    /// The ids of the jobs.
    type Request<'a> = &'a [&'a [u8]];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [&'a [u8]], Error> {
        names::ids(args)
    }
}

impl WriteCommand for Remove {
    fn run(
        ids: &&[&[u8]],
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        names::reply_each(ids, reply, |id| session.remove(id));
        Ok(WriteOutcome::Replied)
    }
}
