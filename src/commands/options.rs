//! Options of commands: keywords that follow the fixed arguments in any order, most of them at most once and with a
//! value.
//!
//! A command has one table of its options. The parser and COMMAND DOCS read it, and a test compares it with
//! the manual.

use super::args::{span_or_forever, Args, MAX_INSTANT};
use super::error::{shown, Error};
use super::spec::{Arg, ArgKind, Multiple};
use super::MAX_ITEMS;
use crate::queue::Place;

/// A request that `N` options can change. `'a` is the lifetime of the arguments, from which it may borrow.
pub(super) trait Options<'a, const N: usize>: Sized {
    const OPTIONS: [CommandOption<'a, Self>; N];
}

/// Where jobs join their priority.
impl<'a> Options<'a, 1> for Place {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::flag("FRONT", "front", |place| *place = Place::Front)];
}

/// A request without options.
impl<'a> Options<'a, 0> for () {
    const OPTIONS: [CommandOption<'a, Self>; 0] = [];
}

/// One option of a request `R`.
pub(super) struct CommandOption<'a, R> {
    keyword: &'static str,
    arg: Arg,
    set: Setter<'a, R>,
}

/// What follows the keyword, and how it gets into the request.
enum Setter<'a, R> {
    /// No value.
    Flag(fn(&mut R)),
    /// An integer from `least` to `most`.
    Integer { least: u64, most: u64, set: fn(&mut R, u64) },
    /// How many items.
    Count(fn(&mut R, usize)),
    /// Milliseconds from `least` to 10 years.
    Span { least: u64, set: fn(&mut R, u64) },
    /// Milliseconds from `least` to 10 years, or -1 for ever.
    SpanOrForever { least: u64, set: fn(&mut R, u64) },
    /// Unix milliseconds.
    UnixTime(fn(&mut R, u64)),
    /// A name that `check` accepts.
    Name { check: fn(&[u8]) -> Result<&[u8], Error>, set: fn(&mut R, &'a [u8]) },
    /// Any bytes.
    Text(fn(&mut R, &'a [u8])),
    /// No value, and the function may refuse it.
    OtherFlag(fn(&mut R) -> Result<(), Error>),
    /// What the function takes from the arguments.
    Other(fn(&mut R, &mut Args<'a>) -> Result<(), Error>),
}

/// The constructors take the keyword, the name that COMMAND DOCS gives the value, what the value may be, and
/// what it sets.
impl<'a, R> CommandOption<'a, R> {
    pub(super) const fn flag(keyword: &'static str, name: &'static str, set: fn(&mut R)) -> Self {
        CommandOption { keyword, arg: Arg::token(keyword, name).maybe(), set: Setter::Flag(set) }
    }

    pub(super) const fn integer(
        keyword: &'static str,
        name: &'static str,
        least: u64,
        most: u64,
        set: fn(&mut R, u64),
    ) -> Self {
        Self::valued(keyword, name, ArgKind::Integer, Setter::Integer { least, most, set })
    }

    /// How many items, at most as many as one call may ask for.
    pub(super) const fn count(keyword: &'static str, name: &'static str, set: fn(&mut R, usize)) -> Self {
        Self::valued(keyword, name, ArgKind::Integer, Setter::Count(set))
    }

    pub(super) const fn span(
        keyword: &'static str,
        name: &'static str,
        least: u64,
        set: fn(&mut R, u64),
    ) -> Self {
        Self::valued(keyword, name, ArgKind::Integer, Setter::Span { least, set })
    }

    pub(super) const fn span_or_forever(
        keyword: &'static str,
        name: &'static str,
        least: u64,
        set: fn(&mut R, u64),
    ) -> Self {
        Self::valued(keyword, name, ArgKind::Integer, Setter::SpanOrForever { least, set })
    }

    pub(super) const fn instant(keyword: &'static str, name: &'static str, set: fn(&mut R, u64)) -> Self {
        Self::valued(keyword, name, ArgKind::UnixTime, Setter::UnixTime(set))
    }

    pub(super) const fn name(
        keyword: &'static str,
        name: &'static str,
        check: fn(&[u8]) -> Result<&[u8], Error>,
        set: fn(&mut R, &'a [u8]),
    ) -> Self {
        Self::valued(keyword, name, ArgKind::String, Setter::Name { check, set })
    }

    pub(super) const fn text(keyword: &'static str, name: &'static str, set: fn(&mut R, &'a [u8])) -> Self {
        Self::valued(keyword, name, ArgKind::String, Setter::Text(set))
    }

    /// For a value of its own form: `arg` is how COMMAND DOCS shows it.
    pub(super) const fn other(
        keyword: &'static str,
        arg: Arg,
        set: fn(&mut R, &mut Args<'a>) -> Result<(), Error>,
    ) -> Self {
        CommandOption { keyword, arg: arg.after(keyword).maybe(), set: Setter::Other(set) }
    }

    /// The same for an option that may be given again and again.
    pub(super) const fn repeated(
        keyword: &'static str,
        arg: Arg,
        set: fn(&mut R, &mut Args<'a>) -> Result<(), Error>,
    ) -> Self {
        CommandOption { keyword, arg: arg.after(keyword).maybe().repeated(), set: Setter::Other(set) }
    }

    /// A keyword without a value that may contradict others.
    pub(super) const fn other_flag(
        keyword: &'static str,
        name: &'static str,
        set: fn(&mut R) -> Result<(), Error>,
    ) -> Self {
        CommandOption { keyword, arg: Arg::token(keyword, name).maybe(), set: Setter::OtherFlag(set) }
    }

    const fn valued(keyword: &'static str, name: &'static str, kind: ArgKind, set: Setter<'a, R>) -> Self {
        CommandOption { keyword, arg: Arg::option(keyword, name, kind), set }
    }

    /// How COMMAND DOCS shows it.
    pub(super) const fn arg(&self) -> Arg {
        self.arg
    }

    /// Whether `word` is its keyword.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.keyword.as_bytes().eq_ignore_ascii_case(word)
    }

    /// Takes the value from `args` into `request`; the keyword is taken already.
    fn take(&self, args: &mut Args<'a>, request: &mut R) -> Result<(), Error> {
        let keyword = self.keyword;
        match self.set {
            Setter::Flag(set) => set(request),
            Setter::Integer { least, most, set } => set(request, args.uint(keyword, least..=most)?),
            Setter::Count(set) => {
                set(request, usize::try_from(args.uint(keyword, 1..=MAX_ITEMS)?).unwrap_or(usize::MAX));
            }
            Setter::Span { least, set } => set(request, args.span(keyword, least)?),
            Setter::SpanOrForever { least, set } => {
                set(request, span_or_forever(keyword, args.next(keyword)?, least)?);
            }
            Setter::UnixTime(set) => set(request, args.uint(keyword, 0..=MAX_INSTANT)?),
            Setter::Name { check, set } => set(request, check(args.next(keyword)?)?),
            Setter::Text(set) => set(request, args.next(keyword)?),
            Setter::OtherFlag(set) => set(request)?,
            Setter::Other(set) => set(request, args)?,
        }
        Ok(())
    }
}

/// How COMMAND DOCS shows the options of a table.
#[allow(clippy::indexing_slicing)] // the compiler evaluates it
pub(super) const fn args_of_options<R, const N: usize>(table: &[CommandOption<'_, R>; N]) -> [Arg; N] {
    let mut args = [Arg::word("", ArgKind::PureToken); N];
    let mut place = 0;
    while place < N {
        args[place] = table[place].arg();
        place += 1;
    }
    args
}

/// The words of a command, list after list.
///
/// Does not compile if they are not `N`.
#[allow(clippy::indexing_slicing, clippy::panic)] // the compiler evaluates it
pub(super) const fn joined<const N: usize>(lists: &[&[Arg]]) -> [Arg; N] {
    let mut args = [Arg::word("", ArgKind::PureToken); N];
    let (mut list, mut place) = (0, 0);
    while list < lists.len() {
        let mut nth = 0;
        while nth < lists[list].len() {
            args[place] = lists[list][nth];
            (nth, place) = (nth + 1, place + 1);
        }
        list += 1;
    }
    assert!(place == N);
    args
}

/// Which options were given, by their places in the tables.
#[derive(Default)]
struct Given(u64);

impl Given {
    fn insert<R>(&mut self, place: usize, option: &CommandOption<'_, R>) -> Result<(), Error> {
        let (bit, keyword) = (1 << place, option.keyword);
        if self.0 & bit != 0 && option.arg.multiple != Multiple::WithKeyword {
            return Err(Error::syntax(format!("{keyword} is given twice")));
        }
        self.0 |= bit;
        Ok(())
    }
}

/// Whether `word` is the keyword of an option of the table.
pub(super) fn is_one_of<R>(table: &[CommandOption<'_, R>], word: &[u8]) -> bool {
    table.iter().any(|option| option.is(word))
}

fn unknown<'k>(word: &[u8], keywords: impl Iterator<Item = &'k str>) -> Error {
    let known = keywords.collect::<Vec<_>>().join(", ");
    Error::syntax(format!("unknown option {}: options stand last and are {known}", shown(word)))
}

fn keywords<'t, 'a, R>(table: &'t [CommandOption<'a, R>]) -> impl Iterator<Item = &'t str> + use<'t, 'a, R> {
    table.iter().map(|option| option.keyword)
}

fn find<'t, 'a, R>(
    table: &'t [CommandOption<'a, R>],
    word: &[u8],
) -> Option<(usize, &'t CommandOption<'a, R>)> {
    table.iter().enumerate().find(|(_, option)| option.is(word))
}

impl<'a> Args<'a> {
    /// Takes all arguments that are left as options of `request`.
    pub(super) fn options<R: Options<'a, N>, const N: usize>(
        &mut self,
        request: &mut R,
    ) -> Result<(), Error> {
        self.options_of_two((&R::OPTIONS, request), (&[], &mut ()))
    }

    /// Takes all arguments that are left as options of two requests, each with its table.
    pub(super) fn options_of_two<R, S>(
        &mut self,
        first: (&[CommandOption<'a, R>], &mut R),
        second: (&[CommandOption<'a, S>], &mut S),
    ) -> Result<(), Error> {
        self.options_until(None, first, second)
    }

    /// The same up to `keyword`, where an option could begin.
    pub(super) fn options_before<R, S>(
        &mut self,
        keyword: &str,
        first: (&[CommandOption<'a, R>], &mut R),
        second: (&[CommandOption<'a, S>], &mut S),
    ) -> Result<(), Error> {
        self.options_until(Some(keyword), first, second)
    }

    fn options_until<R, S>(
        &mut self,
        end: Option<&str>,
        (table, request): (&[CommandOption<'a, R>], &mut R),
        (second_table, second_request): (&[CommandOption<'a, S>], &mut S),
    ) -> Result<(), Error> {
        let mut given = Given::default();
        let is_end = |word: &[u8]| end.is_some_and(|end| end.as_bytes().eq_ignore_ascii_case(word));
        while let Some(word) = self.peek().filter(|word| !is_end(word)) {
            self.try_next();
            if let Some((place, option)) = find(table, word) {
                given.insert(place, option)?;
                option.take(self, request)?;
            } else if let Some((place, option)) = find(second_table, word) {
                given.insert(table.len() + place, option)?;
                option.take(self, second_request)?;
            } else {
                return Err(unknown(word, keywords(table).chain(keywords(second_table)).chain(end)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::ArgLimits;

    impl<'a> Options<'a, 1> for u64 {
        const OPTIONS: [CommandOption<'a, Self>; 1] =
            [CommandOption::integer("NUMBER", "number", 1, 9, |number, n| *number = n)];
    }

    impl<'a> Options<'a, 1> for bool {
        const OPTIONS: [CommandOption<'a, Self>; 1] =
            [CommandOption::flag("FLAG", "flag", |flag| *flag = true)];
    }

    fn read(words: &[&[u8]]) -> Result<(u64, bool), Error> {
        let (mut number, mut flag) = (0, false);
        let mut args = Args::new(words, ArgLimits { max_payload: 0 });
        args.options_of_two((&u64::OPTIONS, &mut number), (&bool::OPTIONS, &mut flag))?;
        Ok((number, flag))
    }

    #[test]
    fn options_are_in_any_order_and_any_case() {
        assert_eq!(read(&[]), Ok((0, false)));
        assert_eq!(read(&[b"flag", b"Number", b"7"]), Ok((7, true)));
    }

    #[test]
    fn an_option_given_twice_or_unknown_or_without_value_is_named() {
        let cases: [(&[&[u8]], &str); 5] = [
            (&[b"NUMBER", b"1", b"number", b"2"], "ERR syntax error: NUMBER is given twice"),
            (&[b"FLAG", b"NUMBER", b"1", b"flag"], "ERR syntax error: FLAG is given twice"),
            (&[b"x\n"], "ERR syntax error: unknown option 'x?': options stand last and are NUMBER, FLAG"),
            (&[b"NUMBER"], "ERR syntax error: NUMBER needs a value"),
            (&[b"NUMBER", b"0"], "ERR NUMBER must be an integer from 1 to 9, got '0'"),
        ];
        for (words, expected) in cases {
            assert_eq!(read(words).unwrap_err().as_str(), expected);
        }
    }
}
