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
//! - A visibility (`pub(in path)`) is not an import.
//! - A method names no file: in which `impl` a call ends cannot be read here.

use crate::tokens::{is_word, tokens, Token};
use std::collections::{BTreeMap, BTreeSet};

/// A module's path from the root of the crate; empty for the root.
pub type ModulePath = Vec<String>;

/// The modules of a crate that are files.
#[derive(Debug, Default)]
pub struct Crate {
    files: BTreeMap<ModulePath, File>,
}

#[derive(Debug, Default)]
struct File {
    /// The file's name, for messages.
    name: String,
    bindings: Vec<Binding>,
    /// Paths in code outside of `use`, each with the module it stands in.
    paths: Vec<(ModulePath, Vec<String>)>,
    /// Paths before `::*` in a `use`, each with the module it stands in.
    globs: Vec<(ModulePath, Vec<String>)>,
    /// Words in code outside of `use`.
    words: BTreeSet<String>,
    /// Child modules that are files.
    children: BTreeSet<String>,
}

/// A name that a `use` brings into a module.
#[derive(Debug, Clone)]
struct Binding {
    module: ModulePath,
    name: String,
    path: Vec<String>,
    is_public: bool,
}

impl Crate {
    /// From the files of `src`, each with its path below it.
    pub fn read<'s>(sources: impl IntoIterator<Item = (&'s str, String)>) -> Self {
        let mut files = BTreeMap::new();
        for (name, source) in sources.into_iter().filter(|(name, _)| !is_unit_test(name)) {
            let module = module_of(name);
            let mut file = File { name: name.to_owned(), ..File::default() };
            Reader { file: &mut file, tokens: without_unit_tests(&tokens(&source)), at: 0 }.module(&module);
            files.insert(module, file);
        }
        let paths: Vec<ModulePath> = files.keys().cloned().collect();
        for path in paths {
            let Some((child, parent)) = path.split_last() else { continue };
            if let Some(parent) = files.get_mut(parent) {
                parent.children.insert(child.clone());
            }
        }
        Crate { files }
    }

    /// The modules just below the root that a file's code names, unit tests and all.
    pub fn roots_named(name: &str, source: &str) -> BTreeSet<String> {
        let module = module_of(name);
        let mut file = File { name: name.to_owned(), ..File::default() };
        Reader { file: &mut file, tokens: tokens(source), at: 0 }.module(&module);
        let bound = file.bindings.iter().map(|it| (&it.module, &it.path));
        let paths = bound.chain(file.paths.iter().map(|(from, path)| (from, path)));
        paths.filter_map(|(from, path)| root_of(from, path)).collect()
    }

    /// For each file, by name, the other files that its code names.
    pub fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
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

/// `queue/slab.rs` is the module `queue::slab`, `queue/mod.rs` is `queue`, `lib.rs` the root.
fn module_of(name: &str) -> ModulePath {
    let mut path: ModulePath = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

fn is_unit_test(name: &str) -> bool {
    name.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// Takes out `#[cfg(test)] mod name { … }`.
fn without_unit_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 8] = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_test = tokens[at..].iter().map(String::as_str).take(MARK.len()).eq(MARK);
        if is_test && tokens.get(at + MARK.len() + 1).is_some_and(|token| token == "{") {
            at = end_of_block(tokens, at + MARK.len() + 1);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The place after the block whose opening brace is at `open`.
fn end_of_block(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token == "{") - i32::from(token == "}");
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Reads one file.
struct Reader<'f> {
    file: &'f mut File,
    tokens: Vec<Token>,
    at: usize,
}

impl Reader<'_> {
    /// Reads a module up to the brace that ends it, or to the end of the file.
    fn module(&mut self, module: &[String]) {
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at).cloned() {
            match token.as_str() {
                "}" if depth == 0 => return,
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" => {
                    self.import(module);
                    continue;
                }
                "mod" if self.peek(2) == Some("{") => {
                    let mut inner = module.to_vec();
                    inner.extend(self.peek(1).map(str::to_owned));
                    self.at += 3;
                    self.module(&inner);
                }
                // `pub(in path)` says who may see, not what is seen.
                "in" if self.tokens[..self.at].ends_with(&["pub".to_owned(), "(".to_owned()]) => {
                    while self.peek(1).is_some_and(|next| next != ")") {
                        self.at += 1;
                    }
                }
                // Declares a file, or a field or method of that name after a dot: no path begins there.
                "mod" | "." => self.at += 1,
                _ if token.starts_with(is_word) => {
                    self.path(module);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<&str> {
        self.tokens.get(self.at + ahead).map(String::as_str)
    }

    /// A path of one or more words, in code.
    fn path(&mut self, module: &[String]) {
        let mut path = vec![self.tokens[self.at].clone()];
        self.at += 1;
        while self.peek(0) == Some("::") && self.peek(1).is_some_and(|next| next.starts_with(is_word)) {
            path.push(self.tokens[self.at + 1].clone());
            self.at += 2;
        }
        self.file.words.insert(path[0].clone());
        if path.len() > 1 {
            self.file.paths.push((module.to_vec(), path));
        }
    }

    /// A `use` up to its semicolon.
    fn import(&mut self, module: &[String]) {
        let before = &self.tokens[..self.at];
        let is_public = before.last().is_some_and(|token| token == "pub" || token == ")");
        self.at += 1;
        self.tree(module, &[], is_public);
        self.at += 1;
    }

    fn tree(&mut self, module: &[String], prefix: &[String], is_public: bool) {
        let mut path = prefix.to_vec();
        loop {
            let token = self.tokens[self.at].clone();
            self.at += 1;
            match token.as_str() {
                "::" => continue,
                "{" => {
                    while self.peek(0) != Some("}") {
                        self.tree(module, &path, is_public);
                        if self.peek(0) == Some(",") {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    let globs = &mut self.file.globs;
                    return globs.push((module.to_vec(), path));
                }
                _ => path.push(token),
            }
            match self.peek(0) {
                Some("::") => {}
                Some("as") => {
                    let name = self.tokens[self.at + 1].clone();
                    self.at += 2;
                    return self.bind(module, name, path, is_public);
                }
                _ => {
                    // `use module::{self}` binds the module's own name.
                    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                        path.pop();
                    }
                    let name = path[path.len() - 1].clone();
                    return self.bind(module, name, path, is_public);
                }
            }
        }
    }

    fn bind(&mut self, module: &[String], name: String, path: Vec<String>, is_public: bool) {
        // `use name` of another crate would lead to itself.
        if path != [name.as_str()] {
            self.file.bindings.push(Binding { module: module.to_vec(), name, path, is_public });
        }
    }
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
