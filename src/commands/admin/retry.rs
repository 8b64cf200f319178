//! `JQ.RETRY queue id [id ...] [FRONT]` -> per id 1 waiting or blocked again, 0 not failed, its record is gone, or it
//! waits for a batch that was not all completed, -1 unknown; refused as a whole at max-jobs;
//! `JQ.RETRY queue * [GROUP name] [BATCH name] [WORKER name] [SINCE instant] [UNTIL instant] [REV] [COUNT n]
//! [CURSOR c] [FRONT]` -> how many (1,000 at most unless COUNT says otherwise; call again until 0); with CURSOR `[next
//! cursor, how many]`; stops at max-jobs, and is refused if not one job fits

use super::many::Many;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::Options;
use crate::commands::producing::add_options::refusal;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Place, Session};

pub struct Retry;

/// Jobs that get fresh attempts.
#[derive(Debug)]
pub struct RetryRequest<'a> {
    jobs: Many<'a>,
    place: Place,
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
            let [front] = Place::OPTIONS;
            [Arg::word("queue", ArgKind::Key), Many::ARG, front.arg()]
        },
    };

    type Request<'a> = RetryRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<RetryRequest<'a>, Error> {
        let mut place = Place::End;
        Ok(RetryRequest { jobs: Many::parse(args, 1, &mut place)?, place })
    }
}

impl WriteCommand for Retry {
    fn run(
        request: &RetryRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let RetryRequest { jobs, place } = request;
        match jobs {
            Many::Ids(ids) => {
                let answers = session.revive(ids, *place).map_err(|refused| refusal(refused, None))?;
                reply.array(answers.len());
                for answer in answers {
                    reply.int(names::code_of(answer));
                }
            }
            Many::All(page) => {
                page.check_instants(session.now())?;
                let selected = session.revive_selected(&page.selection, page.range(), *place);
                page.reply_changed(0, selected.map_err(|refused| refusal(refused, None))?, reply)?;
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
