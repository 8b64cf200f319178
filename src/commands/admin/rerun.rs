//! `JQ.RERUN queue id [id ...] [FRONT] [SET field value] [UNSET field]` -> per id 1 a completed job waits again, 0 not
//! completed, or its record is gone, -1 unknown; refused as a whole at max-jobs
//!
//! A command of its own, and none for all at once: what was done is repeated only by who names it.

use super::revive_args::ReviveArgs;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session};

pub(crate) struct Rerun;

/// Completed jobs that run again.
#[derive(Debug)]
pub(crate) struct RerunRequest<'a> {
    ids: &'a [&'a [u8]],
    options: ReviveArgs<'a>,
}

impl Command for Rerun {
    const SPEC: Spec = Spec {
        name: "jq.rerun",
        summary: "Lets completed jobs run once more",
        complexity: "O(log n) per id",
        since: "0.1.0",
        arity: -3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &{
            let [front, set, unset] = ReviveArgs::OPTIONS;
            let (queue, id) = (Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String).many());
            [queue, id, front.arg(), set.arg(), unset.arg()]
        },
    };

    type Request<'a> = RerunRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<RerunRequest<'a>, Error> {
        let ids = names::ids_before(args, &ReviveArgs::OPTIONS)?;
        let mut options = ReviveArgs::default();
        args.options(&mut options)?;
        options.fields.finish(ids.len())?;
        Ok(RerunRequest { ids, options })
    }
}

impl WriteCommand for Rerun {
    fn refusal_at_memory_limit(request: &RerunRequest<'_>, queue: &Queue) -> Option<Error> {
        request.options.fields.refusal_of_growth(queue, request.ids)
    }

    fn run(
        RerunRequest { ids, options }: &RerunRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        options.revive_each(ids, session, Session::run_again, reply)?;
        Ok(WriteOutcome::Replied)
    }
}
