//! A child process that ends together with its parent.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;

/// A command that runs `program` so that the kernel kills it when the thread that started it is killed. That
/// takes `setpriv`, which is part of every Debian; without it the program runs all the same, and may outlive
/// its parent.
pub fn bound_to_parent(program: impl AsRef<OsStr>) -> Command {
    static HAS_SETPRIV: OnceLock<bool> = OnceLock::new();
    if !HAS_SETPRIV.get_or_init(|| Command::new("setpriv").arg("--version").output().is_ok()) {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// A process that is killed when this value is dropped.
pub struct Process(Child);

impl Process {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// The process itself, with its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
