//! The program, built like this test.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where it is. A test does not build examples by itself, so the first one that asks does.
pub(crate) fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = env::current_exe().expect("a path");
        let build = test.ancestors().nth(2).expect("a folder for the build").to_owned();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--example", "top"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if build.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().expect("cargo").success(), "the program cannot be built");
        build.join("examples/top")
    })
}

/// A command that runs it against the server at `port`, without what the environment of the test says.
pub(crate) fn command(port: u16) -> Command {
    let mut command = Command::new(path());
    command.env_remove("REDISCLI_AUTH").env_remove("COLUMNS").args(["-p", &port.to_string()]);
    command
}
