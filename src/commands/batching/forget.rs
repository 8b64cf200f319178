//! `JQ.FORGET queue batch` -> 1 dropped, 0 there is none, or something waits for it
//!
//! What waits for it is a job that was added AFTER it, or a client in JQ.AWAIT. Members that are pending go
//! on without a batch.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Session;

pub(crate) struct Forget;

impl Command for Forget {
    const SPEC: Spec = Spec {
        name: "jq.forget",
        summary: "Drops a batch nobody waits for",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: 3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
    };

    /// The name of the batch.
    type Request<'a> = &'a [u8];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [u8], Error> {
        names::batch(args.next("batch")?)
    }
}

impl WriteCommand for Forget {
    fn run(
        batch: &&[u8],
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.int(session.forget_batch(batch).into());
        Ok(WriteOutcome::Replied)
    }
}
