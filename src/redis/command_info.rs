//! What the server knows about a command: COMMAND DOCS, key specs, ACL categories.

use super::module::ModuleLoader;
use super::{int, name, OK};
use redis_module::raw;
use std::ffi::{CStr, CString};
use std::ops::Range;
use std::os::raw::{c_char, c_int};
use std::ptr;

/// What a command does to its key, which is the first word after its name; or to its keys, of which that word says
/// how many follow.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyAccess {
    /// It has no key.
    None,
    /// It reads the value and never changes it: `RO ACCESS`.
    Read,
    /// It may change the value and returns what it holds: `RW ACCESS UPDATE`.
    ReadAndWrite,
    /// It may change or create the value and does not return what it holds: `RW UPDATE`, without ACCESS, so
    /// that `%W~` is enough.
    Write,
    /// The same to each of its keys.
    ReadAndWriteEach,
    /// With so many words, the command's name among them, it reads; with more it writes. The server asks, call by
    /// call.
    ByWords(usize),
}

/// What the server knows about a command, beside its key.
#[derive(Debug)]
pub(crate) struct CommandInfo<'i> {
    /// Lower case, as registered.
    pub(crate) name: &'i str,
    /// One line.
    pub(crate) summary: &'i str,
    /// The cost.
    pub(crate) complexity: &'i str,
    /// The version that brought it.
    pub(crate) since: &'i str,
    /// Words including the name; negative: at least that many.
    pub(crate) arity: i32,
    /// Flags for `RM_CreateCommand`.
    pub(crate) flags: &'i str,
    /// ACL categories, on servers that have them for modules.
    pub(crate) acl: &'i str,
    /// Its words.
    pub(crate) args: Vec<CommandArg<'i>>,
}

/// A word of a command's syntax.
#[derive(Debug)]
pub(crate) struct CommandArg<'i> {
    pub(crate) name: &'i str,
    pub(crate) kind: ArgType,
    /// The keyword before it, if any.
    pub(crate) token: Option<&'i str>,
    pub(crate) optional: bool,
    pub(crate) multiple: bool,
    /// Repeated, its keyword stands before it again.
    pub(crate) repeats_token: bool,
    /// The parts of a block or the choices of a one-of.
    pub(crate) parts: Vec<CommandArg<'i>>,
    /// The version that brought it.
    pub(crate) since: &'i str,
}

/// The kinds of words, named as in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the server's own names
pub(crate) enum ArgType {
    Key,
    String,
    Integer,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// The texts and tables to which a description points, kept until the server has copied it.
#[derive(Default)]
pub(super) struct Texts {
    strings: Vec<CString>,
    args: Vec<Vec<raw::RedisModuleCommandArg>>,
}

impl ModuleLoader<'_> {
    /// Creates an ACL category. False on servers where modules cannot have their own, such as Redis 7.0.
    pub(crate) fn add_acl_category(&self, name: &CStr) -> bool {
        // SAFETY: (1), (2), (5). Refused only if another module made it; commands join it then.
        api!(RedisModule_AddACLCategory).map(|add| unsafe { add(self.as_ptr(), name.as_ptr()) }).is_some()
    }
}

/// Describes a command to the server. False if it refuses.
pub(super) fn describe(
    texts: &mut Texts,
    command: *mut raw::RedisModuleCommand,
    info: &CommandInfo<'_>,
    key: KeyAccess,
) -> bool {
    let Some(set) = api!(RedisModule_SetCommandInfo) else { return true };
    let version = raw::RedisModuleCommandInfoVersion {
        version: 1,
        sizeof_historyentry: size_of::<raw::RedisModuleCommandHistoryEntry>(),
        sizeof_keyspec: size_of::<raw::RedisModuleCommandKeySpec>(),
        sizeof_arg: size_of::<raw::RedisModuleCommandArg>(),
    };
    let mut keys = key_specs(key);
    let info = raw::RedisModuleCommandInfo {
        version: &raw const version,
        summary: texts.text(info.summary),
        complexity: texts.text(info.complexity),
        since: texts.text(info.since),
        history: ptr::null_mut(),
        tips: ptr::null(),
        arity: info.arity,
        key_specs: keys.as_mut_ptr(),
        args: texts.args(&info.args),
    };
    // SAFETY: (1), (2), (5) every table ends with an empty entry.
    unsafe { set(command, &raw const info) == OK }
}

/// Puts a command into ACL categories, on servers that have them for modules. False if the server refuses.
pub(super) fn categorise(texts: &mut Texts, command: *mut raw::RedisModuleCommand, categories: &str) -> bool {
    let Some(set) = api!(RedisModule_SetCommandACLCategories) else { return true };
    let categories = texts.text(categories);
    // SAFETY: (1), (2), (5).
    unsafe { set(command, categories) == OK }
}

impl KeyAccess {
    /// Whether the server asks the module, call by call. About keys that are counted, too: it goes by their spec,
    /// but Redis 7.0 does not when it looks for the slot of a command.
    pub(super) fn is_asked_for(self) -> bool {
        match self {
            KeyAccess::ByWords(_) | KeyAccess::ReadAndWriteEach => true,
            KeyAccess::None | KeyAccess::Read | KeyAccess::ReadAndWrite | KeyAccess::Write => false,
        }
    }

    /// Which of the words of a call are keys.
    fn positions(self, words: &[*mut raw::RedisModuleString]) -> Range<usize> {
        match self {
            KeyAccess::ReadAndWriteEach => {
                // SAFETY: (1) a word of the call. A count that does not fit is refused when the command runs.
                let count = words.get(1).map_or(&b""[..], |word| unsafe { name::bytes(*word) });
                let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok());
                let end = count.and_then(|count| count.checked_add(2)).filter(|end| *end <= words.len());
                2..end.unwrap_or(2)
            }
            KeyAccess::None => 1..1,
            KeyAccess::Read | KeyAccess::ReadAndWrite | KeyAccess::Write | KeyAccess::ByWords(_) => {
                1..words.len().min(2)
            }
        }
    }
}

/// Whether the server calls a command only to learn its keys and what the command does to them, which is replied
/// here. Such a call comes without a client, and in a cluster of Valkeys from a thread that reads for
/// clients, so promise (2) does not hold: what it is given is its own, and nothing else may be touched.
///
/// # Safety
/// The `argc` strings at `argv` and `ctx` are of this call alone.
pub(super) unsafe fn replied_key_access(
    key: KeyAccess,
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> bool {
    // SAFETY: (1) the context is of this call alone.
    let asks = || api!(RedisModule_IsKeysPositionRequest).is_some_and(|asks| unsafe { asks(ctx) } != 0);
    if !key.is_asked_for() || !asks() {
        return false;
    }
    let count = usize::try_from(argc).unwrap_or(0);
    // SAFETY: the caller's promise.
    let words = if argv.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(argv, count) } };
    let access = match key {
        KeyAccess::ByWords(read_with) if count <= read_with => KeyAccess::Read,
        KeyAccess::ByWords(_) => KeyAccess::Write,
        fixed => fixed,
    };
    if let Some(reply) = api!(RedisModule_KeyAtPosWithFlags) {
        for position in key.positions(words) {
            // SAFETY: (1) as above; there is a word at this place.
            unsafe { reply(ctx, c_int::try_from(position).unwrap_or(0), int(key_flags(access))) };
        }
    }
    true
}

/// The key specs of a command, ended by an empty one. Without an own spec a reader of keys would need write
/// permission too.
fn key_specs(key: KeyAccess) -> Vec<raw::RedisModuleCommandKeySpec> {
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
    // Counted from the first word.
    let counted = raw::RedisModuleCommandKeySpec {
        find_keys_type: raw::RedisModuleKeySpecFindKeysType_REDISMODULE_KSPEC_FK_KEYNUM,
        fk: raw::RedisModuleCommandKeySpec__bindgen_ty_2 {
            keynum: raw::RedisModuleCommandKeySpec__bindgen_ty_2__bindgen_ty_2 {
                keynumidx: 0,
                firstkey: 1,
                keystep: 1,
            },
        },
        ..first_word
    };
    match key {
        KeyAccess::None => vec![end],
        KeyAccess::ReadAndWriteEach => vec![counted, end],
        KeyAccess::Read | KeyAccess::ReadAndWrite | KeyAccess::Write | KeyAccess::ByWords(_) => {
            vec![first_word, end]
        }
    }
}

/// What a command does to its key, as the server says it.
fn key_flags(key: KeyAccess) -> u32 {
    match key {
        KeyAccess::None => 0,
        KeyAccess::Read => raw::REDISMODULE_CMD_KEY_RO | raw::REDISMODULE_CMD_KEY_ACCESS,
        KeyAccess::ReadAndWrite | KeyAccess::ReadAndWriteEach => {
            raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_ACCESS | raw::REDISMODULE_CMD_KEY_UPDATE
        }
        // Of INSERT, UPDATE and DELETE a spec may name one.
        KeyAccess::Write => raw::REDISMODULE_CMD_KEY_RW | raw::REDISMODULE_CMD_KEY_UPDATE,
        // The most it may be.
        KeyAccess::ByWords(_) => key_flags(KeyAccess::Write) | raw::REDISMODULE_CMD_KEY_VARIABLE_FLAGS,
    }
}

impl Texts {
    /// A text for the server. Ours have no NUL in them.
    pub(super) fn text(&mut self, text: &str) -> *const c_char {
        self.strings.push(CString::new(text).unwrap_or_default());
        self.strings.last().map_or(ptr::null(), |text| text.as_ptr())
    }

    /// Words for the server, ended by an empty one; null if there are none.
    fn args(&mut self, args: &[CommandArg<'_>]) -> *mut raw::RedisModuleCommandArg {
        if args.is_empty() {
            return ptr::null_mut();
        }
        let mut table: Vec<_> = args.iter().map(|arg| self.arg(arg)).collect();
        table.push(NO_ARG);
        self.args.push(table);
        self.args.last_mut().map_or(ptr::null_mut(), Vec::as_mut_ptr)
    }

    fn arg(&mut self, arg: &CommandArg<'_>) -> raw::RedisModuleCommandArg {
        let optional = if arg.optional { raw::REDISMODULE_CMD_ARG_OPTIONAL } else { 0 };
        let multiple = if arg.multiple { raw::REDISMODULE_CMD_ARG_MULTIPLE } else { 0 };
        let token = if arg.repeats_token { raw::REDISMODULE_CMD_ARG_MULTIPLE_TOKEN } else { 0 };
        raw::RedisModuleCommandArg {
            name: self.text(arg.name),
            type_: arg_type(arg.kind),
            key_spec_index: if arg.kind == ArgType::Key { 0 } else { -1 },
            token: arg.token.map_or(ptr::null(), |token| self.text(token)),
            flags: int(optional | multiple | token),
            subargs: self.args(&arg.parts),
            since: self.text(arg.since),
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

fn arg_type(kind: ArgType) -> raw::RedisModuleCommandArgType {
    match kind {
        ArgType::Key => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_KEY,
        ArgType::String => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_STRING,
        ArgType::Integer => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_INTEGER,
        ArgType::UnixTime => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_UNIX_TIME,
        ArgType::PureToken => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_PURE_TOKEN,
        ArgType::OneOf => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_ONEOF,
        ArgType::Block => raw::RedisModuleCommandArgType_REDISMODULE_ARG_TYPE_BLOCK,
    }
}
