//! `JQ.PURGE queue completed|failed|waiting|delayed|blocked|remembered [GROUP name] [BATCH name] [WORKER name] [NAME name]
//! [PRIORITY lowest highest] [SINCE instant] [UNTIL instant] [REV] [COUNT n] [CURSOR c] [IDS] [OLDER ms]` -> how many, or
//! their ids; with CURSOR `[next cursor, how many]`
//!
//! Records go, their ids stay refused while their windows are open; jobs that have not ended are cancelled;
//! remembered ids are free. 1,000 at most unless COUNT says otherwise; call again until 0. OLDER: finished, or
//! added, longer ago than that.

use crate::commands::args::Args;
use crate::commands::choice::{args_of, choice};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::options::{args_of_options, joined, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::selection::{self, Page};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::DEFAULT_CHANGES;
use crate::queue::{JobState, Selection, Session};

pub(crate) struct Purge;

/// Records or remembered ids to drop, or jobs to cancel.
#[derive(Debug)]
pub(crate) struct PurgeRequest<'a> {
    purged: Purged,
    page: Page<'a>,
    older: Option<u64>,
}

/// What is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purged {
    Jobs(JobState),
    Remembered,
}

const STATES: [(Arg, Purged); 6] = [
    (Arg::token("completed", "completed"), Purged::Jobs(JobState::Completed)),
    (Arg::token("failed", "failed"), Purged::Jobs(JobState::Failed)),
    (Arg::token("waiting", "waiting"), Purged::Jobs(JobState::Waiting)),
    (Arg::token("delayed", "delayed"), Purged::Jobs(JobState::Delayed)),
    (Arg::token("blocked", "blocked"), Purged::Jobs(JobState::Blocked)),
    (Arg::token("remembered", "remembered"), Purged::Remembered),
];
const STATE_ARGS: [Arg; 6] = args_of(&STATES);

/// OLDER, of a PURGE.
#[derive(Debug, Default)]
struct Older(Option<u64>);

impl<'a> Options<'a, 1> for Older {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::span("OLDER", "older-ms", 0, |older, ms| older.0 = Some(ms))];
}

impl Command for Purge {
    const SPEC: Spec = Spec {
        name: "jq.purge",
        summary: "Drops records of a state or remembered ids, or cancels jobs of a state",
        complexity: "O(log n) per job; with selectors also O(10,000)",
        since: "0.1.0",
        arity: -3,
        flags: "write",
        acl: "write slow",
        key: KeyUse::Update,
        args: &joined::<14>(&[
            &[Arg::word("queue", ArgKind::Key), Arg::one_of("state", &STATE_ARGS)],
            &selection::ARGS_OF_CHANGES,
            &args_of_options(&Older::OPTIONS),
        ]),
    };

    type Request<'a> = PurgeRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<PurgeRequest<'a>, Error> {
        let purged = choice("state", &STATES, args)?;
        let (mut page, mut older) = (Page::of(DEFAULT_CHANGES, 1), Older::default());
        args.options_of_two((&Page::OPTIONS_OF_CHANGES, &mut page), (&Older::OPTIONS, &mut older))?;
        if purged == Purged::Remembered && page.needs_jobs() {
            return Err(Error::syntax("GROUP, BATCH, WORKER, NAME and PRIORITY do not go with remembered"));
        }
        Ok(PurgeRequest { purged, page, older: older.0 })
    }
}

impl WriteCommand for Purge {
    fn run(
        request: &PurgeRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let PurgeRequest { purged, page, older } = request;
        page.check_instants(session.now())?;
        let before = older.map(|ms| session.now().millis().saturating_sub(ms));
        let until = page.selection.until.into_iter().chain(before).min();
        let selection = Selection { until, ..page.selection };
        let selected = match *purged {
            Purged::Jobs(state) => session.purge(state, &selection, page.range(), page.report),
            Purged::Remembered => session.purge_remembered(&selection, page.range(), page.report),
        };
        page.reply_changed(0, selected, reply)?;
        Ok(WriteOutcome::Replied)
    }
}
