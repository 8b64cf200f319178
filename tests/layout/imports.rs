//! Which files of the crate a file's code names.
//!
//! What counts as a file naming another, in detail:
//!
//! - A path names the file in which its item is written. Where a module only passes an item on (`pub use
//!   child::Item`), that is the child's file: the parent is a face, not a step on the way.
//! - So a `pub use` is an import of the module it stands in only if that module's own code uses the item as
//!   well.
//! - `mod child;` is not an import, and neither is a `use` of a module: the paths that begin with its name
//!   are.
//! - Unit tests (`#[cfg(test)] mod … { … }`, and files `tests.rs` or in a folder `tests`) may use anything
//!   and are left out.
//! - Globs of other modules are not understood, and refused.
//!
//! How a file is read, and what it does not say, stands in [`crate::paths`].

use crate::paths::{module_of, Binding, File, ModulePath};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of a crate that are files.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    files: BTreeMap<ModulePath, File>,
}

impl Crate {
    /// From the files of `src`, each with its path below it.
    pub(crate) fn read<'s>(sources: impl IntoIterator<Item = (&'s str, String)>) -> Self {
        let mut files = BTreeMap::new();
        for (name, source) in sources.into_iter().filter(|(name, _)| !is_unit_test(name)) {
            files.insert(module_of(name), File::read_without_unit_tests(name, &source));
        }
        Crate { files }
    }

    /// The modules just below the root that a file's code names, unit tests and all.
    pub(crate) fn roots_named(name: &str, source: &str) -> BTreeSet<String> {
        let file = File::read(name, source);
        let bound = file.bindings.iter().map(|it| (&it.module, &it.path));
        let paths = bound.chain(file.paths.iter().map(|(from, path)| (from, path)));
        paths.filter_map(|(from, path)| root_of(from, path)).collect()
    }

    /// For each file, by name, the other files that its code names.
    pub(crate) fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let of = |(module, file): (&ModulePath, &File)| {
            let used = file.bindings.iter().filter(|it| !it.is_public || file.words.contains(&it.name));
            let bound = used.filter_map(|it| match self.resolve(&it.module, &it.path, 0) {
                Some(Target::Item(path)) => Some(path),
                Some(Target::Module(_)) | None => None,
            });
            for (from, path) in file.globs.iter().filter(|(_, path)| path != &["super"]) {
                let is_module = matches!(self.resolve(from, path, 0), Some(Target::Module(_)));
                assert!(!is_module, "{}: a glob of another module", file.name);
            }
            let named = file.paths.iter().chain(&file.globs).filter_map(|(from, path)| {
                match self.resolve(from, path, 0) {
                    Some(Target::Item(path) | Target::Module(path)) => Some(path),
                    None => None,
                }
            });
            let targets = bound.chain(named).filter(|target| target != module);
            targets.map(|target| self.files[&target].name.as_str()).collect()
        };
        self.files.iter().map(|entry| (entry.1.name.as_str(), of(entry))).collect()
    }

    /// Where a path leads that stands in the module `from`; None: out of the crate, or to a name of another
    /// kind.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Target> {
        assert!(depth < 20, "{path:?} in {from:?} leads in a circle");
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(&[], rest, depth),
            "self" => self.descend(from, rest, depth),
            "super" => self.descend_from_parent(from, rest, depth),
            _ => {
                let mut child = from.to_vec();
                child.push(first.clone());
                if self.files.contains_key(&child) {
                    return self.descend(&child, rest, depth);
                }
                // `use name::name` names another crate, not itself.
                let binding = self.binding(from, first).filter(|it| it.path[0] != *first)?;
                let longer = [&binding.path, rest].concat();
                self.resolve(&binding.module, &longer, depth + 1)
            }
        }
    }

    fn descend_from_parent(&self, from: &[String], rest: &[String], depth: usize) -> Option<Target> {
        let parent = from.split_last()?.1;
        match rest.split_first() {
            Some((next, rest)) if next == "super" => self.descend_from_parent(parent, rest, depth),
            _ => self.descend(parent, rest, depth),
        }
    }

    /// Follows `rest` down from a module.
    fn descend(&self, module: &[String], rest: &[String], depth: usize) -> Option<Target> {
        let Some((next, after)) = rest.split_first() else {
            return Some(Target::Module(self.file_of(module)));
        };
        let mut child = module.to_vec();
        child.push(next.clone());
        if self.files.contains_key(&child) {
            return self.descend(&child, after, depth);
        }
        if let Some(binding) = self.binding(module, next) {
            let longer = [&binding.path, after].concat();
            return self.resolve(&binding.module, &longer, depth + 1);
        }
        Some(Target::Item(self.file_of(module)))
    }

    fn binding(&self, module: &[String], name: &str) -> Option<&Binding> {
        let file = &self.files[&self.file_of(module)];
        file.bindings.iter().find(|binding| binding.name == name && binding.module == module)
    }

    /// The file in which a module is written.
    fn file_of(&self, module: &[String]) -> ModulePath {
        let mut path = module.to_vec();
        while !self.files.contains_key(&path) {
            assert!(path.pop().is_some(), "no file has the module {module:?}");
        }
        path
    }
}

/// Where a path leads: each with the module of its file.
enum Target {
    Item(ModulePath),
    Module(ModulePath),
}

/// The module just below the root that a path leads to which stands in `from`.
fn root_of(from: &[String], path: &[String]) -> Option<String> {
    let up = path.iter().take_while(|step| *step == "super").count();
    let absolute = match path.first()?.as_str() {
        "crate" => path[1..].to_vec(),
        "super" => [from.get(..from.len().checked_sub(up)?)?, &path[up..]].concat(),
        _ => return None,
    };
    absolute.into_iter().next()
}

fn is_unit_test(name: &str) -> bool {
    name.split('/').any(|part| part == "tests" || part == "tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name: imports` for each file that has some.
    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let read = Crate::read(files.iter().map(|(name, source)| (*name, (*source).to_owned())));
        let all = read.imports().into_iter().filter(|(_, to)| !to.is_empty());
        all.map(|(from, to)| format!("{from}: {}", to.into_iter().collect::<Vec<_>>().join(" "))).collect()
    }

    #[test]
    fn every_way_to_write_a_path_is_followed() {
        for code in [
            "use crate::a::low::X;",
            "use super::low::X;",
            "use super::low::{self, X};",
            "use super::{low::{X as Y}};",
            "use crate::a::low; fn f() { low::g() }",
            "use super::low as down; fn f() { down::g() }",
            "use crate::a; fn f() { a::low::g() }",
            "fn f() -> super::low::X { todo() }",
            "fn f() { Vec::<crate::a::low::X>::new() }",
            "mod inner { use super::super::low::X; }",
            "use super::X;",
            "use crate::a::{low, X}; fn f(x: X) {}",
        ] {
            let files = [("a/mod.rs", "mod high; mod low; pub use low::X;"), ("a/high.rs", code)];
            let files = [&files[..], &[("a/low.rs", "pub struct X;"), ("lib.rs", "mod a;")]].concat();
            assert_eq!(imports(&files), ["a/high.rs: a/low.rs"], "{code}");
        }
    }

    #[test]
    fn what_is_no_import_is_none() {
        for code in [
            "mod low; // crate::a::low",
            "use std::low::X;",
            "pub(in crate::a::low) fn f() {}",
            "use super::low; const TEXT: &str = \"low::X\";",
            "fn f(high: u8) { self.low::<X>() }",
            "#[cfg(test)] mod tests { use super::super::low::X; }",
        ] {
            let files = [("lib.rs", "mod a;"), ("a/mod.rs", ""), ("a/high.rs", code), ("a/low.rs", "")];
            assert_eq!(imports(&files), Vec::<String>::new(), "{code}");
        }
    }

    #[test]
    fn a_face_imports_only_what_its_own_code_uses() {
        let child = ("a/child.rs", "use super::Parent; pub struct X;");
        let passes_on = ("a/mod.rs", "mod child; pub use child::X; pub struct Parent;");
        assert_eq!(imports(&[passes_on, child]), ["a/child.rs: a/mod.rs"]);
        let uses = ("a/mod.rs", "mod child; pub use child::X; pub struct Parent(X);");
        assert_eq!(imports(&[uses, child]), ["a/child.rs: a/mod.rs", "a/mod.rs: a/child.rs"]);
        let holds = ("a/mod.rs", "mod child; use child::X; pub struct Parent(X);");
        assert_eq!(imports(&[holds, child]), ["a/child.rs: a/mod.rs", "a/mod.rs: a/child.rs"]);
    }

    #[test]
    #[should_panic(expected = "a glob of another module")]
    fn globs_are_refused() {
        imports(&[("lib.rs", "use a::*;"), ("a.rs", "")]);
    }
}
