//! `JQ.WORKERS queue [JSON]` -> array of maps (or JSON): worker, active, oldest-lease-until, last-seen
//!
//! By name. Who holds nothing is listed for an hour after it was last seen, the thousand seen last at most. `oldest-lease-until`
//! is the end of the lease it has longest, if it holds anything.

use super::args::Args;
use super::error::Error;
use super::fields::{answer_json_list, count, size, Field, Fields};
use super::reply::Reply;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request};
use crate::queue::{Queue, WorkerView};

pub(super) const SPEC: Spec = Spec {
    name: "jq.workers",
    summary: "Lists who works, what each holds, and when it was last seen",
    complexity: "O(workers)",
    arity: -2,
    flags: "readonly",
    acl: "read slow",
    key: KeyUse::Read,
    args: &[Arg::word("queue", ArgKind::Key), Arg::token("JSON", "json").maybe()],
};

/// The workers are asked for.
#[derive(Debug)]
pub struct Workers {
    json: bool,
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    let mut json = false;
    while args.option(&["JSON"])?.is_some() {
        json = true;
    }
    Ok(Request::Read(Read::Workers(Workers { json })))
}

impl Workers {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let workers: Vec<_> = queue.workers().map(|worker| fields(&worker)).collect();
        if self.json {
            return answer_json_list(&workers, reply);
        }
        reply.array(workers.len());
        for worker in &workers {
            worker.answer(reply);
        }
    }
}

fn fields<'a>(worker: &WorkerView<'a>) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("worker", Field::Bytes(worker.name));
    fields.push("active", size(worker.active));
    fields.push_some("oldest-lease-until", worker.oldest_lease_until.map(count));
    fields.push("last-seen", count(worker.last_seen));
    fields
}
