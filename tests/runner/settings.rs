//! Which server, client and module the transcripts run with: the environment, read once.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::binaries::{executable, module};

use super::{message, Outcome};

/// What is the same for all files of one run.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The client binary.
    pub(crate) cli: PathBuf,
    /// The module; none when only the runner itself is looked at.
    pub(crate) module: Option<PathBuf>,
    /// Rewrite the files instead of comparing.
    pub(crate) update: bool,
    /// Major and minor version the server reports.
    pub(crate) version: (u32, u32),
}

impl Settings {
    /// Reads the environment and asks the server for its version.
    pub(crate) fn from_environment() -> Outcome<Self> {
        Ok(Self {
            version: version_of(&executable("redis-server"))?,
            cli: PathBuf::from(env::var_os("REDIS_CLI").unwrap_or_else(|| "redis-cli".into())),
            module: module().map_err(message)?,
            update: env::var_os("UPDATE_TRANSCRIPTS").is_some_and(|value| value == "1"),
        })
    }
}

/// The crate's folder: transcripts, manual and build are found from here, wherever the test was started.
pub(crate) fn project_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `Redis server v=7.0.15 sha=...` or `Valkey server v=8.0.1 sha=...`.
fn version_of(server: &Path) -> Outcome<(u32, u32)> {
    let hint = "scripts/setup installs one, REDIS_SERVER names another";
    let output = Command::new(server)
        .arg("--version")
        .output()
        .map_err(|why| format!("{}: {why}; {hint}", server.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .find_map(|word| word.strip_prefix("v="))
        .and_then(parse_version)
        .ok_or_else(|| format!("{} --version printed {text:?}", server.display()))
}

/// `7.2` or `7.2.4` as (7, 2).
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}
