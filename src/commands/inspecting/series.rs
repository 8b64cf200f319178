//! `JQ.SERIES queue [minutes]` -> `[[minute, added, completed, failed], ...]`, newest first
//!
//! A minute is named by its beginning, Unix ms. 60 of them unless asked for 1 to 20160, two weeks; none before
//! the queue was created.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, MOST_MINUTES};

pub(crate) struct ShowSeries;

const DEFAULT_MINUTES: u64 = 60;

impl Command for ShowSeries {
    const SPEC: Spec = Spec {
        name: "jq.series",
        summary: "Tells what happened in each of the last minutes",
        complexity: "O(minutes)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("minutes", ArgKind::Integer).maybe()],
    };

    /// How many minutes.
    type Request<'a> = u64;

    fn parse(args: &mut Args<'_>) -> Result<u64, Error> {
        if args.is_empty() {
            return Ok(DEFAULT_MINUTES);
        }
        args.uint("minutes", 1..=MOST_MINUTES)
    }
}

impl ReadCommand for ShowSeries {
    fn run(minutes: &u64, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let minutes = queue.series(*minutes, env.now);
        reply.array(minutes.len());
        for minute in minutes {
            reply.array(4);
            for n in [minute.at, minute.added, minute.completed, minute.failed] {
                reply.uint(n);
            }
        }
    }
}
