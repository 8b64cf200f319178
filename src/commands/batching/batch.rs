//! `JQ.BATCH queue batch` -> map of its numbers, or null
//!
//! `total` is always the sum of pending, completed, failed, expired and cancelled. `finished-at` is there
//! when the batch has finished; retrying a failed member makes it pending again, and the batch stays
//! finished.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, size, Field, Fields};
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{BatchView, Queue};

pub(crate) struct ShowBatch;

impl Command for ShowBatch {
    const SPEC: Spec = Spec {
        name: "jq.batch",
        summary: "Tells how many members of a batch are pending and how the others ended",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: 3,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
    };

    /// The name of the batch.
    type Request<'a> = &'a [u8];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [u8], Error> {
        names::batch(args.next("batch")?)
    }
}

impl ReadCommand for ShowBatch {
    fn run(batch: &&[u8], queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        match queue.batch(batch) {
            Some(batch) => numbers(&batch).reply(reply),
            None => reply.null(),
        }
    }
}

/// What every command shows of a batch.
pub(super) fn numbers(batch: &BatchView) -> Fields<'static> {
    let members = &batch.members;
    let mut fields = Fields::default();
    fields.push("sealed", Field::Flag(batch.sealed));
    fields.push("finished", Field::Flag(batch.finished_at.is_some()));
    fields.push("total", count(members.total()));
    fields.push("pending", count(members.pending));
    fields.push("completed", count(members.completed));
    fields.push("failed", count(members.failed));
    fields.push("expired", count(members.expired));
    fields.push("cancelled", count(members.cancelled));
    fields.push("duplicates", count(batch.duplicates));
    fields.push("blocked", size(batch.blocked));
    fields.push("created-at", count(batch.created_at));
    fields.push_some("finished-at", batch.finished_at.map(count));
    fields
}
