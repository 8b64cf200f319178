//! `JQ.COUNT queue waiting|delayed|blocked|active|completed|failed|remembered [GROUP name] [WORKER name] [NAME
//! name] [PRIORITY lowest highest] [SINCE instant] [UNTIL instant]` -> how many
//!
//! Exactly, and without going through them: by what an index or a counter knows.

use super::list::{Listed, STATE_ARGS};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{args_of_options, CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::selection::{check_instants, priorities, PRIORITIES};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{JobState, Queue, Selection};

pub(crate) struct CountJobs;

/// What is counted.
#[derive(Debug)]
pub(crate) struct CountRequest<'a> {
    counted: Listed,
    selection: Selection<'a>,
}

impl<'a> Options<'a, 6> for Selection<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 6] = [
        CommandOption::name("GROUP", "group", names::group, |selection, name| selection.group = Some(name)),
        CommandOption::name("WORKER", "worker", names::worker, |selection, name| {
            selection.worker = Some(name);
        }),
        CommandOption::name("NAME", "job-name", names::job_name, |selection, name| {
            selection.name = Some(name);
        }),
        CommandOption::other("PRIORITY", PRIORITIES, |selection, args| {
            selection.priorities = Some(priorities(args)?);
            Ok(())
        }),
        CommandOption::instant("SINCE", "since", |selection, at| selection.since = Some(at)),
        CommandOption::instant("UNTIL", "until", |selection, at| selection.until = Some(at)),
    ];
}

impl Command for CountJobs {
    const SPEC: Spec = Spec {
        name: "jq.count",
        summary: "Counts the jobs of a state",
        complexity: "O(1), with selectors O(log n + n / 128)",
        since: "0.1.0",
        arity: -3,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &{
            let [group, worker, name, priorities, since, until] = args_of_options(&Selection::OPTIONS);
            [
                Arg::word("queue", ArgKind::Key),
                Arg::one_of("state", &STATE_ARGS),
                group,
                worker,
                name,
                priorities,
                since,
                until,
            ]
        },
    };

    type Request<'a> = CountRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<CountRequest<'a>, Error> {
        let (counted, mut selection) = (Listed::parse(args)?, Selection::default());
        args.options(&mut selection)?;
        let is_known = match counted {
            Listed::Jobs(state) => selection.is_counted(state),
            Listed::Remembered => selection == Selection::default(),
        };
        if is_known {
            Ok(CountRequest { counted, selection })
        } else {
            let (what, ways) = (counted.name(), ways(counted));
            Err(Error::other(format!(
                "JQ.COUNT counts {what} {ways}; JQ.LIST goes through them by any selectors"
            )))
        }
    }
}

/// How they can be counted, for the error.
fn ways(counted: Listed) -> &'static str {
    match counted {
        Listed::Jobs(JobState::Waiting) => "jobs in all, by NAME, by GROUP, by PRIORITY or by the last two",
        Listed::Jobs(JobState::Blocked) => "jobs in all, by NAME or by PRIORITY",
        Listed::Jobs(JobState::Active) => "jobs in all, by NAME, by GROUP or by WORKER",
        Listed::Jobs(JobState::Completed | JobState::Failed) => "jobs in all, by NAME or by SINCE and UNTIL",
        Listed::Jobs(JobState::Delayed | JobState::Expired | JobState::Cancelled) => "jobs in all or by NAME",
        Listed::Remembered => "ids in all",
    }
}

impl ReadCommand for CountJobs {
    fn refusal(request: &CountRequest<'_>, env: &Env) -> Option<Error> {
        check_instants(&request.selection, env.now).err()
    }

    fn run(request: &CountRequest<'_>, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        reply.size(match request.counted {
            Listed::Jobs(state) => queue.count_selected(state, &request.selection),
            Listed::Remembered => queue.remembered(),
        });
    }
}
