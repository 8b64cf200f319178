//! The registration of commands: what Redis knows of each, and what it calls for it.

use super::{apply, debug, dispatch};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::commands::{internal, COMMANDS};
use crate::redis::call::Call;
use crate::redis::command::OnCommand;
use crate::redis::command_info::{ArgType, CommandArg, CommandInfo, KeyAccess};
use crate::redis::module::{ModuleLoader, Registered};
use std::ffi::CStr;

/// The module's own ACL category, where the server can have one.
const CATEGORY: &CStr = c"jq";

/// Registers all commands for clients, and JQ.APPLY.
pub(super) fn register_commands(loader: &ModuleLoader<'_>) -> Registered {
    let category = if loader.add_acl_category(CATEGORY) { "jq " } else { "" };
    macro_rules! register {
        ($($number:literal)*) => {
            $(register::<Numbered<$number>>(loader, category, &COMMANDS[$number].spec)?;)*
        };
    }
    register!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    const { assert!(COMMANDS.len() == 32, "every command is registered") };
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
        arity: spec.arity,
        flags: spec.flags,
        acl: &format!("{category}{}", spec.acl),
        args: args(spec.args),
    })
}

/// The command of this number in [`COMMANDS`].
struct Numbered<const NUMBER: usize>;

impl<const NUMBER: usize> OnCommand for Numbered<NUMBER> {
    #[allow(clippy::indexing_slicing)] // with a number that is too large this does not compile
    const KEY: KeyAccess = key_access(COMMANDS[NUMBER].spec.key);

    fn run(call: &Call<'_>) {
        dispatch::command(NUMBER, call);
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
        KeyUse::Create => KeyAccess::Write,
        KeyUse::ReadOrCreate => KeyAccess::ByWords(read_or_create),
    }
}

/// With more words than its name and its key the command writes.
fn read_or_create(words: usize) -> KeyAccess {
    if words > 2 {
        KeyAccess::Write
    } else {
        KeyAccess::Read
    }
}

fn args(args: &'static [Arg]) -> Vec<CommandArg<'static>> {
    args.iter()
        .map(|arg| CommandArg {
            name: arg.name,
            kind: arg_type(arg.kind),
            token: arg.token,
            optional: arg.optional,
            multiple: arg.multiple,
            parts: self::args(arg.parts),
        })
        .collect()
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
