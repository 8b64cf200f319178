//! Fifty workers, each a process; some are killed, and others take their places.

use std::fs;
use std::process::Child;

use tempfile::TempDir;
use testkit::rng::Rng;

use super::event_log::{read, Run};
use super::worker::{start, Profile, PORT};

/// How many work at the same time.
pub(super) const WORKERS: usize = 50;

/// Workers at one server.
pub(super) struct Workers {
    /// Where they read the port and write what they see.
    folder: TempDir,
    members: Vec<Member>,
    rng: Rng,
    profile: Profile,
    /// How many were ever started.
    started: usize,
}

struct Member {
    name: String,
    process: Child,
}

impl Workers {
    /// Starts all of them.
    pub(super) fn start(port: u16, seed: u64, profile: Profile) -> Self {
        let folder = tempfile::Builder::new().prefix("redis-jq-limits-").tempdir().expect("a folder");
        let mut workers = Self { folder, members: Vec::new(), rng: Rng::new(seed), profile, started: 0 };
        workers.switch_to(port);
        while workers.members.len() < WORKERS {
            workers.start_one();
        }
        workers
    }

    /// Workers that connect from now on connect to the server at `port`.
    pub(super) fn switch_to(&self, port: u16) {
        let (new, file) = (self.folder.path().join("new-port"), self.folder.path().join(PORT));
        fs::write(&new, port.to_string()).expect("room on the disk");
        // In one step: no worker reads half a number.
        fs::rename(new, file).expect("the same folder");
    }

    fn start_one(&mut self) {
        let name = format!("w{}", self.started);
        self.started += 1;
        let folder = self.folder.path().to_str().expect("a name without surprises");
        let process = start(folder, &name, self.rng.any(), self.profile);
        self.members.push(Member { name, process });
    }

    /// Kills one of those who are called `names` with signal 9, and starts another. False: none of them is
    /// there.
    pub(super) fn kill_one(&mut self, names: &[String]) -> bool {
        let is_named = |member: &Member| names.contains(&member.name);
        let Some(place) = self.members.iter().position(is_named) else { return false };
        self.members.remove(place).end();
        self.start_one();
        true
    }

    /// Kills all, and answers what they have seen.
    pub(super) fn finish(mut self) -> Vec<Run> {
        self.members.drain(..).for_each(Member::end);
        read(self.folder.path())
    }
}

impl Member {
    /// `kill -9`.
    fn end(mut self) {
        self.process.kill().expect("a process of our own");
        self.process.wait().expect("it has ended");
    }
}

impl Drop for Workers {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        for member in &mut self.members {
            // Fails only if it has ended.
            let _ = member.process.kill();
            let _ = member.process.wait();
        }
    }
}
