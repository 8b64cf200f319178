//! `JQ.GROUPS queue [COUNT n] [CURSOR c]` -> `[next cursor, array of maps]`: group, waiting, active, claimable,
//! paused-until, paused-for-until, concurrency, rate, own-concurrency, own-rate, why, until
//!
//! By name. The cursor 0 begins and ends a listing.

use super::pause_fields::push_pause;
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, reply_list, size, Field, Fields, Format};
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::settings::show_rate;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{name_cursor, DEFAULT_ROWS};
use crate::queue::{GroupView, Queue};

pub(crate) struct ListGroups;

/// A page to list.
#[derive(Debug)]
pub(crate) struct GroupsRequest<'a> {
    count: usize,
    from: &'a [u8],
}

impl<'a> Options<'a, 2> for GroupsRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::count("COUNT", "count", |request, n| request.count = n),
        CommandOption::other("CURSOR", Arg::word("cursor", ArgKind::String), |request, args| {
            request.from = name_cursor::parse("JQ.GROUPS", args.next("CURSOR")?)?;
            Ok(())
        }),
    ];
}

impl Command for ListGroups {
    const SPEC: Spec = Spec {
        name: "jq.groups",
        summary: "Lists groups, their limits, and what they wait for",
        complexity: "O(COUNT log n)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly",
        acl: "read slow",
        key: KeyUse::Read,
        args: &{
            let [count, cursor] = GroupsRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), count.arg(), cursor.arg()]
        },
    };

    type Request<'a> = GroupsRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<GroupsRequest<'a>, Error> {
        let mut request = GroupsRequest { count: DEFAULT_ROWS, from: b"" };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl ReadCommand for ListGroups {
    fn run(request: &GroupsRequest<'_>, queue: &Queue, _: &Env, reply: &mut dyn Reply) {
        let mut groups = queue.groups_from(request.from);
        let page: Vec<_> = groups.by_ref().take(request.count).collect();
        reply.array(2);
        name_cursor::reply(groups.next().map(|group| group.name), reply);
        let rows: Vec<_> = page.iter().map(group_fields).collect();
        reply_list(&rows, Format::Map, reply);
    }
}

/// A group as a map.
pub(in crate::commands) fn group_fields<'a>(group: &GroupView<'a>) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("group", Field::Bytes(group.name));
    fields.push("waiting", count(group.waiting.into()));
    fields.push("active", count(group.active.into()));
    fields.push("claimable", size(group.room));
    push_pause(&mut fields, group.pause);
    fields.push("concurrency", count(group.concurrency));
    fields.push("rate", show_rate(group.rate));
    fields.push_some("own-concurrency", group.own.concurrency.map(count));
    fields.push_some("own-rate", group.own.rate.map(show_rate));
    fields.push_some("why", group.why.clone().map(Field::Text));
    fields.push_some("until", group.until.map(count));
    fields
}
