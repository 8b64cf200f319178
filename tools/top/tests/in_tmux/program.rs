//! The program under test, as cargo has built it for this test.

use std::process::Command;

/// Where it is.
pub(crate) const PATH: &str = env!("CARGO_BIN_EXE_top");

/// A command that runs it against the server at `port`, without what the environment of the test says.
pub(crate) fn command(port: u16) -> Command {
    let mut command = Command::new(PATH);
    command.env_remove("REDISCLI_AUTH").env_remove("COLUMNS").args(["-p", &port.to_string()]);
    command
}
