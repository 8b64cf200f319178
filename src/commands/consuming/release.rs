//! `JQ.RELEASE queue token id [token id ...] [DELAY ms | HOLD] [FRONT] [SET field value] [UNSET field]` -> per job 1, -1 no such
//! job, -2 the lease is no longer yours, -3 it was cancelled; `JQ.RELEASE queue WORKER name` -> how many jobs the worker held
//!
//! Hands jobs back unharmed: no attempt is burned, and without options they get their old place.

use super::leases::{self, LeaseRefs};
use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::producing::add_options::{check_place, set_start};
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Place, Queue, ReleaseOptions, Session, Start};

pub(crate) struct Release;

/// Jobs to hand back.
#[derive(Debug)]
pub(crate) enum ReleaseRequest<'a> {
    /// All that this worker holds.
    AllOf(&'a [u8]),
    Jobs(ReleasedJobs<'a>),
}

/// The jobs of some leases, and when and where they join the line again.
#[derive(Debug)]
pub(crate) struct ReleasedJobs<'a> {
    leases: LeaseRefs<'a>,
    start: Start,
    place: Place,
    fields: FieldArgs<'a>,
}

impl<'a> Options<'a, 5> for ReleasedJobs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 5] = [
        CommandOption::other("DELAY", Arg::word("delay-ms", ArgKind::Integer), |jobs, args| {
            let delay = args.span("DELAY", 0)?;
            set_start(&mut jobs.start, Start::After(delay))
        }),
        CommandOption::other_flag("HOLD", "hold", |jobs| set_start(&mut jobs.start, Start::Hold)),
        CommandOption::flag("FRONT", "front", |jobs| jobs.place = Place::Front),
        CommandOption::repeated("SET", field_args::SET, |jobs, args| jobs.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |jobs, args| jobs.fields.unset(args)),
    ];
}

const JOBS: [Arg; 6] = {
    let [delay, hold, front, set, unset] = ReleasedJobs::OPTIONS;
    [leases::ARG, delay.arg(), hold.arg(), front.arg(), set.arg(), unset.arg()]
};

impl Command for Release {
    const SPEC: Spec = Spec {
        name: "jq.release",
        summary: "Hands claimed jobs back unharmed, or all that a worker holds",
        complexity: "O(log n) per job",
        since: "0.1.0",
        arity: -4,
        flags: "write fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::one_of(
                "what",
                &[Arg::word("worker", ArgKind::String).after("WORKER"), Arg::block("jobs", &JOBS)],
            ),
        ],
    };

    type Request<'a> = ReleaseRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<ReleaseRequest<'a>, Error> {
        if args.keyword("WORKER") {
            return Ok(ReleaseRequest::AllOf(names::worker(args.next("name")?)?));
        }
        let leases = leases::leases(args, &ReleasedJobs::OPTIONS)?;
        let mut jobs =
            ReleasedJobs { leases, start: Start::Now, place: Place::End, fields: FieldArgs::default() };
        args.options(&mut jobs)?;
        check_place(jobs.start, jobs.place)?;
        jobs.fields.finish(jobs.leases.len())?;
        Ok(ReleaseRequest::Jobs(jobs))
    }
}

impl WriteCommand for Release {
    fn refusal_at_memory_limit(request: &ReleaseRequest<'_>, _: &Queue) -> Option<Error> {
        match request {
            ReleaseRequest::AllOf(_) => None,
            ReleaseRequest::Jobs(jobs) => jobs.fields.refusal_at_memory_limit(),
        }
    }

    fn run(
        request: &ReleaseRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match request {
            ReleaseRequest::AllOf(worker) => reply.size(session.release_all(worker)),
            ReleaseRequest::Jobs(ReleasedJobs { leases, start, place, fields }) => {
                let options = ReleaseOptions { start: *start, place: *place, changes: fields.changes() };
                leases::check_fields(session, leases, options.changes)?;
                reply.array(leases.len());
                for lease in leases {
                    reply.int(leases::code(session.release(lease.token, lease.id, &options)));
                }
            }
        }
        Ok(WriteOutcome::Replied)
    }
}
