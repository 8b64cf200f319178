//! `JQ.TRIMEVENTS queue n` -> how many events were dropped, the oldest, until n are left
//!
//! A command of its own, so that JQ.EVENTS only reads: replicas serve it, and readers need no more than `%R~`.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Session, MAX_EVENTS};

pub(crate) struct TrimEvents;

impl Command for TrimEvents {
    const SPEC: Spec = Spec {
        name: "jq.trimevents",
        summary: "Drops all but the newest events of a queue",
        complexity: "O(dropped / 100)",
        since: "0.1.0",
        arity: 3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("n", ArgKind::Integer)],
    };

    /// How many are left.
    type Request<'a> = u64;

    fn parse(args: &mut Args<'_>) -> Result<u64, Error> {
        args.uint("n", 0..=MAX_EVENTS)
    }
}

impl WriteCommand for TrimEvents {
    fn run(
        keep: &u64,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.size(session.trim_events(usize::try_from(*keep).unwrap_or(usize::MAX)));
        Ok(WriteOutcome::Replied)
    }
}
