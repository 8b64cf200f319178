//! `JQ.RETRY queue id [id ...]` -> per id 1 waiting or blocked again, 0 not failed, its record is gone, or it
//! waits for a batch that was not all completed, -1 unknown; refused as a whole at max-jobs;
//! `JQ.RETRY queue * [COUNT n]` -> how many (1,000 at most unless COUNT says otherwise; call again until 0);
//! stops at max-jobs, and is refused if not one job fits

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{CommandOption, Options};
use crate::commands::producing::add_options::refusal;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{names, DEFAULT_CHANGES, MAX_ITEMS};
use crate::queue::Session;

pub struct Retry;

/// Failed jobs to try again.
#[derive(Debug)]
pub enum RetryRequest<'a> {
    /// Those of these ids.
    Ids(&'a [&'a [u8]]),
    /// Those that failed first.
    Oldest(OldestFailed),
}

/// Failed jobs, oldest first, at most so many.
#[derive(Debug)]
pub struct OldestFailed {
    count: u64,
}

impl<'a> Options<'a, 1> for OldestFailed {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::integer("COUNT", "count", 1, MAX_ITEMS, |oldest, n| oldest.count = n)];
}

const ALL: [Arg; 2] = {
    let [count] = OldestFailed::OPTIONS;
    [Arg::token("*", "star"), count.arg()]
};

impl Command for Retry {
    const SPEC: Spec = Spec {
        name: "jq.retry",
        summary: "Gives failed jobs fresh attempts",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -3,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::one_of("which", &[Arg::block("all", &ALL), Arg::word("id", ArgKind::String).many()]),
        ],
    };

    type Request<'a> = RetryRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<RetryRequest<'a>, Error> {
        if !args.keyword("*") {
            return Ok(RetryRequest::Ids(names::ids(args)?));
        }
        let mut oldest = OldestFailed { count: DEFAULT_CHANGES };
        args.options(&mut oldest)?;
        Ok(RetryRequest::Oldest(oldest))
    }
}

impl WriteCommand for Retry {
    fn run(
        request: &RetryRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match request {
            RetryRequest::Ids(ids) => {
                let answers = session.revive(ids).map_err(|refused| refusal(refused, None))?;
                reply.array(answers.len());
                for answer in answers {
                    reply.int(names::code_of(answer));
                }
            }
            RetryRequest::Oldest(OldestFailed { count }) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                reply.size(session.revive_some(count).map_err(|refused| refusal(refused, None))?);
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
