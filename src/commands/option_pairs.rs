//! Gives each command all options that any command has, one and two at a time: what it refuses, it refuses in words
//! of its own. A client that reads of an option in an error may try it next.

use super::args::{ArgLimits, Args};
use super::command::{AwaitCommand, Command, FirstQueueCommand, ReadCommand, ShowOrSetCommand, WriteCommand};
use super::error::Error;
use super::list::{visit_all, CommandVisitor};
use super::spec::{Arg, ArgKind, Spec};
use std::collections::{BTreeMap, BTreeSet};

type Words = Vec<&'static str>;

#[test]
fn an_error_names_no_option_that_the_command_does_not_have() {
    let mut commands = Parsers::default();
    visit_all(&mut commands);
    let mut options = BTreeMap::<&str, Words>::new();
    for (spec, _) in &commands.0 {
        collect_options(spec.args, &mut options);
    }
    let nothing = Words::new();
    let mut strangers = BTreeSet::new();
    for (spec, parse) in &commands.0 {
        let mut own = BTreeMap::new();
        collect_options(spec.args, &mut own);
        for form in forms(spec.args) {
            for first in options.values() {
                for second in options.values().chain([&nothing]) {
                    let words = [&form[..], first, second].concat();
                    let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
                    let Some(error) = parse(&bytes) else { continue };
                    if options_in(error.as_str()).any(|word| !own.contains_key(word)) {
                        strangers.insert(format!("{} {}: {}", spec.name, words.join(" "), error.as_str()));
                    }
                }
            }
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
}

/// The words in capitals of an error, but for its code, what the client said, and what is said of another command.
fn options_in(error: &str) -> impl Iterator<Item = &str> {
    let own = error.split("JQ.").next().unwrap_or_default();
    let unquoted = own.split('\'').step_by(2);
    let words = unquoted.flat_map(|part| part.split(|c: char| !c.is_alphanumeric())).skip(1);
    words.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase()))
}

/// Each keyword among `args` with a value.
fn collect_options(args: &'static [Arg], options: &mut BTreeMap<&'static str, Words>) {
    for arg in args {
        if let Some(token) = arg.token {
            options.entry(token).or_insert_with(|| forms_of(arg).swap_remove(0));
        }
        collect_options(arg.parts, options);
    }
}

/// The ways in which a command can be called without options.
fn forms(args: &'static [Arg]) -> Vec<Words> {
    let needed = args.iter().filter(|arg| {
        let is_key = arg.kind == ArgKind::Key || arg.name == "numkeys";
        let is_option = arg.optional && (arg.token.is_some() || arg.kind == ArgKind::OneOf);
        !is_key && !is_option
    });
    needed.fold(vec![Words::new()], |before, arg| {
        let next = forms_of(arg);
        before.iter().flat_map(|begun| next.iter().map(|it| [&begun[..], it].concat())).collect()
    })
}

fn forms_of(arg: &'static Arg) -> Vec<Words> {
    let values = match arg.kind {
        ArgKind::PureToken => vec![Words::new()],
        ArgKind::OneOf => arg.parts.iter().flat_map(forms_of).collect(),
        ArgKind::Block => forms(arg.parts),
        ArgKind::Integer => vec![vec!["1"]],
        ArgKind::UnixTime => vec![vec!["1700000000000"]],
        ArgKind::Key | ArgKind::String => vec![vec![match arg.name {
            "expression" => "* * * * *",
            "zone" => "UTC",
            _ => "x",
        }]],
    };
    values.into_iter().map(|value| arg.token.into_iter().chain(value).collect()).collect()
}

/// Why a command refuses these arguments, if it does.
type Refusal = fn(&[&[u8]]) -> Option<Error>;

fn refusal<C: Command>(words: &[&[u8]]) -> Option<Error> {
    let mut args = Args::new(words, ArgLimits { max_payload: 100 });
    C::parse(&mut args).and_then(|_| args.finish()).err()
}

#[derive(Default)]
struct Parsers(Vec<(Spec, Refusal)>);

impl CommandVisitor for Parsers {
    fn read<C: ReadCommand>(&mut self) {
        self.0.push((C::SPEC, refusal::<C>));
    }

    fn write<C: WriteCommand>(&mut self) {
        self.0.push((C::SPEC, refusal::<C>));
    }

    fn show_or_set<C: ShowOrSetCommand>(&mut self) {
        self.0.push((C::SPEC, refusal::<C>));
    }

    fn wait<C: AwaitCommand>(&mut self) {
        self.0.push((C::SPEC, refusal::<C>));
    }

    fn first_queue<C: FirstQueueCommand>(&mut self) {
        self.0.push((C::SPEC, refusal::<C>));
    }
}
