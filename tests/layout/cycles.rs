//! Files that import each other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Files, each with those it imports.
pub(crate) type Imports<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// For each group of files in which every one leads to every other: a shortest circle among them, first file
/// repeated at the end.
pub(crate) fn cycles<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a str>> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let mut done = BTreeSet::new();
    for &file in imports.keys() {
        if done.contains(file) {
            continue;
        }
        if let Some(cycle) = shortest_way_back(imports, file) {
            done.extend(connected(imports, file));
            found.push(cycle);
        }
    }
    found
}

/// The files that `file` leads to and that lead back to it.
pub(crate) fn connected<'a>(imports: &Imports<'a>, file: &'a str) -> BTreeSet<&'a str> {
    let reached = reachable(imports, file);
    reached.iter().copied().filter(|other| reachable(imports, other).contains(file)).collect()
}

fn reachable<'a>(imports: &Imports<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = imports[from].iter().copied().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(&imports[file]);
        }
    }
    reached
}

fn shortest_way_back<'a>(imports: &Imports<'a>, file: &'a str) -> Option<Vec<&'a str>> {
    let mut from = BTreeMap::new();
    let mut open = VecDeque::from([file]);
    while let Some(at) = open.pop_front() {
        for &next in &imports[at] {
            if from.contains_key(next) {
                continue;
            }
            from.insert(next, at);
            if next == file {
                let mut way = vec![file];
                let mut back = at;
                while back != file {
                    way.push(back);
                    back = from[back];
                }
                way.push(file);
                way.reverse();
                return Some(way);
            }
            open.push_back(next);
        }
    }
    None
}

#[test]
fn circles_are_found_and_chains_are_none() {
    let imports = |edges: &[(&'static str, &'static str)]| {
        let mut imports = Imports::new();
        for &(from, to) in edges {
            imports.entry(from).or_default().insert(to);
            imports.entry(to).or_default();
        }
        imports
    };
    assert!(cycles(&imports(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    let twice =
        imports(&[("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "a"), ("x", "y"), ("y", "x")]);
    assert_eq!(cycles(&twice), [vec!["a", "b", "c", "d", "a"], vec!["x", "y", "x"]]);
    assert_eq!(connected(&twice, "a").len(), 4);
}
