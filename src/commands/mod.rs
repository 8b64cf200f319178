//! The words of the manual: one file per command, each with its syntax, how it is read, what it does to the
//! queue and what it answers.
//!
//! ```text
//!   words ──parse──► Request ──run──► queue decides, changes, journals ──► Reply
//! ```
//!
//! Everything is parsed before the key is opened; a request that was accepted can only fail for a limit of
//! the queue, and then before its first change.

pub mod args;
pub mod error;
pub mod internal;
pub mod reply;
pub mod spec;

mod ack;
mod add;
mod add_options;
pub mod awaits;
mod batch;
mod batches;
mod cancel;
mod check;
mod claim;
mod config;
mod explain;
mod extend;
mod fields;
mod forget;
mod get;
mod ids;
mod list;
mod madd;
mod nack;
mod onexpire;
mod pause;
mod progress;
mod promote;
mod purge;
mod release;
mod remove;
mod resume;
mod retry;
mod schedule;
mod schedules;
mod seal;
mod series;
pub mod settings;
mod stats;
mod tokens;
mod unschedule;
mod workers;

use crate::queue::{Now, Queue, Session};
use args::Args;
pub use awaits::Await;
pub use claim::Waiting;
use error::Error;
use reply::Reply;
use spec::Spec;

/// What the module's own configuration limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest payload, result or progress in bytes.
    pub max_payload: usize,
}

/// What a command needs to know of where it runs, beside the queue.
#[derive(Debug, Clone, Copy)]
pub struct Env {
    /// The instant it runs at.
    pub now: Now,
    /// How many claimable jobs belong to clients that wait in line already.
    pub promised: usize,
    /// How many clients wait in line.
    pub waiters: usize,
    /// Whether the client may be made to wait: not inside MULTI, scripts and functions.
    pub may_block: bool,
}

/// What happens after a command has run.
#[derive(Debug)]
pub enum Flow {
    /// The reply is written.
    Done,
    /// Nothing is written: the client waits in line.
    Wait(Box<Waiting>),
}

/// A command that was understood.
#[derive(Debug)]
pub enum Request<'a> {
    /// It only looks.
    Read(Read<'a>),
    /// It may change the queue.
    Write(Write<'a>),
    /// It looks, and may wait for something to happen.
    Await(Await),
}

/// The commands that only look.
#[derive(Debug)]
#[allow(missing_docs)] // each names its command
pub enum Read<'a> {
    Batch(batch::Batch<'a>),
    Batches(batches::Batches),
    Check(check::Check),
    Config(config::Show),
    Explain(explain::Explain<'a>),
    Get(get::Get<'a>),
    List(list::List<'a>),
    Schedules(schedules::Schedules),
    OnExpire(onexpire::List),
    Series(series::Series),
    Stats(stats::Stats),
    Workers(workers::Workers),
}

/// The commands that may change the queue.
#[derive(Debug)]
#[allow(missing_docs)] // each names its command
pub enum Write<'a> {
    Ack(ack::Ack<'a>),
    Add(add::Add<'a>),
    Cancel(cancel::Cancel<'a>),
    Claim(claim::Claim<'a>),
    Configure(config::Configure<'a>),
    Extend(extend::Extend<'a>),
    Forget(forget::Forget<'a>),
    Listen(Box<onexpire::Listen<'a>>),
    Madd(madd::Madd<'a>),
    Nack(nack::Nack<'a>),
    Pause(pause::Pause),
    Progress(progress::Progress<'a>),
    Promote(promote::Promote<'a>),
    Purge(purge::Purge),
    Release(release::Release<'a>),
    Remove(remove::Remove<'a>),
    Resume(resume::Resume),
    Retry(retry::Retry<'a>),
    Seal(seal::Seal<'a>),
    Schedule(Box<schedule::Schedule<'a>>),
    Unschedule(unschedule::Unschedule<'a>),
    Silence(onexpire::Silence<'a>),
}

impl Read<'_> {
    /// Answers from `queue` as it is.
    pub fn run(&self, queue: &Queue, env: &Env, reply: &mut dyn Reply) -> Result<(), Error> {
        match self {
            Read::Batch(request) => request.run(queue, reply),
            Read::Batches(request) => request.run(queue, reply),
            Read::Check(request) => request.run(queue, reply),
            Read::Config(request) => request.run(queue, reply),
            Read::Explain(request) => request.run(queue, reply),
            Read::Get(request) => request.run(queue, reply),
            Read::List(request) => request.run(queue, reply),
            Read::Schedules(request) => request.run(queue, reply),
            Read::OnExpire(request) => request.run(queue, reply),
            Read::Series(request) => request.run(queue, env, reply),
            Read::Stats(request) => request.run(queue, env, reply),
            Read::Workers(request) => request.run(queue, reply),
        }
        Ok(())
    }
}

impl Write<'_> {
    /// Changes the queue and answers. An error means that nothing was written and, but for what time did
    /// anyway, nothing has changed.
    pub fn run(&self, session: &mut Session<'_>, env: &Env, reply: &mut dyn Reply) -> Result<Flow, Error> {
        match self {
            Write::Ack(request) => request.run(session, reply),
            Write::Add(request) => request.run(session, reply)?,
            Write::Cancel(request) => request.run(session, reply),
            Write::Claim(request) => return Ok(request.run(session, env, reply)),
            Write::Configure(request) => request.run(session, reply)?,
            Write::Extend(request) => request.run(session, reply),
            Write::Forget(request) => request.run(session, reply),
            Write::Listen(request) => request.run(session, reply)?,
            Write::Madd(request) => request.run(session, reply)?,
            Write::Nack(request) => request.run(session, reply),
            Write::Pause(request) => request.run(session, reply),
            Write::Progress(request) => request.run(session, reply),
            Write::Promote(request) => request.run(session, reply),
            Write::Purge(request) => request.run(session, reply),
            Write::Release(request) => request.run(session, reply),
            Write::Remove(request) => request.run(session, reply),
            Write::Resume(request) => request.run(session, reply),
            Write::Retry(request) => request.run(session, reply),
            Write::Seal(request) => request.run(session, reply),
            Write::Schedule(request) => request.run(session, reply)?,
            Write::Unschedule(request) => request.run(session, reply),
            Write::Silence(request) => request.run(session, reply),
        }
        Ok(Flow::Done)
    }

    /// The beginning of the names of keys that the queue will tell of from now on; None: of no others.
    #[must_use]
    pub fn listens_for(&self) -> Option<&[u8]> {
        match self {
            Write::Listen(request) => Some(request.prefix()),
            _ => None,
        }
    }
}

/// How a command reads its words (those after the queue's name).
pub type Parse = for<'a> fn(&mut Args<'a>, &Limits) -> Result<Request<'a>, Error>;

/// One command.
pub struct Command {
    /// What Redis is told about it.
    pub spec: Spec,
    /// How it reads its words.
    parse: Parse,
}

impl Command {
    /// Reads all words after the command's name; the first of them is the queue's name.
    pub fn parse<'a>(&self, mut args: Args<'a>, limits: &Limits) -> Result<Request<'a>, Error> {
        args.next("queue")?;
        let request = (self.parse)(&mut args, limits)?;
        args.finish()?;
        Ok(request)
    }
}

/// Every command a client may call.
pub static COMMANDS: [Command; 32] = [
    Command { spec: ack::SPEC, parse: ack::parse },
    Command { spec: add::SPEC, parse: add::parse },
    Command { spec: awaits::SPEC, parse: awaits::parse },
    Command { spec: batch::SPEC, parse: batch::parse },
    Command { spec: batches::SPEC, parse: batches::parse },
    Command { spec: cancel::SPEC, parse: cancel::parse },
    Command { spec: check::SPEC, parse: check::parse },
    Command { spec: claim::SPEC, parse: claim::parse },
    Command { spec: config::SPEC, parse: config::parse },
    Command { spec: explain::SPEC, parse: explain::parse },
    Command { spec: extend::SPEC, parse: extend::parse },
    Command { spec: forget::SPEC, parse: forget::parse },
    Command { spec: get::SPEC, parse: get::parse },
    Command { spec: list::SPEC, parse: list::parse },
    Command { spec: madd::SPEC, parse: madd::parse },
    Command { spec: nack::SPEC, parse: nack::parse },
    Command { spec: onexpire::SPEC, parse: onexpire::parse },
    Command { spec: pause::SPEC, parse: pause::parse },
    Command { spec: progress::SPEC, parse: progress::parse },
    Command { spec: promote::SPEC, parse: promote::parse },
    Command { spec: purge::SPEC, parse: purge::parse },
    Command { spec: release::SPEC, parse: release::parse },
    Command { spec: remove::SPEC, parse: remove::parse },
    Command { spec: resume::SPEC, parse: resume::parse },
    Command { spec: retry::SPEC, parse: retry::parse },
    Command { spec: seal::SPEC, parse: seal::parse },
    Command { spec: schedule::SPEC, parse: schedule::parse },
    Command { spec: schedules::SPEC, parse: schedules::parse },
    Command { spec: series::SPEC, parse: series::parse },
    Command { spec: stats::SPEC, parse: stats::parse },
    Command { spec: unschedule::SPEC, parse: unschedule::parse },
    Command { spec: workers::SPEC, parse: workers::parse },
];
