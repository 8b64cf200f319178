//! A terminal of 80 columns and 24 lines with a shell in it, which tests can type into and look at.

use std::cell::Cell;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use testkit::deadline::{until, until_true};
use testkit::process::{bound_to_parent, Process};

use super::program;

const PROMPT: &str = "ready>";

/// tmux with one window; dropping it ends it and what runs in it.
pub(crate) struct Terminal {
    /// Ends with this value.
    _tmux: Process,
    folder: TempDir,
    /// Questions, each of which has a number: the screen may still show the answer to the last one.
    asked: Cell<u32>,
}

impl Terminal {
    /// A shell that waits for its first command.
    #[track_caller]
    pub(crate) fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        // In the foreground, so that the kernel ends it if this test is killed.
        let mut tmux = bound_to_parent("tmux");
        tmux.args(["-D", "-f", "/dev/null", "-S"]).arg(folder.path().join("socket"));
        tmux.env_remove("TMUX").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let tmux = Process::start(&mut tmux).expect("tmux: run scripts/setup tests");
        let terminal = Self { _tmux: tmux, folder, asked: Cell::new(0) };
        let shell = format!("env -u ENV -u REDISCLI_AUTH PS1='{PROMPT} ' sh");
        until_true("tmux opens a window: scripts/setup tests installs it", || {
            terminal.tmux(&["new-session", "-d", "-x", "80", "-y", "24", &shell]).status.success()
        });
        terminal.wait_for_prompt();
        terminal
    }

    /// The same with the program running in it, looking every tenth of a second.
    #[track_caller]
    pub(crate) fn with_top(port: u16, words: &str) -> Self {
        let terminal = Self::open();
        terminal.enter(&format!("{} -p {port} -i 0.1 {words}", program::PATH));
        terminal.wait_for(" UTC");
        terminal
    }

    fn tmux(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.folder.path().join("socket")).args(words).env_remove("TMUX");
        command.output().expect("tmux")
    }

    /// Presses keys, in the names of tmux: `q`, `C-c`.
    pub(crate) fn press(&self, key: &str) {
        assert!(self.tmux(&["send-keys", key]).status.success());
    }

    /// Types a line.
    pub(crate) fn enter(&self, line: &str) {
        assert!(self.tmux(&["send-keys", "-l", line]).status.success());
        self.press("Enter");
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, columns: usize, rows: usize) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        assert!(self.tmux(&["resize-window", "-x", &columns, "-y", &rows]).status.success());
    }

    /// What is on the screen, line by line.
    pub(crate) fn screen(&self) -> Vec<String> {
        let output = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// A variable of tmux about the window, such as `cursor_flag`.
    pub(crate) fn flag(&self, name: &str) -> String {
        let output = self.tmux(&["display-message", "-p", &format!("#{{{name}}}")]);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until a line holds `text`; answers the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> Vec<String> {
        self.wait(text, |screen| screen.iter().any(|line| line.contains(text)))
    }

    /// Waits until the screen is as it should be; answers it.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, mut is_right: impl FnMut(&[String]) -> bool) -> Vec<String> {
        let mut last = Vec::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(what, || {
                last = self.screen();
                is_right(&last).then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| panic!("waited in vain for: {what}\n{}", last.join("\n")))
    }

    /// Waits until the shell is ready for the next line.
    #[track_caller]
    pub(crate) fn wait_for_prompt(&self) -> Vec<String> {
        self.wait("the prompt", |screen| {
            screen.iter().rfind(|line| !line.is_empty()).is_some_and(|line| line == PROMPT)
        })
    }

    /// What a shell command prints, on one line.
    #[track_caller]
    pub(crate) fn answer(&self, command: &str) -> String {
        self.asked.set(self.asked.get() + 1);
        let start = format!("answer {}: ", self.asked.get());
        self.enter(&format!("clear; echo \"{start}$({command})\""));
        let is_answered = |screen: &[String]| matches!(screen, [first, second, ..] if first.starts_with(&start) && second == PROMPT);
        let screen = self.wait("an answer", is_answered);
        screen[0].trim_start_matches(&start).to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails only when there is nothing to end any more.
        let _ = self.tmux(&["kill-server"]);
    }
}
