//! `JQ.NAMES queue [COUNT n] [CURSOR c]` -> `[next cursor, array of maps]`: name, waiting, delayed, blocked, active,
//! completed, failed
//!
//! The names of jobs, in order, each with how many jobs and records have it. The cursor 0 begins and ends a listing.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, reply_list, Field, Fields, Format};
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{name_cursor, DEFAULT_ROWS};
use crate::queue::{JobState, NameView, Queue};

pub(crate) struct ListNames;

/// A page to list.
#[derive(Debug)]
pub(crate) struct NamesRequest<'a> {
    count: usize,
    from: &'a [u8],
}

impl<'a> Options<'a, 2> for NamesRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::count("COUNT", "count", |request, n| request.count = n),
        CommandOption::other("CURSOR", Arg::word("cursor", ArgKind::String), |request, args| {
            request.from = name_cursor::parse("JQ.NAMES", args.next("CURSOR")?)?;
            Ok(())
        }),
    ];
}

impl Command for ListNames {
    const SPEC: Spec = Spec {
        name: "jq.names",
        summary: "Lists the names of jobs, and how many jobs of each are in which state",
        complexity: "O(COUNT log n)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [count, cursor] = NamesRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), count.arg(), cursor.arg()]
        },
    };

    type Request<'a> = NamesRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<NamesRequest<'a>, Error> {
        let mut request = NamesRequest { count: DEFAULT_ROWS, from: b"" };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl ReadCommand for ListNames {
    fn run(request: &NamesRequest<'_>, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let mut names = queue.names_from(request.from);
        let page: Vec<_> = names.by_ref().take(request.count).collect();
        reply.array(2);
        name_cursor::reply(names.next().map(|next| next.name), reply);
        let rows: Vec<_> = page.iter().map(fields).collect();
        reply_list(&rows, Format::Map, reply);
    }
}

fn fields<'a>(view: &NameView<'a>) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("name", Field::Bytes(view.name));
    for state in JobState::OF_JOBS {
        fields.push(state.name(), count(view.count(state).into()));
    }
    fields
}
