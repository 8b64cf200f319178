//! `JQ.CANCEL queue id [id ...]` -> per id 1 cancelled or to be, 0 ended or asked before, -1 unknown;
//! `JQ.CANCEL queue * [GROUP name] [BATCH name] [WORKER name] [NAME name] [PRIORITY lowest highest] [SINCE instant]
//! [UNTIL instant] [REV] [COUNT n] [CURSOR c] [IDS]` -> how many, or their ids; with CURSOR `[next cursor, how many]`

use super::many::Many;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Session, CANCELLED_STATES};

pub(crate) struct Cancel;

impl Command for Cancel {
    const SPEC: Spec = Spec {
        name: "jq.cancel",
        summary: "Cancels jobs; the worker of an active one is told",
        complexity: "O(log n) per job; with selectors also O(10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &[Arg::word("queue", ArgKind::Key), Many::ARG],
    };

    type Request<'a> = Many<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Many<'a>, Error> {
        Many::parse(args, CANCELLED_STATES.len(), &mut ())
    }
}

impl WriteCommand for Cancel {
    fn run(
        request: &Many<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match request {
            Many::Ids(ids) => names::reply_each(ids, reply, |id| session.cancel(id)),
            Many::All(page) => {
                page.check_instants(session.now())?;
                let (first, range) = (page.stage(), page.range());
                let (stage, selected) = session.cancel_selected(first, &page.selection, range, page.report);
                page.reply_changed(stage, selected, reply)?;
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
