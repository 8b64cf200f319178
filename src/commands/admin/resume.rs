//! `JQ.RESUME queue [GROUP name]` -> 1, or 0 when claims were going on before

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::Session;

pub struct Resume;

/// What is resumed.
#[derive(Debug, Default)]
pub struct ResumeRequest<'a> {
    group: Option<&'a [u8]>,
}

impl<'a> Options<'a, 1> for ResumeRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::name("GROUP", "group", names::group, |request, group| request.group = Some(group))];
}

impl Command for Resume {
    const SPEC: Spec = Spec {
        name: "jq.resume",
        summary: "Lets claims go on, of a queue or one of its groups",
        complexity: "O(1), with GROUP O(log n)",
        since: "0.1.0",
        arity: -2,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &{
            let [group] = ResumeRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), group.arg()]
        },
    };

    type Request<'a> = ResumeRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ResumeRequest<'a>, Error> {
        let mut request = ResumeRequest::default();
        args.options(&mut request)?;
        Ok(request)
    }
}

impl WriteCommand for Resume {
    fn run(
        request: &ResumeRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        reply.int(session.resume(request.group).into());
        Ok(WriteOutcome::Replied)
    }
}
