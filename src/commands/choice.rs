//! A choice: one word of a table, each with what it stands for. The parser, COMMAND DOCS and the replies read that table.

use super::args::Args;
use super::error::Error;
use super::spec::{Arg, ArgKind};

/// The next argument as one of the words of `table`; the error names `what` it is.
pub(super) fn choice<T: Copy>(what: &str, table: &[(Arg, T)], args: &mut Args<'_>) -> Result<T, Error> {
    let word = args.next(what)?;
    let chosen =
        table.iter().find(|(arg, _)| arg.token.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(word)));
    chosen.map(|(_, value)| *value).ok_or_else(|| Error::range(what, &allowed(table), word))
}

/// `a, b or c`, for the error.
fn allowed<T>(table: &[(Arg, T)]) -> String {
    let words: Vec<&str> = table.iter().filter_map(|(arg, _)| arg.token).collect();
    match words.as_slice() {
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
        [] => String::new(),
    }
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
