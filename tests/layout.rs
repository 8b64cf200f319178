//! Who may know whom, read from the source: `lib -> server -> commands -> queue`, `server -> codec -> queue`.
//!
//! A module that names one it must not know compiles all the same, so nothing but this test notices.

#![allow(clippy::unwrap_used)] // what cannot be read fails the test

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// (folder, modules of this crate that its files may name). All of them are also kept from the Redis bindings.
const PURE_FOLDERS: [(&str, &[&str]); 3] =
    [("src/queue", &["queue"]), ("src/codec", &["codec", "queue"]), ("src/commands", &["commands", "queue"])];

const BINDINGS: &str = "redis_module";
const UNSAFE_FOLDER: &str = "src/redis";

#[test]
fn dependencies_point_down() {
    let mut wrong = Vec::new();
    for (folder, allowed) in PURE_FOLDERS {
        for file in rust_files(&project().join(folder)) {
            let code = code_of(&file);
            let named = modules_named(&code);
            let upward = named.iter().filter(|module| !allowed.contains(&module.as_str()));
            wrong.extend(upward.map(|module| format!("{} names crate::{module}", file.display())));
            if words(&code).any(|word| word == BINDINGS) {
                wrong.push(format!("{} names {BINDINGS}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_stands_in_one_folder() {
    let allowed = project().join(UNSAFE_FOLDER);
    let outside = rust_files(&project().join("src")).into_iter().filter(|file| !file.starts_with(&allowed));
    let wrong: Vec<PathBuf> =
        outside.filter(|file| words(&code_of(file)).any(|word| word == "unsafe")).collect();
    assert!(wrong.is_empty(), "unsafe outside {UNSAFE_FOLDER}: {wrong:?}");
}

#[test]
fn imports_are_read_however_they_are_written() {
    let code = "use crate::codec::x;\nuse crate::{queue::{a, b}, server};\nfn f() { crate::commands::g() }";
    let named: Vec<String> = modules_named(code).into_iter().collect();
    assert_eq!(named, ["codec", "commands", "queue", "server"]);
    assert_eq!(modules_named("super::super::server::clock"), BTreeSet::from(["server".to_owned()]));
}

/// The crate's modules that `code` names: after `crate::`, in a group after it, and after `super::super::`.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for start in ["crate::", "super::super::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                named.extend(top_level_items(group));
            } else {
                named.extend(words(rest).next().map(str::to_owned));
            }
        }
    }
    named.remove("super"); // a longer chain; its tail is found on its own
    named
}

/// The first word of each item of an import group, given what follows its opening brace.
fn top_level_items(group: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let outermost: String = group
        .chars()
        .take_while(|&c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth >= 0
        })
        .collect();
    let mut items = Vec::new();
    let mut depth = 0_i32;
    for item in outermost.split(',') {
        items.extend(words(item).next().filter(|_| depth == 0).map(str::to_owned));
        depth += i32::try_from(item.matches('{').count()).unwrap()
            - i32::try_from(item.matches('}').count()).unwrap();
    }
    items
}

/// Identifiers and keywords in their order.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The file without its line comments: prose may speak of anything.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
