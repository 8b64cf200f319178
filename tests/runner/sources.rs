//! Which files are transcripts, and how each becomes a script.

use std::fs;
use std::path::{Path, PathBuf};

use super::script::Script;
use super::settings::project_folder;
use super::{markdown, Outcome, Settings};

/// The groups, so that a mistyped folder is noticed instead of becoming a group of its own.
const GROUPS: [&str; 7] =
    ["commands", "errors", "timing", "persistence", "replication", "interop", "scenarios"];

/// One file with a transcript in it.
pub(crate) struct Source {
    /// Name of the test: `commands/add`, `README.md`, `docs/tour.md`.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl Source {
    /// Reads the file into steps.
    pub(crate) fn read(&self) -> Outcome<Script> {
        let shown = self.path.strip_prefix(project_folder()).unwrap_or(&self.path).display().to_string();
        let text = fs::read_to_string(&self.path).map_err(|why| format!("{shown}: {why}"))?;
        if self.path.extension().is_some_and(|ending| ending == "md") {
            return Script::parse(&shown, &text, &markdown::examples_only(&text));
        }
        if !text.starts_with("# ") {
            return Err(format!(
                "{shown}:1: a transcript opens with a line of prose that names the behaviour"
            ));
        }
        Script::parse(&shown, &text, &text)
    }
}

/// Every transcript of the project, sorted by name.
pub(crate) fn find_transcripts() -> Outcome<Vec<Source>> {
    let root = project_folder();
    let mut found = Vec::new();
    let folder = root.join("tests/transcripts");
    for group in files_in(&folder)?.into_iter().filter(|path| path.is_dir()) {
        let group_name = file_name(&group);
        if !GROUPS.contains(&group_name.as_str()) {
            return Err(format!("{}: the groups are {}", group.display(), GROUPS.join(", ")));
        }
        for path in files_in(&group)? {
            let stem = file_name(&path);
            let Some(stem) = stem.strip_suffix(".txt") else {
                return Err(format!("{}: a transcript is called <name>.txt", path.display()));
            };
            found.push(Source { name: format!("{group_name}/{stem}"), path });
        }
    }
    let manuals = files_in(&root.join("docs"))?.into_iter().chain([root.join("README.md")]);
    for path in manuals.filter(|path| path.extension().is_some_and(|ending| ending == "md") && path.exists())
    {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        found.push(Source { name, path });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether the file says `! since` a version that the server of this run does not reach. A file that cannot
/// be read is run, since the run shows why.
pub(crate) fn needs_newer_server(source: &Source, settings: &Settings) -> bool {
    let since = source.read().ok().and_then(|script| script.since);
    since.is_some_and(|since| settings.version < since)
}

/// Entries of a folder in a fixed order; none when there is no such folder.
fn files_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
