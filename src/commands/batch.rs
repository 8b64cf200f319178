//! `JQ.BATCH queue batch` -> map of its numbers, or null
//!
//! `total` is always the sum of pending, completed, failed, expired and cancelled. `finished-at` is there when the batch
//! has finished; retrying a failed member makes it pending again, and the batch stays finished.

use super::add_options::batch_name;
use super::args::Args;
use super::error::Error;
use super::fields::{count, size, Field, Fields};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::{BatchView, Queue};

pub(super) const SPEC: Spec = Spec {
    name: "jq.batch",
    summary: "Tells how many members of a batch are pending and how the others ended",
    complexity: "O(log n)",
    arity: 3,
    flags: "readonly fast",
    acl: "read fast",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("batch", ArgKind::String)],
};

/// A batch to look at.
#[derive(Debug)]
pub struct Batch<'a>(&'a [u8]);

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    Ok(Request::Read(Read::Batch(Batch(batch_name(args.next("batch")?)?))))
}

impl Batch<'_> {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        match queue.batch(self.0) {
            Some(batch) => numbers(&batch).answer(reply),
            None => reply.null(),
        }
    }
}

/// What every command tells about a batch.
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
