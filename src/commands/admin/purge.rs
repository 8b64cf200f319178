//! `JQ.PURGE queue completed|failed|waiting|delayed|blocked [OLDER ms] [COUNT n]` -> how many
//!
//! Records go, their ids stay refused while their windows are open; jobs that have not ended are cancelled.
//! 1,000 at most unless COUNT says otherwise; call again until 0. OLDER: finished, or added, longer ago than
//! that. Records are in the order in which they finished; the others are not in the order in which they were
//! added, so only the first 10,000 of them are examined.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{args_of, choice, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{DEFAULT_CHANGES, MAX_ITEMS};
use crate::queue::{JobState, Session};

pub struct Purge;

/// Records to drop, or jobs to cancel.
#[derive(Debug)]
pub struct PurgeRequest {
    state: JobState,
    older: Option<u64>,
    count: u64,
}

const STATES: [(Arg, JobState); 5] = [
    (Arg::token("completed", "completed"), JobState::Completed),
    (Arg::token("failed", "failed"), JobState::Failed),
    (Arg::token("waiting", "waiting"), JobState::Waiting),
    (Arg::token("delayed", "delayed"), JobState::Delayed),
    (Arg::token("blocked", "blocked"), JobState::Blocked),
];
const STATE_ARGS: [Arg; 5] = args_of(&STATES);

impl<'a> Options<'a, 2> for PurgeRequest {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::span("OLDER", "older-ms", 0, |request, ms| request.older = Some(ms)),
        CommandOption::integer("COUNT", "count", 1, MAX_ITEMS, |request, n| request.count = n),
    ];
}

impl Command for Purge {
    const SPEC: Spec = Spec {
        name: "jq.purge",
        summary: "Drops records of a state, or cancels jobs of one",
        complexity: "O(log n) per job; with OLDER also O(10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &{
            let [older, count] = PurgeRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), Arg::one_of("state", &STATE_ARGS), older.arg(), count.arg()]
        },
    };

    type Request<'a> = PurgeRequest;

    fn parse(args: &mut Args<'_>) -> Result<PurgeRequest, Error> {
        let allowed = "completed, failed, waiting, delayed or blocked";
        let state = choice("state", allowed, &STATES, args)?;
        let mut request = PurgeRequest { state, older: None, count: DEFAULT_CHANGES };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl WriteCommand for Purge {
    fn run(
        request: &PurgeRequest,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let count = usize::try_from(request.count).unwrap_or(usize::MAX);
        reply.size(session.purge(request.state, request.older, count));
        Ok(WriteOutcome::Replied)
    }
}
