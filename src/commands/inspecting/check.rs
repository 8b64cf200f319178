//! `JQ.CHECK queue` -> what a recount of everything finds wrong; empty when the queue is sound
//!
//! O(n log n): for operators and tests.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Queue;

pub(crate) struct Check;

impl Command for Check {
    const SPEC: Spec = Spec {
        name: "jq.check",
        summary: "Recounts everything in a queue and tells what does not add up",
        complexity: "O(n log n)",
        since: "0.1.0",
        arity: 2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &[Arg::word("queue", ArgKind::Key)],
    };

    type Request<'a> = ();

    fn parse(_: &mut Args<'_>) -> Result<(), Error> {
        Ok(())
    }
}

impl ReadCommand for Check {
    fn run((): &(), queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let findings = queue.check();
        reply.array(findings.len());
        for finding in findings {
            reply.bytes(finding.as_bytes());
        }
    }
}
