//! Which server, tools and module to run.
//!
//! | variable | default |
//! |---|---|
//! | `REDIS_SERVER` | `redis-server` of the `PATH` |
//! | `JQ_MODULE` | `release/libredis_jq.so` of the target folder this program was built in; `none` for no module |

use std::env;
use std::path::{Path, PathBuf};

use crate::Failure;

/// A program that comes with the server: `REDIS_SERVER` for redis-server itself, its neighbours from the same
/// folder.
pub fn executable(name: &str) -> PathBuf {
    let server = env::var_os("REDIS_SERVER").map_or_else(|| PathBuf::from("redis-server"), PathBuf::from);
    if name == "redis-server" {
        return server;
    }
    let neighbour = server.with_file_name(name);
    if neighbour.exists() {
        neighbour
    } else {
        PathBuf::from(name)
    }
}

/// The module to load. Tests are built for debugging, and what they are to test is the release build.
///
/// # Errors
/// When it has not been built.
pub fn module() -> Result<Option<PathBuf>, Failure> {
    let path = match env::var_os("JQ_MODULE") {
        Some(word) if word == "none" => return Ok(None),
        Some(path) => PathBuf::from(path),
        None => {
            let program = env::current_exe()?;
            let release = |folder: &Path| folder.join("release/libredis_jq.so");
            let built = program.ancestors().map(release).find(|path| path.exists());
            built.ok_or("the module is not built: run scripts/build")?
        }
    };
    let path = path.canonicalize().map_err(|why| format!("{}: {why}: run scripts/build", path.display()))?;
    Ok(Some(path))
}
