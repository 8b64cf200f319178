//! Who may name whom in `src`, read from the source: a module that names one it must not know compiles all
//! the same, so nothing but this test notices.
//!
//! - Files import no one in a circle ([`cycles`]; what counts as an import stands in [`imports`]).
//! - Nothing points up between the floors that `src/lib.rs` and some `mod.rs` draw ([`floors`]).
//! - The domain knows neither Redis nor a clock, and the binding knows nothing of the domain.
//! - Unsafe code stands in one folder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // what cannot be read fails the test

mod cycles;
mod floors;
mod imports;
mod paths;
mod tokens;

use imports::Crate;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tokens::tokens;

/// (folder of `src`, modules of this crate that its files may name, identifiers that they may not).
const CLOSED_FOLDERS: [(&str, &[&str], &[&str]); 4] = [
    ("queue", &["queue"], &DOMAIN_KNOWS_NO),
    ("codec", &["codec", "queue"], &DOMAIN_KNOWS_NO),
    ("commands", &["commands", "queue"], &DOMAIN_KNOWS_NO),
    ("redis", &["redis"], &[]),
];
/// The Redis binding, and the clocks.
const DOMAIN_KNOWS_NO: [&str; 3] = ["redis_module", "Instant", "SystemTime"];

/// The only folder with unsafe code.
const UNSAFE_FOLDER: &str = "redis";

#[test]
fn no_file_imports_itself_through_others() {
    let sources = sources();
    let read = read(&sources);
    let imports = read.imports();
    let mut wrong = Vec::new();
    for cycle in cycles::cycles(&imports) {
        let members = cycles::connected(&imports, cycle[0]);
        wrong.push(format!("{} files in a circle, such as {}", members.len(), cycle.join(" -> ")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_points_up() {
    let sources = sources();
    let read = read(&sources);
    let imports = read.imports();
    let drawings = sources.iter().map(|(name, source)| (name, floors::drawn(source)));
    let mut wrong = Vec::new();
    for (name, floors) in drawings.filter(|(_, floors)| !floors.is_empty()) {
        let folder = name.trim_end_matches("lib.rs").trim_end_matches("mod.rs");
        wrong.extend(floors::faults(folder, &floors, &imports));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn closed_folders_name_only_what_they_may() {
    let mut wrong = Vec::new();
    for (name, source) in &sources() {
        for (folder, allowed, forbidden) in CLOSED_FOLDERS {
            if name.starts_with(&format!("{folder}/")) {
                wrong.extend(named_against_the_rules(name, source, allowed, forbidden));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_stands_in_one_folder() {
    let sources = sources();
    let outside = sources.iter().filter(|(name, _)| !name.starts_with(UNSAFE_FOLDER));
    let wrong: Vec<&String> = outside
        .filter(|(_, source)| tokens(source).iter().any(|token| token == "unsafe"))
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "unsafe outside {UNSAFE_FOLDER}: {wrong:?}");
}

/// What a file names against the rules of its folder. Its unit tests count.
fn named_against_the_rules(name: &str, source: &str, allowed: &[&str], forbidden: &[&str]) -> Vec<String> {
    let named = Crate::roots_named(name, source);
    let upward = named.iter().filter(|module| !allowed.contains(&module.as_str()));
    let words = tokens(source);
    let foreign = forbidden.iter().filter(|word| words.iter().any(|token| token == *word));
    upward
        .map(|module| format!("{name} names crate::{module}"))
        .chain(foreign.map(|word| format!("{name} names {word}")))
        .collect()
}

#[test]
fn what_a_closed_folder_names_is_found_however_it_is_written() {
    let check = |code: &str| named_against_the_rules("queue/x.rs", code, &["queue"], &["Instant"]);
    assert_eq!(
        check("use crate::queue::a; use super::b; use super::super::queue::c; fn f() { self::d() }"),
        Vec::<String>::new()
    );
    assert_eq!(check("use crate::{queue::{a, b}, server};"), ["queue/x.rs names crate::server"]);
    assert_eq!(check("use super::super::codec::x;"), ["queue/x.rs names crate::codec"]);
    assert_eq!(check("fn f() { crate::commands::g() }"), ["queue/x.rs names crate::commands"]);
    assert_eq!(check("#[cfg(test)] mod tests { use crate::server; }"), ["queue/x.rs names crate::server"]);
    assert_eq!(check("use std::time::Instant; // crate::server"), ["queue/x.rs names Instant"]);
}

/// The files of `src` by their paths below it.
fn sources() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&src).into_iter();
    files
        .map(|file| {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&file).unwrap())
        })
        .collect()
}

fn read(sources: &BTreeMap<String, String>) -> Crate {
    Crate::read(sources.iter().map(|(name, source)| (name.as_str(), source.clone())))
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
    found
}
