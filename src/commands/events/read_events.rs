//! `JQ.EVENTS queue [AFTER event-id] [COUNT n] [BLOCK ms] [ID job] [ONLY event,event,...]` -> `[next, missed, [[event-id,
//! at, event, job or null, field, value, ...], ...]]`
//!
//! `next` is what AFTER of the next call takes. Without AFTER a reader begins with the oldest event that is kept, with
//! `AFTER $` now. A page has 1 MB of events at most, and one call looks at 10,000: with ID or ONLY a page may be
//! short, or empty, though more follow. With BLOCK a client waits where there is none, 0 for ever, and gets what there is
//! when one comes or ms are over.

use crate::commands::args::{parse_uint, Args};
use crate::commands::command::{AwaitCommand, AwaitRequest, Command, Env, PageRequest};
use crate::commands::error::Error;
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Awaited, EventFilter, EventId, EventPage, EventStart, EventValue, LoggedEvent, Queue};

pub(crate) struct ReadEvents;

/// What a reader asks for.
#[derive(Debug)]
pub(crate) struct EventsRequest<'a> {
    start: EventStart,
    filter: EventFilter<&'a [u8]>,
    count: usize,
    block: Option<u64>,
}

/// How many events a call replies with when COUNT is not given.
const DEFAULT_EVENTS: usize = 100;
/// The longest list of names after ONLY, in bytes.
const MAX_ONLY: usize = 4096;

impl<'a> Options<'a, 5> for EventsRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 5] = [
        CommandOption::other("AFTER", Arg::word("event-id", ArgKind::String), |request, args| {
            request.start = start(args.next("AFTER")?)?;
            Ok(())
        }),
        CommandOption::count("COUNT", "count", |request, n| request.count = n),
        CommandOption::span("BLOCK", "ms", 0, |request, ms| request.block = Some(ms)),
        CommandOption::name("ID", "job", names::id, |request, job| request.filter.job = Some(job)),
        CommandOption::name("ONLY", "events", only, |request, names| request.filter.names = Some(names)),
    ];
}

fn start(word: &[u8]) -> Result<EventStart, Error> {
    if word == b"$" {
        return Ok(EventStart::Now);
    }
    let mut parts = word.splitn(2, |byte| *byte == b'-').map(parse_uint);
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(ms), Some(n)) => Ok(EventStart::After(EventId { ms, n })),
        _ => Err(Error::range("AFTER", "$ or the id of an event, as JQ.EVENTS replies it", word)),
    }
}

/// Names divided by commas.
fn only(word: &[u8]) -> Result<&[u8], Error> {
    let is_list = word.len() <= MAX_ONLY && word.split(|byte| *byte == b',').all(|name| !name.is_empty());
    if is_list {
        Ok(word)
    } else {
        Err(Error::range("ONLY", "names of events divided by commas", word))
    }
}

impl Command for ReadEvents {
    const SPEC: Spec = Spec {
        name: "jq.events",
        summary: "Reads the last transitions of a queue, and what applications said beside them",
        complexity: "O(log n + events), with ID or ONLY O(log n + 10,000)",
        since: "0.1.0",
        arity: -2,
        flags: "readonly blocking",
        acl: "read slow blocking",
        key: KeyUse::Read,
        args: &{
            let [after, count, block, id, only] = EventsRequest::OPTIONS;
            [Arg::word("queue", ArgKind::Key), after.arg(), count.arg(), block.arg(), id.arg(), only.arg()]
        },
    };

    type Request<'a> = EventsRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<EventsRequest<'a>, Error> {
        let filter = EventFilter { job: None, names: None };
        let mut request =
            EventsRequest { start: EventStart::Oldest, filter, count: DEFAULT_EVENTS, block: None };
        args.options(&mut request)?;
        Ok(request)
    }
}

impl AwaitCommand for ReadEvents {
    fn run(
        request: EventsRequest<'_>,
        queue: &Queue,
        env: &Env,
        reply: &mut dyn Reply,
    ) -> Option<AwaitRequest> {
        let EventsRequest { start, filter, count, block } = request;
        let page = queue.events(start, &filter, count);
        let has_nothing = page.events.is_empty() && page.missed == 0 && page.is_last;
        if let Some(block) = block.filter(|_| env.may_block && has_nothing) {
            let page = PageRequest { after: page.next, count };
            return Some(AwaitRequest { awaited: Awaited::Logged(filter.to_owned_names()), page, block });
        }
        reply_page(&page, reply);
        None
    }
}

/// `[next, missed, events]`.
pub(in crate::commands) fn reply_page(page: &EventPage<'_>, reply: &mut dyn Reply) {
    reply.array(3);
    reply.bytes(page.next.to_string().as_bytes());
    reply.uint(page.missed);
    reply.array(page.events.len());
    for event in &page.events {
        reply_event(event, reply);
    }
}

fn reply_event(event: &LoggedEvent<'_>, reply: &mut dyn Reply) {
    reply.array(4 + 2 * event.fields.len());
    reply.bytes(event.id.to_string().as_bytes());
    reply.uint(event.at);
    reply.bytes(event.name.bytes());
    match event.job {
        Some(job) => reply.bytes(job),
        None => reply.null_string(),
    }
    for field in &event.fields {
        reply.bytes(field.name.bytes());
        match field.value {
            EventValue::State(state) => reply.bytes(state.name().as_bytes()),
            EventValue::Number(number) => reply.uint(number),
            EventValue::Bytes(bytes) => reply.bytes(bytes),
        }
    }
}
