//! Compares each command with what is written of it: its syntax in docs/commands.md and at the head of its
//! file has to name the keywords of its arguments, all of them and no others. The settings and notifications of the
//! manual are those that there are.

use super::command::{AwaitCommand, FirstQueueCommand, ReadCommand, ShowOrSetCommand, WriteCommand};
use super::list::{visit_all, CommandVisitor};
use super::settings::SETTINGS;
use super::spec::{Arg, Spec};
use crate::queue::{Event, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Keywords = BTreeSet<String>;

#[test]
fn the_manual_names_every_option() {
    let manual = fs::read_to_string(project().join("docs/commands.md")).unwrap();
    let options_of_add = options_in_table(section(&manual, "### JQ.ADD "));
    let mut written = BTreeMap::<String, Keywords>::new();
    for heading in manual.lines().filter_map(|line| line.strip_prefix("### ")) {
        for form in heading.split(" · ").filter(|form| form.starts_with("JQ.")) {
            let keywords = written.entry(name_in(form)).or_default();
            keywords.extend(keywords_in(form));
            if form.contains("options]") {
                keywords.extend(options_of_add.clone());
            }
        }
    }
    // "The job options are those of ADD except DELAY, AT, HOLD, MAXWAIT, SET and SHARDS", "the options are those of ADD
    // except AT, HOLD, SET and SHARDS".
    for (command, but_for) in [
        ("jq.schedule", &["DELAY", "AT", "HOLD", "MAXWAIT", "SET", "SHARDS"][..]),
        ("jq.onexpire", &["AT", "HOLD", "SET", "SHARDS"]),
    ] {
        written.get_mut(command).unwrap().retain(|keyword| !but_for.contains(&keyword.as_str()));
    }
    assert_same(&written);
}

#[test]
fn the_head_of_each_file_names_every_option() {
    let mut written = BTreeMap::<String, Keywords>::new();
    for file in rust_files(&project().join("src/commands")) {
        let head: String = fs::read_to_string(file)
            .unwrap()
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .take_while(|line| !line.is_empty())
            .collect();
        for form in head.split('`').filter(|form| form.starts_with("JQ.") && form.contains(' ')) {
            written.entry(name_in(form)).or_default().extend(keywords_in(form));
        }
    }
    let options_of_add = written["jq.add"].clone();
    written.get_mut("jq.madd").unwrap().extend(options_of_add);
    assert_same(&written);
}

#[test]
fn the_readme_lists_every_command() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let rows = section(&readme, "## Commands\n").lines().filter(|line| line.starts_with("| ["));
    let listed: BTreeSet<String> = rows.flat_map(|row| row.split('`')).map(str::to_lowercase).collect();
    let mut specs = Specs::default();
    visit_all(&mut specs);
    let missing: Vec<_> =
        specs.0.iter().map(|spec| spec.name).filter(|name| !listed.contains(*name)).collect();
    assert!(missing.is_empty(), "README.md does not list {missing:?}");
}

#[test]
fn the_manual_has_every_setting_with_its_default() {
    let manual = fs::read_to_string(project().join("docs/commands.md")).unwrap();
    let rows = section(&manual, "### JQ.CONFIG ").lines().filter_map(|line| line.strip_prefix("| `"));
    let written: BTreeMap<_, _> = rows
        .map(|row| {
            let mut cells = row.split(" | ");
            let name = cells.next().unwrap().trim_end_matches('`').to_owned();
            (name, cells.next().unwrap().replace('\u{2212}', "-"))
        })
        .collect();
    let defaults = Settings::default();
    let settings: BTreeMap<_, _> =
        SETTINGS.iter().map(|setting| (setting.name.to_owned(), setting.shown(&defaults))).collect();
    assert_eq!(written, settings);
}

#[test]
fn the_manual_has_every_notification() {
    const IN_THE_LOG_ALONE: [Event; 4] =
        [Event::Progressed, Event::TakenBack, Event::RerunBegun, Event::Drained];
    let manual = fs::read_to_string(project().join("docs/commands.md")).unwrap();
    let rows =
        section(&manual, "### Keyspace notifications\n").lines().filter(|line| line.starts_with("| `"));
    let words = rows.flat_map(|row| row.split(" | ").next().unwrap().split('`'));
    let written: BTreeSet<_> = words.filter_map(|word| word.strip_prefix("jq.")).collect();
    let published = Event::all().filter(|event| !IN_THE_LOG_ALONE.contains(event));
    assert_eq!(written, published.map(Event::name).collect());
}

/// The transcript shows on a server what each command does at maxmemory, and the manual says it.
#[test]
fn the_manual_names_what_is_refused_at_maxmemory() {
    let manual = fs::read_to_string(project().join("docs/commands.md")).unwrap();
    let rows = section(&manual, "### At maxmemory\n").lines().filter(|line| line.starts_with("| `JQ."));
    let words = rows.flat_map(|row| row.split(" | ").next().unwrap().split('`'));
    let written: BTreeSet<_> = words.filter(|word| word.starts_with("JQ.")).map(name_in).collect();
    let transcript =
        fs::read_to_string(project().join("tests/transcripts/errors/maxmemory_of_each_command.txt")).unwrap();
    let (_, at_the_limit) = transcript.split_once("> CONFIG SET maxmemory 1\n").unwrap();
    let lines = at_the_limit.lines();
    let calls = lines.clone().zip(lines.skip(1)).filter(|(call, _)| call.starts_with("> JQ."));
    let (refused, others): (Vec<_>, Vec<_>) = calls.partition(|(_, reply)| reply.starts_with("(error) OOM "));
    let names = |calls: Vec<(&str, &str)>| -> BTreeSet<_> {
        calls.into_iter().map(|(call, _)| name_in(&call[2..])).collect()
    };
    let (refused, others) = (names(refused), names(others));
    assert_eq!(written, refused);
    let mut specs = Specs::default();
    visit_all(&mut specs);
    for spec in &specs.0 {
        assert_ne!(always_refused(spec), others.contains(spec.name), "{}", spec.name);
    }
}

/// The server refuses the command at maxmemory whatever its arguments are.
fn always_refused(spec: &Spec) -> bool {
    spec.flags.split(' ').any(|flag| flag == "deny-oom")
}

/// Fails unless `written` has the keywords of every command.
fn assert_same(written: &BTreeMap<String, Keywords>) {
    let mut specs = Specs::default();
    visit_all(&mut specs);
    for spec in &specs.0 {
        let mut tokens = Keywords::new();
        collect_tokens(spec.args, &mut tokens);
        // The manual lists the states beside the form of JQ.LIST.
        let written: Keywords = written.get(spec.name).unwrap_or_else(|| panic!("{}", spec.name)).clone();
        let upper = |keywords: Keywords| -> Keywords {
            keywords.into_iter().filter(|word| !word.starts_with(|c: char| c.is_lowercase())).collect()
        };
        assert_eq!(upper(written), upper(tokens), "{}", spec.name);
    }
}

#[derive(Default)]
struct Specs(Vec<Spec>);

impl CommandVisitor for Specs {
    fn read<C: ReadCommand>(&mut self) {
        self.0.push(C::SPEC);
    }

    fn write<C: WriteCommand>(&mut self) {
        self.0.push(C::SPEC);
    }

    fn show_or_set<C: ShowOrSetCommand>(&mut self) {
        self.0.push(C::SPEC);
    }

    fn wait<C: AwaitCommand>(&mut self) {
        self.0.push(C::SPEC);
    }

    fn first_queue<C: FirstQueueCommand>(&mut self) {
        self.0.push(C::SPEC);
    }
}

fn collect_tokens(args: &[Arg], tokens: &mut Keywords) {
    for arg in args {
        tokens.extend(arg.token.map(str::to_owned));
        collect_tokens(arg.parts, tokens);
    }
}

/// The command of a form, as Redis registers it.
fn name_in(form: &str) -> String {
    form.split(' ').next().unwrap().to_lowercase()
}

/// The words in capitals of a form, and `*`, without the command's name.
fn keywords_in(form: &str) -> Keywords {
    let words = form.split(|c: char| !(c.is_alphanumeric() || "*.-".contains(c))).skip(1);
    words
        .filter(|word| !word.is_empty() && !word.contains(|c: char| !(c.is_ascii_uppercase() || c == '*')))
        .map(str::to_owned)
        .collect()
}

/// What follows `heading` up to the next one of its kind.
fn section<'m>(page: &'m str, heading: &str) -> &'m str {
    let level = heading.split(' ').next().unwrap();
    let rest = &page[page.find(heading).unwrap() + heading.len()..];
    &rest[..rest.find(&format!("\n{level} ")).unwrap()]
}

/// The keywords in the first column of the table of options.
fn options_in_table(section: &str) -> Keywords {
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("| option |"))
        .filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| keywords_in(&format!("_ {}", row.split(" | ").next().unwrap()))).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
