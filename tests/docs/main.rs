//! What the pages say about other files is true: every relative link leads to a file, every anchor to a
//! heading, the tests that are named exist, and the licenses are those of the packages that are linked in.
//!
//! ```text
//!   links     the links of a page, and the anchors that GitHub gives its headings
//! ```
//!
//! The examples of the pages are run by `tests/transcripts.rs`. Addresses of other sites are not asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // what cannot be read fails the test

mod links;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose pages are read, below the project.
const FOLDERS: [&str; 11] = [
    ".",
    "docs",
    "docs/benchmarks",
    "stories",
    "clients",
    "clients/node",
    "clients/python",
    "clients/go",
    "examples",
    "tests/transcripts",
    ".github",
];

#[test]
fn every_relative_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let shown = page.strip_prefix(project()).unwrap().display().to_string();
        for link in links::links(&read(&page)) {
            if let Err(why) = follow(&page, &link) {
                wrong.push(format!("{shown}: {link}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `docs/guarantees.md` names the test of each promise: a file or folder below `tests`, or a function in one.
#[test]
fn every_test_that_shows_a_promise_exists() {
    let page = read(&project().join("docs/guarantees.md"));
    let tests = project().join("tests");
    let named: Vec<&str> = links::code(&page).filter(|name| is_below_tests(name)).collect();
    assert!(named.len() > 30, "the page names too few tests: {named:?}");
    for name in named {
        let (path, function) = name.split_once("::").unwrap_or((name, ""));
        let file =
            [tests.join(path), tests.join(format!("{path}.txt"))].into_iter().find(|path| path.exists());
        let file = file.unwrap_or_else(|| panic!("there is no test {name}"));
        assert!(function.is_empty() || read(&file).contains(&format!("fn {function}(")), "{name}");
    }
}

fn is_below_tests(name: &str) -> bool {
    ["transcripts", "stress", "model", "saved_bytes", "earlier_files"]
        .contains(&name.split('/').next().unwrap())
}

/// A command line of a page can be typed: its script is there.
#[test]
fn every_script_that_a_page_names_exists() {
    let is_part_of_name = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
    let mut named = 0;
    for page in pages() {
        let text = read(&page);
        let words = text.split(|letter| !is_part_of_name(letter)).map(|word| word.trim_end_matches('.'));
        for script in words.filter(|word| word.starts_with("scripts/") && *word != "scripts/") {
            assert!(project().join(script).is_file(), "{}: {script}", page.display());
            named += 1;
        }
    }
    assert!(named > 30, "the pages name only {named} scripts");
}

/// Each package that the module names is in the list of licenses, and each entry is what Cargo.lock has.
#[test]
fn the_licenses_are_those_of_what_is_linked() {
    let page = read(&project().join("THIRD-PARTY-LICENSES.md"));
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let listed: BTreeSet<&str> = rows.filter(|row| row.contains(' ')).collect();
    let lock = read(&project().join("Cargo.lock"));
    let locked: BTreeSet<String> = lock
        .split("[[package]]")
        .filter_map(|entry| Some(format!("{} {}", value(entry, "name")?, value(entry, "version")?)))
        .collect();
    let stale: Vec<_> = listed.iter().filter(|package| !locked.contains(**package)).collect();
    assert!(stale.is_empty(), "run scripts/licenses: Cargo.lock has no {stale:?}");

    let manifest = read(&project().join("Cargo.toml"));
    let dependencies = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    for name in dependencies.lines().filter_map(|line| Some(line.split_once(" = ")?.0)) {
        let is_listed = listed.iter().any(|package| package.split(' ').next() == Some(name));
        assert!(is_listed, "run scripts/licenses: {name} is not listed");
    }
}

/// The string that an entry of Cargo.lock gives for `field`.
fn value<'e>(entry: &'e str, field: &str) -> Option<&'e str> {
    let start = format!("{field} = \"");
    entry.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'))
}

/// Whether `link`, as it is written in `page`, leads to a file and to one of its headings.
fn follow(page: &Path, link: &str) -> Result<(), &'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().join(path) };
    if !target.exists() {
        return Err("there is no such file");
    }
    if anchor.is_empty() || links::anchors(&read(&target)).contains(anchor) {
        return Ok(());
    }
    Err("the page has no such heading")
}

fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let entries = fs::read_dir(project().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    assert!(found.len() > 10, "pages are missing: {found:?}");
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
