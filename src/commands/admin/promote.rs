//! `JQ.PROMOTE queue id [id ...] [DELAY ms] [FRONT]` -> per id 1 waiting now, or in ms, 0 neither delayed nor on hold, -1
//! unknown;
//! `JQ.PROMOTE queue * [GROUP name] [BATCH name] [WORKER name] [NAME name] [PRIORITY lowest highest] [SINCE instant]
//! [UNTIL instant] [REV] [COUNT n] [CURSOR c] [IDS] [FRONT]` -> how many, or their ids; with CURSOR `[next cursor, how many]`

use super::many::Many;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Place, Session};

pub(crate) struct Promote;

/// Jobs that need not wait any longer.
#[derive(Debug)]
pub(crate) struct PromoteRequest<'a> {
    jobs: Many<'a>,
    terms: PromoteTerms,
}

/// When and where they join the line.
#[derive(Debug)]
struct PromoteTerms {
    delay: Option<u64>,
    place: Place,
}

impl<'a> Options<'a, 2> for PromoteTerms {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::span("DELAY", "delay-ms", 0, |terms, ms| terms.delay = Some(ms)),
        CommandOption::flag("FRONT", "front", |terms| terms.place = Place::Front),
    ];
}

impl Command for Promote {
    const SPEC: Spec = Spec {
        name: "jq.promote",
        summary: "Lets jobs that are delayed or on hold join the line",
        complexity: "O(log n) per job; with selectors also O(10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &{
            let [delay, front] = PromoteTerms::OPTIONS;
            [Arg::word("queue", ArgKind::Key), Many::ARG, delay.arg(), front.arg()]
        },
    };

    type Request<'a> = PromoteRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<PromoteRequest<'a>, Error> {
        let mut terms = PromoteTerms { delay: None, place: Place::End };
        let jobs = Many::parse(args, 1, &mut terms)?;
        if matches!(jobs, Many::All(_)) && terms.delay.is_some() {
            // They would be delayed still, and the next call would take them again.
            return Err(Error::syntax("DELAY goes with ids; * lets all delayed jobs go now"));
        }
        Ok(PromoteRequest { jobs, terms })
    }
}

impl WriteCommand for Promote {
    fn run(
        request: &PromoteRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let PromoteRequest { jobs, terms: PromoteTerms { delay, place } } = request;
        match jobs {
            Many::Ids(ids) => {
                names::reply_each(ids, reply, |id| session.promote(id, delay.unwrap_or(0), *place));
            }
            Many::All(page) => {
                page.check_instants(session.now())?;
                let selected = session.promote_selected(&page.selection, page.range(), page.report, *place);
                page.reply_changed(0, selected, reply)?;
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
