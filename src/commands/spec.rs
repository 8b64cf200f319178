//! What Redis knows of each command: arity, flags, keys, categories and documentation.

/// How a command uses its key (its first argument).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Reads the queue, never changes it: key spec `RO ACCESS`.
    Read,
    /// May change an existing queue: `RW ACCESS UPDATE`.
    Update,
    /// The same with several queues, of which the first argument says how many follow.
    UpdateEach,
    /// May create the queue: `RW UPDATE`, without ACCESS, so that `%W~` is enough to produce.
    Create,
    /// With so many words, its name among them, it reads the queue; with more it may create it: `RO ACCESS` or
    /// `RW UPDATE`.
    ReadOrCreate(usize),
    /// Has no key.
    None,
}

/// An argument of a command, for `COMMAND DOCS`.
#[derive(Debug, Clone, Copy)]
pub struct Arg {
    /// The name the manual uses.
    pub name: &'static str,
    /// Its kind.
    pub kind: ArgKind,
    /// The keyword before it, if any.
    pub token: Option<&'static str>,
    /// May be left out.
    pub optional: bool,
    /// Whether it may be repeated.
    pub multiple: Multiple,
    /// The parts of a block or the choices of a one-of.
    pub parts: &'static [Arg],
    /// The version that brought it, if that is a later one than the command's.
    pub since: Option<&'static str>,
}

/// Whether an argument may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiple {
    /// It may not.
    Never,
    /// The value may, once its keyword is there.
    Value,
    /// Its keyword and its value may.
    WithKeyword,
}

/// The kinds of arguments that `COMMAND DOCS` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// The queue's name.
    Key,
    /// Any bytes.
    String,
    /// An integer.
    Integer,
    /// An instant in Unix milliseconds.
    UnixTime,
    /// A bare keyword: `token` alone.
    PureToken,
    /// One of `parts`.
    OneOf,
    /// All of `parts` in order.
    Block,
}

impl Arg {
    /// A required word.
    #[must_use]
    pub const fn word(name: &'static str, kind: ArgKind) -> Self {
        Arg { name, kind, token: None, optional: false, multiple: Multiple::Never, parts: &[], since: None }
    }

    /// An optional keyword with a value.
    #[must_use]
    pub const fn option(token: &'static str, name: &'static str, kind: ArgKind) -> Self {
        Arg {
            name,
            kind,
            token: Some(token),
            optional: true,
            multiple: Multiple::Never,
            parts: &[],
            since: None,
        }
    }

    /// A bare keyword.
    #[must_use]
    pub const fn token(token: &'static str, name: &'static str) -> Self {
        Arg {
            name,
            kind: ArgKind::PureToken,
            token: Some(token),
            optional: false,
            multiple: Multiple::Never,
            parts: &[],
            since: None,
        }
    }

    /// A choice between `parts`.
    #[must_use]
    pub const fn one_of(name: &'static str, parts: &'static [Arg]) -> Self {
        Arg {
            name,
            kind: ArgKind::OneOf,
            token: None,
            optional: false,
            multiple: Multiple::Never,
            parts,
            since: None,
        }
    }

    /// `parts` in this order.
    #[must_use]
    pub const fn block(name: &'static str, parts: &'static [Arg]) -> Self {
        Arg {
            name,
            kind: ArgKind::Block,
            token: None,
            optional: false,
            multiple: Multiple::Never,
            parts,
            since: None,
        }
    }

    /// The same, but it must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.optional = false;
        self
    }

    /// The same, but it may be left out.
    #[must_use]
    pub const fn maybe(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same, but it may be repeated.
    #[must_use]
    pub const fn many(mut self) -> Self {
        self.multiple = Multiple::Value;
        self
    }

    /// The same, but it may be repeated with its keyword.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.multiple = Multiple::WithKeyword;
        self
    }

    /// The same, but of this version.
    #[must_use]
    pub const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }

    /// The same, introduced by a keyword.
    #[must_use]
    pub const fn after(mut self, token: &'static str) -> Self {
        self.token = Some(token);
        self
    }
}

/// One command as Redis and its users see it.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Lower case, as registered: `jq.add`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The cost.
    pub complexity: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// Words including the name; negative: at least that many.
    pub arity: i32,
    /// Flags for `RM_CreateCommand`.
    pub flags: &'static str,
    /// ACL categories, on servers that have them for modules.
    pub acl: &'static str,
    /// How it uses its key.
    pub key: KeyUse,
    /// Its words.
    pub args: &'static [Arg],
}
