//! `JQ.PAUSE queue` -> 1, or 0 when claims were stopped before

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session};

pub struct Pause;

impl Command for Pause {
    const SPEC: Spec = Spec {
        name: "jq.pause",
        summary: "Stops claims; everything else goes on",
        complexity: "O(1)",
        arity: 2,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Create,
        args: &[Arg::word("queue", ArgKind::Key)],
    };

    type Request<'a> = ();

    fn parse(_: &mut Args<'_>) -> Result<(), Error> {
        Ok(())
    }
}

impl WriteCommand for Pause {
    /// A missing queue is created.
    fn refusal_at_memory_limit((): &(), queue: &Queue) -> Option<Error> {
        (!queue.exists()).then(Error::memory)
    }

    fn run(
        (): &(),
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.int(session.pause().into());
        Ok(WriteOutcome::Replied)
    }
}
