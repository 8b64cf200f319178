//! The floors of a folder: which of its modules may import which others.
//!
//! They are read from the drawing in the documentation of the folder's `mod.rs`, so the drawing cannot lie:
//!
//! ```text
//! //! ```text floors
//! //! load dispatch | what Redis calls
//! //! edit          | how a queue changes
//! //! clock config  | what everybody may use
//! //! ```
//! ```
//!
//! A module may import those on its own floor and below.

use crate::cycles::Imports;
use std::collections::BTreeSet;

/// The names on each floor of a drawing, from the top; empty if the documentation has none.
pub(crate) fn drawn(source: &str) -> Vec<Vec<&str>> {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let drawing = lines.skip_while(|line| line.trim() != "```text floors").skip(1);
    let floors = drawing.take_while(|line| line.trim() != "```");
    floors.map(|line| line.split('|').next().unwrap_or_default().split_whitespace().collect()).collect()
}

/// What is wrong with the `floors` of a folder (empty for `src` itself, else with a slash at the end).
pub(crate) fn faults(folder: &str, floors: &[Vec<&str>], imports: &Imports<'_>) -> Vec<String> {
    let names: Vec<&str> = floors.iter().flatten().copied().collect();
    let there: BTreeSet<&str> = imports.keys().filter_map(|file| child(folder, file)).collect();
    let mut faults = Vec::new();
    for name in &there {
        match names.iter().filter(|drawn| *drawn == name).count() {
            1 => {}
            times => faults.push(format!("{folder}{name} stands {times} times in the drawing of floors")),
        }
    }
    for name in names.iter().filter(|name| !there.contains(*name)) {
        faults.push(format!("{folder}{name} is drawn but does not exist"));
    }
    let floor = |file| {
        let name = child(folder, file)?;
        floors.iter().position(|floor| floor.contains(&name))
    };
    for (from, to) in imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        if let (Some(above), Some(below)) = (floor(from), floor(to)) {
            if below < above {
                faults.push(format!("{from} imports {to}, which is on a floor above"));
            }
        }
    }
    faults
}

/// The child module of `folder` that a file belongs to; None for the folder's own file and for those
/// elsewhere.
fn child<'f>(folder: &str, file: &'f str) -> Option<&'f str> {
    let name = file.strip_prefix(folder)?.split('/').next()?.trim_end_matches(".rs");
    (name != "mod" && name != "lib").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOC: &str =
        "//! Text.\n//!\n//! ```text floors\n//! top other | above\n//! low | below\n//! ```\n//! low | no";

    fn imports(edges: &[(&'static str, &'static str)]) -> Imports<'static> {
        let mut imports = Imports::new();
        for file in ["a/mod.rs", "a/top.rs", "a/other/mod.rs", "a/other/part.rs", "a/low.rs", "lib.rs"] {
            imports.entry(file).or_default();
        }
        for &(from, to) in edges {
            imports.entry(from).or_default().insert(to);
        }
        imports
    }

    #[test]
    fn a_drawing_is_read_from_the_documentation() {
        assert_eq!(drawn(DOC), [vec!["top", "other"], vec!["low"]]);
        assert!(drawn("//! No drawing.\nfn f() {}").is_empty());
    }

    #[test]
    fn imports_may_stay_on_a_floor_or_go_down() {
        let down = imports(&[
            ("a/top.rs", "a/other/part.rs"),
            ("a/other/part.rs", "a/low.rs"),
            ("lib.rs", "a/top.rs"),
        ]);
        assert_eq!(faults("a/", &drawn(DOC), &down), Vec::<String>::new());
        let up = imports(&[("a/low.rs", "a/other/part.rs")]);
        assert_eq!(
            faults("a/", &drawn(DOC), &up),
            ["a/low.rs imports a/other/part.rs, which is on a floor above"]
        );
    }

    #[test]
    fn the_drawing_has_each_module_once() {
        let floors = drawn(DOC);
        let more = imports(&[("a/new.rs", "a/low.rs")]);
        assert_eq!(faults("a/", &floors, &more), ["a/new stands 0 times in the drawing of floors"]);
        let twice = [floors.clone(), floors[1..].to_vec()].concat();
        assert_eq!(faults("a/", &twice, &imports(&[])), ["a/low stands 2 times in the drawing of floors"]);
        assert_eq!(
            faults("a/", &[vec!["gone"], vec!["top", "other", "low"]], &imports(&[])),
            ["a/gone is drawn but does not exist"]
        );
    }
}
