//! `JQ.CHANGE queue id [PAYLOAD payload] [PROGRESS data] [DELAY ms | AT instant] [PRIORITY n] [FRONT] [NAME name]
//! [SET field value] [UNSET field]` -> 1 changed, 0 its state does not allow one of these, -1 no such job
//!
//! Needs no token: it is for producers and operators, not for the worker of the job.

use crate::commands::args::{check_instant, Args, MAX_INSTANT};
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::producing::add_options::set_start;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::ROOM_AT_MEMORY_LIMIT;
use crate::queue::{ChangeRequest, Place, Queue, Session, Start};

pub(crate) struct ChangeJob;

/// A job to change.
#[derive(Debug)]
pub(crate) struct ChangeJobRequest<'a> {
    id: &'a [u8],
    change: ChangeRequest<'a>,
    fields: FieldArgs<'a>,
}

impl<'a> Options<'a, 9> for ChangeJobRequest<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 9] = [
        CommandOption::other("PAYLOAD", Arg::word("payload", ArgKind::String), |request, args| {
            request.change.payload = Some(args.payload("PAYLOAD")?);
            Ok(())
        }),
        CommandOption::other("PROGRESS", Arg::word("progress", ArgKind::String), |request, args| {
            request.change.progress = Some(args.payload("PROGRESS")?);
            Ok(())
        }),
        CommandOption::other("DELAY", Arg::word("delay-ms", ArgKind::Integer), |request, args| {
            let delay = args.span("DELAY", 0)?;
            set_start(&mut request.change.start, Start::After(delay))
        }),
        CommandOption::other("AT", Arg::word("at-instant", ArgKind::UnixTime), |request, args| {
            let instant = args.uint("AT", 0..=MAX_INSTANT)?;
            set_start(&mut request.change.start, Start::At(instant))
        }),
        CommandOption::other("PRIORITY", Arg::word("priority", ArgKind::Integer), |request, args| {
            request.change.priority = Some(args.priority()?);
            Ok(())
        }),
        CommandOption::flag("FRONT", "front", |request| request.change.place = Place::Front),
        CommandOption::name("NAME", "job-name", names::job_name, |request, name| {
            request.change.name = Some(name);
        }),
        CommandOption::repeated("SET", field_args::SET, |request, args| request.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |request, args| request.fields.unset(args)),
    ];
}

const START: [Arg; 2] = {
    let [_, _, delay, at, ..] = ChangeJobRequest::OPTIONS;
    [delay.arg().required(), at.arg().required()]
};

impl Command for ChangeJob {
    const SPEC: Spec = Spec {
        name: "jq.change",
        summary: "Changes a job or its record without its worker",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &{
            let [payload, progress, _, _, priority, front, name, set, unset] = ChangeJobRequest::OPTIONS;
            [
                Arg::word("queue", ArgKind::Key),
                Arg::word("id", ArgKind::String),
                payload.arg(),
                progress.arg(),
                Arg::one_of("start", &START).maybe(),
                priority.arg(),
                front.arg(),
                name.arg(),
                set.arg(),
                unset.arg(),
            ]
        },
    };

    type Request<'a> = ChangeJobRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ChangeJobRequest<'a>, Error> {
        let id = names::id(args.next("id")?)?;
        let mut request =
            ChangeJobRequest { id, change: ChangeRequest::NOTHING, fields: FieldArgs::default() };
        args.options(&mut request)?;
        request.fields.finish(1)?;
        if request.change == ChangeRequest::NOTHING && request.fields.changes().is_none() {
            return Err(Error::syntax("what is to change is missing"));
        }
        Ok(request)
    }
}

impl WriteCommand for ChangeJob {
    /// What a job has may get smaller, and only so much larger.
    fn refusal_at_memory_limit(request: &ChangeJobRequest<'_>, queue: &Queue) -> Option<Error> {
        let ChangeRequest { payload, progress, .. } = request.change;
        let job = || queue.view(request.id);
        let len = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
        refusal_of_growth("PAYLOAD", len(payload), || job().map(|job| len(job.payload)))
            .or_else(|| refusal_of_growth("PROGRESS", len(progress), || job().map(|job| len(job.progress))))
            .or_else(|| request.fields.refusal_of_growth(queue, &[request.id]))
    }

    fn run(
        ChangeJobRequest { id, change, fields }: &ChangeJobRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        if let Start::At(instant) = change.start {
            check_instant("AT", instant, session.now())?;
        }
        let change = ChangeRequest { fields: fields.changes(), ..*change };
        if let Some(changes) = change.fields {
            session.check_fields(id, changes).map_err(field_args::refusal)?;
        }
        reply.int(names::code_of(session.change_from_outside(id, &change)));
        Ok(WriteOutcome::Replied)
    }
}

/// Why so many bytes are refused at the memory limit: they are many, and more than the job has. The job is looked up only
/// where they are many. None: they are taken, or there is no such job, which nothing changes.
fn refusal_of_growth(name: &str, new: usize, old: impl FnOnce() -> Option<usize>) -> Option<Error> {
    let grows = new > ROOM_AT_MEMORY_LIMIT && old().is_some_and(|old| new > old);
    grows.then(|| Error::memory_for(name, new))
}
