//! `JQ.PROMOTE queue id [id ...] [FRONT]` -> per id 1 waiting now, 0 not delayed, -1 unknown;
//! `JQ.PROMOTE queue * [GROUP name] [BATCH name] [WORKER name] [NAME name] [PRIORITY lowest highest] [SINCE instant]
//! [UNTIL instant] [REV] [COUNT n] [CURSOR c] [FRONT]` -> how many; with CURSOR `[next cursor, how many]`

use super::many::Many;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Place, Session};

pub struct Promote;

/// Jobs that need not wait any longer.
#[derive(Debug)]
pub struct PromoteRequest<'a> {
    jobs: Many<'a>,
    place: Place,
}

impl Command for Promote {
    const SPEC: Spec = Spec {
        name: "jq.promote",
        summary: "Lets delayed jobs join the line now",
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

    type Request<'a> = PromoteRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<PromoteRequest<'a>, Error> {
        let mut place = Place::End;
        Ok(PromoteRequest { jobs: Many::parse(args, 1, &mut place)?, place })
    }
}

impl WriteCommand for Promote {
    fn run(
        request: &PromoteRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let PromoteRequest { jobs, place } = request;
        match jobs {
            Many::Ids(ids) => names::reply_each(ids, reply, |id| session.promote(id, *place)),
            Many::All(page) => {
                page.check_instants(session.now())?;
                let selected = session.promote_selected(&page.selection, page.range(), *place);
                page.reply_changed(0, selected, reply)?;
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
