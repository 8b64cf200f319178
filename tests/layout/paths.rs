//! The paths in a file's code, and the names that its `use`s bring in.
//!
//! - `mod child;` is not an import.
//! - Unit tests (`#[cfg(test)] mod … { … }`) can be left out.
//! - A visibility (`pub(in path)`) is not an import.
//! - A method names no file: in which `impl` a call ends cannot be read here.

use crate::tokens::{is_word, tokens, Token};
use std::collections::BTreeSet;

/// A module's path from the root of the crate; empty for the root.
pub(crate) type ModulePath = Vec<String>;

/// What a file's code says, module by module.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The file's name, for messages.
    pub name: String,
    pub bindings: Vec<Binding>,
    /// Paths in code outside of `use`, each with the module it stands in.
    pub paths: Vec<(ModulePath, Vec<String>)>,
    /// Paths before `::*` in a `use`, each with the module it stands in.
    pub globs: Vec<(ModulePath, Vec<String>)>,
    /// Words in code outside of `use`.
    pub words: BTreeSet<String>,
}

impl File {
    /// A file of that name, unit tests and all.
    pub(crate) fn read(name: &str, source: &str) -> Self {
        Self::of(name, tokens(source))
    }

    /// The same without unit tests.
    pub(crate) fn read_without_unit_tests(name: &str, source: &str) -> Self {
        Self::of(name, without_unit_tests(&tokens(source)))
    }

    fn of(name: &str, tokens: Vec<Token>) -> Self {
        let mut file = File { name: name.to_owned(), ..File::default() };
        Reader { file: &mut file, tokens, at: 0 }.module(&module_of(name));
        file
    }
}

/// A name that a `use` brings into a module.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub module: ModulePath,
    pub name: String,
    pub path: Vec<String>,
    pub is_public: bool,
}

/// `queue/slab.rs` is the module `queue::slab`, `queue/mod.rs` is `queue`, `lib.rs` the root.
pub(crate) fn module_of(name: &str) -> ModulePath {
    let mut path: ModulePath = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
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
