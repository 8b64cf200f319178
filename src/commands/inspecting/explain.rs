//! `JQ.EXPLAIN queue id` -> map of state, why, until (only where time alone changes it), refused-until
//! (of a finished job whose id is refused, -1 for ever), or null; `JQ.EXPLAIN queue` -> map of what keeps the jobs
//! of the queue back
//!
//! Why this job, or nothing, is running, and what will change that.

use super::explain_queue;
use super::get::refused_until;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, Field, Fields};
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Queue;

pub(crate) struct Explain;

impl Command for Explain {
    const SPEC: Spec = Spec {
        name: "jq.explain",
        summary: "Tells why a job, or nothing, is running and what will change that",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &[Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String).maybe()],
    };

    /// The id of the job; None: the whole queue.
    type Request<'a> = Option<&'a [u8]>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Option<&'a [u8]>, Error> {
        args.try_next().map(names::id).transpose()
    }
}

impl ReadCommand for Explain {
    #[allow(clippy::ref_option_ref, reason = "the shape of all commands")]
    fn run(id: &Option<&[u8]>, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        let Some(id) = id else { return explain_queue::fields(queue, env).reply(reply) };
        let Some(explanation) = queue.explain(id) else { return reply.null() };
        let mut fields = Fields::default();
        fields.push("state", Field::Bytes(explanation.state.name().as_bytes()));
        fields.push("why", Field::Text(explanation.why));
        fields.push_some("until", explanation.until.map(count));
        fields.push_some("refused-until", queue.view(id).and_then(|view| refused_until(&view, env.now)));
        fields.reply(reply);
    }
}
