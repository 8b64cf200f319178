//! `JQ.RETRY queue id [id ...] [FRONT] [SET field value] [UNSET field]` -> per id 1 waiting or blocked again, 0 not failed,
//! its record is gone, or it waits for a batch that was not all completed, -1 unknown; refused as a whole at max-jobs;
//! `JQ.RETRY queue * [GROUP name] [BATCH name] [WORKER name] [NAME name] [PRIORITY lowest highest] [SINCE instant]
//! [UNTIL instant] [REV] [COUNT n] [CURSOR c] [IDS] [FRONT]` -> how many, or their ids (1,000 at most unless COUNT says
//! otherwise; call again until 0); with CURSOR `[next cursor, how many]`; stops at max-jobs, and is refused if not one job fits

use super::many::Many;
use super::revive_args::ReviveArgs;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session};

pub(crate) struct Retry;

/// Jobs that get fresh attempts.
#[derive(Debug)]
pub(crate) struct RetryRequest<'a> {
    jobs: Many<'a>,
    options: ReviveArgs<'a>,
}

impl Command for Retry {
    const SPEC: Spec = Spec {
        name: "jq.retry",
        summary: "Gives failed jobs fresh attempts",
        complexity: "O(log n) per job; with selectors also O(10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &{
            let [front, set, unset] = ReviveArgs::OPTIONS;
            [Arg::word("queue", ArgKind::Key), Many::ARG, front.arg(), set.arg(), unset.arg()]
        },
    };

    type Request<'a> = RetryRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<RetryRequest<'a>, Error> {
        let mut options = ReviveArgs::default();
        let jobs = Many::parse(args, 1, &mut options)?;
        let count = if let Many::Ids(ids) = &jobs { ids.len() } else { 0 };
        options.fields.finish(count)?;
        if count == 0 && options.fields.packed().is_some() {
            return Err(Error::syntax("SET and UNSET go with ids, not with '*'"));
        }
        Ok(RetryRequest { jobs, options })
    }
}

impl WriteCommand for Retry {
    fn refusal_at_memory_limit(request: &RetryRequest<'_>, queue: &Queue) -> Option<Error> {
        match request.jobs {
            Many::Ids(ids) => request.options.fields.refusal_of_growth(queue, ids),
            Many::All(_) => None,
        }
    }

    fn run(
        request: &RetryRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let RetryRequest { jobs, options } = request;
        match jobs {
            Many::Ids(ids) => options.revive_each(ids, session, Session::revive, reply)?,
            Many::All(page) => {
                page.check_instants(session.now())?;
                let selected =
                    session.revive_selected(&page.selection, page.range(), page.report, options.place);
                page.reply_changed(0, selected.map_err(|refusal| Error::refused(refusal, None))?, reply)?;
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
