//! The registration of commands: what Redis knows of each, and what it calls for it.

use super::{apply, debug, dispatch};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Multiple, Spec};
use crate::commands::{
    internal, visit_all, AwaitCommand, CommandVisitor, FirstQueueCommand, ReadCommand, ShowOrSetCommand,
    WriteCommand,
};
use crate::redis::call::Call;
use crate::redis::command::OnCommand;
use crate::redis::command_info::{ArgType, CommandArg, CommandInfo, KeyAccess};
use crate::redis::module::{ModuleLoader, Registered};
use std::ffi::CStr;
use std::marker::PhantomData;

/// The module's own ACL category, where the server can have one.
const CATEGORY: &CStr = c"jq";

/// Registers all commands for clients, and JQ.APPLY.
pub(super) fn register_commands(loader: &ModuleLoader<'_>) -> Registered {
    let category = if loader.add_acl_category(CATEGORY) { "jq " } else { "" };
    let mut registration = Registration { loader, category, outcome: Ok(()) };
    visit_all(&mut registration);
    registration.outcome?;
    // A user with all of `jq` does not get what is for the server itself and for tests.
    register::<Apply>(loader, "", &internal::APPLY)
}

/// Registers JQ.DEBUG.
pub(super) fn register_debug(loader: &ModuleLoader<'_>) -> Registered {
    register::<Debug>(loader, "", &internal::DEBUG)
}

fn register<C: OnCommand>(loader: &ModuleLoader<'_>, category: &str, spec: &Spec) -> Registered {
    loader.register_command::<C>(&CommandInfo {
        name: spec.name,
        summary: spec.summary,
        complexity: spec.complexity,
        since: spec.since,
        arity: spec.arity,
        flags: spec.flags,
        acl: &format!("{category}{}", spec.acl),
        args: args(spec.args, spec.since),
    })
}

/// Registers each command with the way that its kind takes, up to the first that the server refuses.
struct Registration<'l> {
    loader: &'l ModuleLoader<'l>,
    category: &'static str,
    outcome: Registered,
}

impl Registration<'_> {
    fn register<C: OnCommand>(&mut self, spec: &Spec) {
        if self.outcome.is_ok() {
            self.outcome = register::<C>(self.loader, self.category, spec);
        }
    }
}

impl CommandVisitor for Registration<'_> {
    fn read<C: ReadCommand>(&mut self) {
        self.register::<Reads<C>>(&C::SPEC);
    }

    fn write<C: WriteCommand>(&mut self) {
        self.register::<Writes<C>>(&C::SPEC);
    }

    fn show_or_set<C: ShowOrSetCommand>(&mut self) {
        self.register::<ShowsOrSets<C>>(&C::SPEC);
    }

    fn wait<C: AwaitCommand>(&mut self) {
        self.register::<Awaits<C>>(&C::SPEC);
    }

    fn first_queue<C: FirstQueueCommand>(&mut self) {
        self.register::<FirstQueue<C>>(&C::SPEC);
    }
}

struct Reads<C>(PhantomData<C>);

impl<C: ReadCommand> OnCommand for Reads<C> {
    const KEY: KeyAccess = key_access(C::SPEC.key);

    fn run(call: &Call<'_>) {
        dispatch::read::<C>(call);
    }
}

struct Writes<C>(PhantomData<C>);

impl<C: WriteCommand> OnCommand for Writes<C> {
    const KEY: KeyAccess = key_access(C::SPEC.key);

    fn run(call: &Call<'_>) {
        dispatch::write::<C>(call);
    }
}

struct ShowsOrSets<C>(PhantomData<C>);

impl<C: ShowOrSetCommand> OnCommand for ShowsOrSets<C> {
    const KEY: KeyAccess = key_access(C::SPEC.key);

    fn run(call: &Call<'_>) {
        dispatch::show_or_set::<C>(call);
    }
}

struct Awaits<C>(PhantomData<C>);

impl<C: AwaitCommand> OnCommand for Awaits<C> {
    const KEY: KeyAccess = key_access(C::SPEC.key);

    fn run(call: &Call<'_>) {
        dispatch::wait::<C>(call);
    }
}

struct FirstQueue<C>(PhantomData<C>);

impl<C: FirstQueueCommand> OnCommand for FirstQueue<C> {
    const KEY: KeyAccess = key_access(C::SPEC.key);

    fn run(call: &Call<'_>) {
        dispatch::first_queue::<C>(call);
    }
}

/// JQ.APPLY.
struct Apply;

impl OnCommand for Apply {
    const KEY: KeyAccess = key_access(internal::APPLY.key);

    fn run(call: &Call<'_>) {
        apply::command(call);
    }
}

/// JQ.DEBUG.
struct Debug;

impl OnCommand for Debug {
    const KEY: KeyAccess = key_access(internal::DEBUG.key);

    fn run(call: &Call<'_>) {
        debug::command(call);
    }
}

const fn key_access(key: KeyUse) -> KeyAccess {
    match key {
        KeyUse::None => KeyAccess::None,
        KeyUse::Read => KeyAccess::Read,
        KeyUse::Update => KeyAccess::ReadAndWrite,
        KeyUse::UpdateEach => KeyAccess::ReadAndWriteEach,
        KeyUse::Create => KeyAccess::Write,
        KeyUse::ReadOrCreate(most) => KeyAccess::ByWords(most),
    }
}

/// The words of a command that is there since this version.
fn args(args: &'static [Arg], command_since: &'static str) -> Vec<CommandArg<'static>> {
    let arg = |arg: &Arg| {
        let since = arg.since.unwrap_or(command_since);
        CommandArg {
            name: arg.name,
            kind: arg_type(arg.kind),
            token: arg.token,
            optional: arg.optional,
            multiple: arg.multiple != Multiple::Never,
            repeats_token: arg.multiple == Multiple::WithKeyword,
            parts: self::args(arg.parts, since),
            since,
        }
    };
    args.iter().map(arg).collect()
}

fn arg_type(kind: ArgKind) -> ArgType {
    match kind {
        ArgKind::Key => ArgType::Key,
        ArgKind::String => ArgType::String,
        ArgKind::Integer => ArgType::Integer,
        ArgKind::UnixTime => ArgType::UnixTime,
        ArgKind::PureToken => ArgType::PureToken,
        ArgKind::OneOf => ArgType::OneOf,
        ArgKind::Block => ArgType::Block,
    }
}
