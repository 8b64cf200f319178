//! `JQ.RELEASE queue token id [token id ...] [DELAY ms] [FRONT] [SET field value] [UNSET field]` -> per job 1, -1 no such
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
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Place, Queue, ReleaseOptions, Session};

pub struct Release;

/// Jobs to hand back.
#[derive(Debug)]
pub enum ReleaseRequest<'a> {
    /// All that this worker holds.
    AllOf(&'a [u8]),
    Jobs(ReleasedJobs<'a>),
}

/// The jobs of some leases, to be delayed by so many milliseconds, or to come before all others.
#[derive(Debug)]
pub struct ReleasedJobs<'a> {
    leases: LeaseRefs<'a>,
    delay: u64,
    place: Place,
    fields: FieldArgs<'a>,
}

impl<'a> Options<'a, 4> for ReleasedJobs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 4] = [
        CommandOption::span("DELAY", "delay-ms", 0, |jobs, ms| jobs.delay = ms),
        CommandOption::flag("FRONT", "front", |jobs| jobs.place = Place::Front),
        CommandOption::repeated("SET", field_args::SET, |jobs, args| jobs.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |jobs, args| jobs.fields.unset(args)),
    ];
}

const JOBS: [Arg; 5] = {
    let [delay, front, set, unset] = ReleasedJobs::OPTIONS;
    [leases::ARG, delay.arg(), front.arg(), set.arg(), unset.arg()]
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
        let mut jobs = ReleasedJobs { leases, delay: 0, place: Place::End, fields: FieldArgs::default() };
        args.options(&mut jobs)?;
        jobs.fields = jobs.fields.finish(jobs.leases.len())?;
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
            ReleaseRequest::Jobs(ReleasedJobs { leases, delay, place, fields }) => {
                let options = ReleaseOptions { delay: *delay, place: *place, changes: fields.changes() };
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
