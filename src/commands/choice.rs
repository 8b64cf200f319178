//! A choice: one word of a table, each with what it stands for. The parser, COMMAND DOCS and the replies read that table.

use super::args::Args;
use super::error::Error;
use super::spec::{Arg, ArgKind};

/// The next argument as one of the words of `table`; `what` and `allowed` are named in the error.
pub(super) fn choice<T: Copy>(
    what: &str,
    allowed: &str,
    table: &[(Arg, T)],
    args: &mut Args<'_>,
) -> Result<T, Error> {
    let word = args.next(what)?;
    let chosen =
        table.iter().find(|(arg, _)| arg.token.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(word)));
    chosen.map(|(_, value)| *value).ok_or_else(|| Error::range(what, allowed, word))
}

/// The words of a choice, for COMMAND DOCS.
#[allow(clippy::indexing_slicing)] // the compiler evaluates it
pub(super) const fn args_of<T: Copy, const N: usize>(table: &[(Arg, T); N]) -> [Arg; N] {
    let mut args = [Arg::word("", ArgKind::PureToken); N];
    let mut place = 0;
    while place < N {
        args[place] = table[place].0;
        place += 1;
    }
    args
}

/// The name of a chosen value.
pub(super) fn name_of<T: PartialEq>(table: &[(Arg, T)], value: &T) -> &'static str {
    table.iter().find(|(_, known)| known == value).map_or("", |(arg, _)| arg.name)
}
