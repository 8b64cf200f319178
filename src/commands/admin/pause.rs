//! `JQ.PAUSE queue [GROUP name] [FOR ms]` -> 1, or 0 when there was such a pause before, of at least that length
//!
//! A pause without end and one that ends by itself are two: neither shortens or lifts the other.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session};

pub(crate) struct Pause;

/// What is paused, and for how long.
#[derive(Debug, Default)]
pub(crate) struct PauseRequest<'a> {
    group: Option<&'a [u8]>,
    span: Option<u64>,
}

impl<'a> Options<'a, 2> for PauseRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::name("GROUP", "group", names::group, |request, group| request.group = Some(group)),
        CommandOption::span("FOR", "ms", 1, |request, ms| request.span = Some(ms)),
    ];
}

impl Command for Pause {
    const SPEC: Spec = Spec {
        name: "jq.pause",
        summary: "Stops claims, of a queue or one of its groups; everything else goes on",
        complexity: "O(1), with GROUP O(log n)",
        since: "0.1.0",
        arity: -2,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Create,
        args: &{
            let [group, span] = PauseRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), group.arg(), span.arg()]
        },
    };

    type Request<'a> = PauseRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<PauseRequest<'a>, Error> {
        let mut request = PauseRequest::default();
        args.options(&mut request)?;
        Ok(request)
    }
}

impl WriteCommand for Pause {
    /// A missing queue is created, and the pause of a group is kept with it.
    fn refusal_at_memory_limit(request: &PauseRequest<'_>, queue: &Queue) -> Option<Error> {
        let takes_memory = !queue.exists() || request.group.is_some_and(|group| !queue.has_rules(group));
        takes_memory.then(Error::memory)
    }

    fn run(
        request: &PauseRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let changed =
            session.pause(request.group, request.span).map_err(|refusal| Error::refused(refusal, None))?;
        reply.int(changed.into());
        Ok(WriteOutcome::Replied)
    }
}
