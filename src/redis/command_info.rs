//! Registering commands and telling the server what it can know about them: COMMAND DOCS, key specs, ACL.

use super::entries::Entry;
use super::{int, OK};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::{c_char, c_int};
use std::ptr;

/// The module's own ACL category, where the server can have one.
const CATEGORY: &str = "jq";

/// The texts and tables one command's description points into, kept until the server has copied them.
#[derive(Default)]
struct Drawer {
    texts: Vec<CString>,
    args: Vec<Vec<raw::RedisModuleCommandArg>>,
}

/// Creates the ACL category `jq`, on servers where modules can (not Redis 7.0).
pub(super) fn add_category(ctx: *mut raw::RedisModuleCtx) {
    if let Some(add) = api!(RedisModule_AddACLCategory) {
        // SAFETY: (1), (2), (5). Refused only if somebody else made it; commands join it then.
        unsafe { add(ctx, c"jq".as_ptr()) };
    }
}

/// Registers one command. False if the server refuses.
pub(super) fn register(ctx: *mut raw::RedisModuleCtx, spec: &Spec, entry: Entry) -> bool {
    let mut drawer = Drawer::default();
    let name = drawer.text(spec.name);
    // Which permission the key takes is asked of the command itself: see [`tell_key`].
    let asked = if spec.key == KeyUse::ReadOrCreate { " getkeys-api" } else { "" };
    let flags = drawer.text(&format!("{}{asked}", spec.flags));
    let key = c_int::from(spec.key != KeyUse::None);
    let (Some(create), Some(get)) = (api!(RedisModule_CreateCommand), api!(RedisModule_GetCommand)) else {
        return false;
    };
    // SAFETY: (1), (2), (5).
    if unsafe { create(ctx, name, Some(entry), flags, key, key, key) } != OK {
        return false;
    }
    // SAFETY: (1), (2), (5).
    let command = unsafe { get(ctx, name) };
    !command.is_null() && describe(&mut drawer, command, spec) && categorise(&mut drawer, command, spec)
}

fn describe(drawer: &mut Drawer, command: *mut raw::RedisModuleCommand, spec: &Spec) -> bool {
    let Some(set) = api!(RedisModule_SetCommandInfo) else { return true };
    let version = raw::RedisModuleCommandInfoVersion {
        version: 1,
        sizeof_historyentry: size_of::<raw::RedisModuleCommandHistoryEntry>(),
        sizeof_keyspec: size_of::<raw::RedisModuleCommandKeySpec>(),
        sizeof_arg: size_of::<raw::RedisModuleCommandArg>(),
    };
    let mut keys = key_specs(spec.key);
    let info = raw::RedisModuleCommandInfo {
        version: &raw const version,
        summary: drawer.text(spec.summary),
        complexity: drawer.text(spec.complexity),
        since: ptr::null(),
        history: ptr::null_mut(),
        tips: ptr::null(),
        arity: spec.arity,
        key_specs: keys.as_mut_ptr(),
        args: drawer.args(spec.args),
    };
    // SAFETY: (1), (2), (5) every table ends with an empty entry.
    unsafe { set(command, &raw const info) == OK }
}

fn categorise(drawer: &mut Drawer, command: *mut raw::RedisModuleCommand, spec: &Spec) -> bool {
    // A server that has categories for modules, but no new ones, gets those it knows.
    let Some(set) = api!(RedisModule_SetCommandACLCategories) else { return true };
    // Whoever is given all of `jq` is not given what is for the server itself and for tests.
    let is_for_clients = !spec.acl.contains("dangerous");
    let own = if is_for_clients && api!(RedisModule_AddACLCategory).is_some() { CATEGORY } else { "" };
    let categories = drawer.text(format!("{own} {}", spec.acl).trim());
    // SAFETY: (1), (2), (5).
    unsafe { set(command, categories) == OK }
}

/// Whether the server calls a command only to learn its key and what it does to it, and tells it then. Such a call comes
/// without a client, and in a cluster of Valkeys from a thread that reads for clients, so promise (2) does not hold: what it
/// is given is its own, and nothing else may be touched.
pub(super) fn tell_key(ctx: *mut raw::RedisModuleCtx, key: KeyUse, argc: c_int) -> bool {
    let may_be_asked = api!(RedisModule_IsKeysPositionRequest).filter(|_| key == KeyUse::ReadOrCreate);
    // SAFETY: (1) the context is of this call alone.
    let is_asked = may_be_asked.is_some_and(|asks| unsafe { asks(ctx) } != 0);
    if let (true, Some(tell)) = (is_asked && argc > 1, api!(RedisModule_KeyAtPosWithFlags)) {
        let key = if argc > 2 { KeyUse::Create } else { KeyUse::Read };
        // SAFETY: (1) as above; there is a word at this place.
        unsafe { tell(ctx, 1, int(key_flags(key))) };
    }
    is_asked
}

/// The key specs of a command, ended by an empty one. Without an own spec a reader of keys would need write
/// permission too.
fn key_specs(key: KeyUse) -> Vec<raw::RedisModuleCommandKeySpec> {
    let end = raw::RedisModuleCommandKeySpec {
        notes: ptr::null(),
        flags: 0,
        begin_search_type: raw::RedisModuleKeySpecBeginSearchType_REDISMODULE_KSPEC_BS_INVALID,
        bs: raw::RedisModuleCommandKeySpec__bindgen_ty_1 {
            index: raw::RedisModuleCommandKeySpec__bindgen_ty_1__bindgen_ty_1 { pos: 1 },
        },
        find_keys_type: raw::RedisModuleKeySpecFindKeysType_REDISMODULE_KSPEC_FK_RANGE,
        fk: raw::RedisModuleCommandKeySpec__bindgen_ty_2 {
            range: raw::RedisModuleCommandKeySpec__bindgen_ty_2__bindgen_ty_1 {
                lastkey: 0,
                keystep: 1,
                limit: 0,
            },
        },
    };
    let first_word = raw::RedisModuleCommandKeySpec {
        flags: u64::from(key_flags(key)),
        begin_search_type: raw::RedisModuleKeySpecBeginSearchType_REDISMODULE_KSPEC_BS_INDEX,
        ..end
    };
    if key == KeyUse::None {
        vec![end]
    } else {
        vec![first_word, end]
    }
}

/// What a command does to its key, as the server says it.
fn key_flags(key: KeyUse) -> u32 {
    match key {
        KeyUse::None => 0,
        KeyUse::Read => raw::REDISMODULE_CMD_KEY_RO | raw::REDISMODULE_CMD_KEY_ACCESS,
        KeyUse::Update => {
            raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_ACCESS | raw::REDISMODULE_CMD_KEY_UPDATE
        }
        // Of INSERT, UPDATE and DELETE a spec may name one. No ACCESS: what these answer is not what the queue
        // holds, so write permission is enough to produce.
        KeyUse::Create => raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_UPDATE,
        // The most it may be; what it is the command tells.
        KeyUse::ReadOrCreate => key_flags(KeyUse::Create) | raw::REDISMODULE_CMD_KEY_VARIABLE_FLAGS,
    }
}

impl Drawer {
    /// A text for the server. Ours have no NUL in them.
    fn text(&mut self, text: &str) -> *const c_char {
        self.texts.push(CString::new(text).unwrap_or_default());
        self.texts.last().map_or(ptr::null(), |text| text.as_ptr())
    }

    /// Words for the server, ended by an empty one; null if there are none.
    fn args(&mut self, args: &[Arg]) -> *mut raw::RedisModuleCommandArg {
        if args.is_empty() {
            return ptr::null_mut();
        }
        let mut table: Vec<_> = args.iter().map(|arg| self.arg(arg)).collect();
        table.push(NO_ARG);
        self.args.push(table);
        self.args.last_mut().map_or(ptr::null_mut(), Vec::as_mut_ptr)
    }

    fn arg(&mut self, arg: &Arg) -> raw::RedisModuleCommandArg {
        let optional = if arg.optional { raw::REDISMODULE_CMD_ARG_OPTIONAL } else { 0 };
        let multiple = if arg.multiple { raw::REDISMODULE_CMD_ARG_MULTIPLE } else { 0 };
        raw::RedisModuleCommandArg {
            name: self.text(arg.name),
            type_: kind(arg.kind),
            key_spec_index: if arg.kind == ArgKind::Key { 0 } else { -1 },
            token: arg.token.map_or(ptr::null(), |token| self.text(token)),
            flags: int(optional | multiple),
            subargs: self.args(arg.parts),
            ..NO_ARG
        }
    }
}

const NO_ARG: raw::RedisModuleCommandArg = raw::RedisModuleCommandArg {
    name: ptr::null(),
    type_: 0,
    key_spec_index: 0,
    token: ptr::null(),
    summary: ptr::null(),
    since: ptr::null(),
    flags: 0,
    deprecated_since: ptr::null(),
    subargs: ptr::null_mut(),
    display_text: ptr::null(),
};

fn kind(kind: ArgKind) -> raw::RedisModuleCommandArgType {
    match kind {
        ArgKind::Key => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_KEY,
        ArgKind::String => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_STRING,
        ArgKind::Integer => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_INTEGER,
        ArgKind::UnixTime => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_UNIX_TIME,
        ArgKind::PureToken => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_PURE_TOKEN,
        ArgKind::OneOf => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_ONEOF,
        ArgKind::Block => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_BLOCK,
    }
}
