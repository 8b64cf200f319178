//! `JQ.RESUME queue [GROUP name] [ONLY PAUSE|FOR]` -> 1, or 0 when there was no such pause

use crate::commands::args::Args;
use crate::commands::choice::{args_of, choice};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{PauseKind, Session};

pub(crate) struct Resume;

/// What is resumed.
#[derive(Debug, Default)]
pub(crate) struct ResumeRequest<'a> {
    group: Option<&'a [u8]>,
    /// None: both.
    only: Option<PauseKind>,
}

/// The word for it.
const KINDS: [(Arg, PauseKind); 2] =
    [(Arg::token("PAUSE", "pause"), PauseKind::Endless), (Arg::token("FOR", "for"), PauseKind::Timed)];
const KIND_ARGS: [Arg; 2] = args_of(&KINDS);

impl<'a> Options<'a, 2> for ResumeRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::name("GROUP", "group", names::group, |request, group| request.group = Some(group)),
        CommandOption::other("ONLY", Arg::one_of("kind", &KIND_ARGS), |request, args| {
            request.only = Some(choice("ONLY", &KINDS, args)?);
            Ok(())
        }),
    ];
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
            let [group, only] = ResumeRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), group.arg(), only.arg()]
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
        reply.int(session.resume(request.group, request.only).into());
        Ok(WriteOutcome::Replied)
    }
}
