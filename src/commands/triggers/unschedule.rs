//! `JQ.UNSCHEDULE queue name` -> 1, or 0 when there is no such schedule
//!
//! Jobs that it has enqueued stay.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Session;

pub(crate) struct Unschedule;

impl Command for Unschedule {
    const SPEC: Spec = Spec {
        name: "jq.unschedule",
        summary: "Drops a schedule",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: 3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("name", ArgKind::String)],
    };

    /// The name of the schedule.
    type Request<'a> = &'a [u8];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [u8], Error> {
        names::schedule(args.next("name")?)
    }
}

impl WriteCommand for Unschedule {
    fn run(
        name: &&[u8],
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.int(session.unschedule(name).into());
        Ok(WriteOutcome::Replied)
    }
}
