//! Runs commands on a queue without a server: for tests, which then need neither a key nor a connection.

use super::args::{ArgLimits, Args};
use super::command::{
    change, parse, parse_counted, parse_shown, visit, AwaitCommand, Command, Env, FirstQueueCommand,
    ReadCommand, ShowOrSetCommand, Visit, WriteCommand, WriteOutcome,
};
use super::error::Error;
use super::list::{visit_all, CommandVisitor};
use super::reply::Reply;
use crate::queue::{Journal, Queue, Session};

/// Where a command runs.
pub struct Standalone<'q> {
    /// The queue that every call is about, whatever key it names.
    pub queue: &'q mut Queue,
    /// Gets the effects.
    pub journal: &'q mut dyn Journal,
    /// The instant, and what the server would know of other clients.
    pub env: Env<'q>,
    /// What the module's configuration would limit.
    pub limits: ArgLimits,
}

impl Standalone<'_> {
    /// Runs the command that `words` name; None if there is no such command.
    pub fn call(&mut self, words: &[&[u8]], reply: &mut dyn Reply) -> Option<Result<WriteOutcome, Error>> {
        let (name, arguments) = words.split_first()?;
        let mut call = NamedCall { name, arguments, place: self, reply, outcome: None };
        visit_all(&mut call);
        call.outcome
    }
}

/// One call: runs the command of its name, and no other.
struct NamedCall<'c, 'q> {
    name: &'c [u8],
    arguments: &'c [&'c [u8]],
    place: &'c mut Standalone<'q>,
    reply: &'c mut dyn Reply,
    outcome: Option<Result<WriteOutcome, Error>>,
}

impl NamedCall<'_, '_> {
    /// Runs `work` if `C` is the command that was named and its arguments can be parsed.
    fn run_if_named<C: Command>(
        &mut self,
        work: impl FnOnce(C::Request<'_>, &mut Session<'_>, &Env, &mut dyn Reply) -> Result<WriteOutcome, Error>,
    ) {
        if !C::SPEC.name.as_bytes().eq_ignore_ascii_case(self.name) {
            return;
        }
        let Standalone { queue, journal, env, limits } = &mut *self.place;
        let request = parse::<C>(Args::new(self.arguments, *limits));
        self.outcome = Some(request.and_then(|request| {
            let mut session = Session::begin(queue, env.now, *journal);
            work(request, &mut session, env, self.reply)
        }));
    }
}

impl CommandVisitor for NamedCall<'_, '_> {
    fn read<C: ReadCommand>(&mut self) {
        self.run_if_named::<C>(|request, session, env, reply| {
            C::refusal(&request, env).map_or(Ok(()), Err)?;
            C::run(&request, session.queue(), env, reply);
            Ok(WriteOutcome::Replied)
        });
    }

    fn write<C: WriteCommand>(&mut self) {
        self.run_if_named::<C>(|request, session, env, reply| change::<C>(&request, session, env, reply));
    }

    fn show_or_set<C: ShowOrSetCommand>(&mut self) {
        let is_named = C::SPEC.name.as_bytes().eq_ignore_ascii_case(self.name);
        if is_named && C::only_shows(self.arguments.len() + 1) {
            let Standalone { queue, journal, env, limits } = &mut *self.place;
            self.outcome = Some(parse_shown::<C>(Args::new(self.arguments, *limits)).map(|shown| {
                C::show(&shown, Session::begin(queue, env.now, *journal).queue(), self.reply);
                WriteOutcome::Replied
            }));
        } else {
            self.write::<C>();
        }
    }

    /// Nothing happens while a client waits here, so the present state is replied.
    fn wait<C: AwaitCommand>(&mut self) {
        self.run_if_named::<C>(|request, session, env, reply| {
            let blocked = C::run(request, session.queue(), &Env { may_block: false, ..*env }, reply);
            debug_assert!(blocked.is_none(), "this client may not be blocked");
            Ok(WriteOutcome::Replied)
        });
    }

    /// Every name is that of the one queue.
    fn first_queue<C: FirstQueueCommand>(&mut self) {
        if !C::SPEC.name.as_bytes().eq_ignore_ascii_case(self.name) {
            return;
        }
        let Standalone { queue, journal, env, limits } = &mut *self.place;
        let parsed = parse_counted::<C>(Args::new(self.arguments, *limits));
        self.outcome = Some(parsed.and_then(|(names, request)| {
            for name in names {
                let mut session = Session::begin(queue, env.now, *journal);
                if visit::<C>(&request, name, &mut session, env, self.reply)? == Visit::Replied {
                    return Ok(WriteOutcome::Replied);
                }
            }
            self.reply.null();
            Ok(WriteOutcome::Replied)
        }));
    }
}
