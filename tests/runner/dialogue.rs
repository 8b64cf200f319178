//! A dialogue with a child process: lines to its input, and its output as it comes.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use testkit::deadline::Deadline;
use testkit::process::{bound_to_parent, Process};

use super::Outcome;

/// A process one talks with: what it prints on stdout and stderr arrives as one stream.
pub(crate) struct Dialogue {
    /// Ends with this value.
    _process: Process,
    stdin: ChildStdin,
    arriving: Receiver<Vec<u8>>,
    unread: Vec<u8>,
}

impl Dialogue {
    /// Starts `program` with `arguments`.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Outcome<Self> {
        let mut command = bound_to_parent(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process =
            Process::start(&mut command).map_err(|why| format!("{}: {why}", program.display()))?;
        let (sender, arriving) = mpsc::channel();
        let child = process.child();
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("a child process without pipes".into());
        };
        forward(stderr, sender.clone());
        forward(stdout, sender);
        Ok(Self { _process: process, stdin, arriving, unread: Vec::new() })
    }

    /// Writes `text` to its input.
    pub(crate) fn write(&mut self, text: &str) -> Outcome<()> {
        self.stdin
            .write_all(text.as_bytes())
            .and_then(|()| self.stdin.flush())
            .map_err(|why| format!("the client takes no input: {why}"))
    }

    /// Everything up to `sentinel`, which is dropped; `None` when the sentinel did not come by the deadline.
    pub(crate) fn read_to(&mut self, sentinel: &[u8], deadline: Deadline) -> Outcome<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.unread.windows(sentinel.len()).position(|window| window == sentinel) {
                let after = self.unread.split_off(at + sentinel.len());
                let mut before = std::mem::replace(&mut self.unread, after);
                before.truncate(at);
                return Ok(Some(before));
            }
            match self.arriving.recv_timeout(deadline.left()) {
                Ok(bytes) => self.unread.extend(bytes),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("the client ended: {}", String::from_utf8_lossy(&self.unread)));
                }
            }
        }
    }

    /// Whether `sentinel` has been printed; waits for at most a millisecond.
    pub(crate) fn has_printed(&mut self, sentinel: &[u8]) -> bool {
        if let Ok(bytes) = self.arriving.recv_timeout(Duration::from_millis(1)) {
            self.unread.extend(bytes);
        }
        self.unread.windows(sentinel.len()).any(|window| window == sentinel)
    }
}

/// Passes on what `pipe` yields until it ends. A thread of its own, since std has no way to read two pipes at
/// once.
fn forward(mut pipe: impl Read + Send + 'static, into: Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(length) = pipe.read(&mut buffer) {
            let bytes = buffer.iter().take(length).copied().collect();
            if length == 0 || into.send(bytes).is_err() {
                return;
            }
        }
    });
}
