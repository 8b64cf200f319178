//! `JQ.BATCHES queue [COUNT n] [CURSOR c]` -> `[next cursor, [[batch, map of its numbers], ...]]`
//!
//! Oldest first. The cursor 0 begins and ends a listing.

use super::batch::numbers;
use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::DEFAULT_ROWS;
use crate::queue::Queue;

pub(crate) struct ListBatches;

/// A page to list.
#[derive(Debug)]
pub(crate) struct BatchesRequest {
    count: usize,
    cursor: u64,
}

impl<'a> Options<'a, 2> for BatchesRequest {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::count("COUNT", "count", |request, n| request.count = n),
        CommandOption::integer("CURSOR", "cursor", 0, MAX_INSTANT, |request, n| request.cursor = n),
    ];
}

impl Command for ListBatches {
    const SPEC: Spec = Spec {
        name: "jq.batches",
        summary: "Lists batches and their numbers",
        complexity: "O(log n + COUNT)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [count, cursor] = BatchesRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), count.arg(), cursor.arg()]
        },
    };

    type Request<'a> = BatchesRequest;

    fn parse(args: &mut Args<'_>) -> Result<BatchesRequest, Error> {
        let mut request = BatchesRequest { count: DEFAULT_ROWS, cursor: 0 };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl ReadCommand for ListBatches {
    fn run(request: &BatchesRequest, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let (page, next) = queue.list_batches(request.cursor, request.count);
        reply.array(2);
        reply.bytes(next.unwrap_or(0).to_string().as_bytes());
        reply.array(page.len());
        for view in page {
            reply.array(2);
            reply.bytes(&view.name);
            numbers(&view).reply(reply);
        }
    }
}
