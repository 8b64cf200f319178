//! `JQ.SEAL queue batch` -> 1 sealed now, 0 it was
//!
//! From now on the batch takes no members, and it finishes when none is pending. A batch that no command has
//! named yet is created: sealed, empty, finished.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session};

pub(crate) struct Seal;

impl Command for Seal {
    const SPEC: Spec = Spec {
        name: "jq.seal",
        summary: "Closes a batch for new members, so that it can finish",
        complexity: "O(log n), and as much for each of up to 1,000 jobs that waited for it",
        since: "0.1.0",
        arity: 3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Create,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
    };

    /// The name of the batch.
    type Request<'a> = &'a [u8];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [u8], Error> {
        names::batch(args.next("batch")?)
    }
}

impl WriteCommand for Seal {
    /// An unknown batch is created.
    fn refusal_at_memory_limit(batch: &&[u8], queue: &Queue) -> Option<Error> {
        queue.find_batch(batch).is_none().then(Error::memory)
    }

    fn run(
        batch: &&[u8],
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.int(session.seal(batch).into());
        Ok(WriteOutcome::Replied)
    }
}
