//! Which server, client and module the transcripts run with: the environment, read once.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Outcome;

/// What is the same for all files of one run.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The server binary.
    pub(crate) server: PathBuf,
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
        let server = PathBuf::from(env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into()));
        let module = module_path()?;
        Ok(Self {
            version: version_of(&server)?,
            server,
            cli: PathBuf::from(env::var_os("REDIS_CLI").unwrap_or_else(|| "redis-cli".into())),
            module,
            update: env::var_os("UPDATE_TRANSCRIPTS").is_some_and(|value| value == "1"),
        })
    }
}

/// The crate's folder: transcripts, manual and build are found from here, wherever the test was started.
pub(crate) fn project_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn module_path() -> Outcome<Option<PathBuf>> {
    let path = match env::var_os("JQ_MODULE") {
        Some(word) if word == "none" => return Ok(None),
        Some(path) => PathBuf::from(path),
        None => {
            let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
            project_folder().join(target).join("release/libredis_jq.so")
        }
    };
    match path.canonicalize() {
        Ok(path) => Ok(Some(path)),
        Err(why) => Err(format!("{}: {why}; scripts/build makes the module", path.display())),
    }
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
