//! What clients were answered, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};

use testkit::client::{Claimed, Client};

use super::clock::Reading;
use super::QUEUE;

type Id = Vec<u8>;

/// A job in the hands of a worker.
struct Held {
    token: u64,
    lease: u64,
    /// What the clock read at least when it was claimed.
    since: u64,
}

/// What became of jobs.
#[derive(Default)]
pub(super) struct Ledger {
    added: BTreeSet<Id>,
    held: BTreeMap<Id, Held>,
    newest: BTreeMap<Id, u64>,
    /// Under which tokens jobs ended.
    completed: BTreeMap<Id, u64>,
    failed: BTreeMap<Id, u64>,
    tokens: BTreeSet<u64>,
}

impl Ledger {
    pub(super) fn added(&mut self, ids: impl IntoIterator<Item = Id>) {
        self.added.extend(ids);
    }

    /// How many jobs were added, and how many completed.
    pub(super) fn done(&self) -> (usize, usize) {
        (self.added.len(), self.completed.len())
    }

    /// A worker was given a job. An error if it had ended, or if another worker's lease cannot be over.
    pub(super) fn claimed(
        &mut self,
        job: &Claimed,
        lease: u64,
        since: u64,
        reading: &Reading,
    ) -> Result<(), String> {
        let shown = job.id.escape_ascii();
        if !self.tokens.insert(job.token) {
            return Err(format!("two were given the token {}", job.token));
        }
        for ended in [&self.completed, &self.failed] {
            if ended.get(&job.id).is_some_and(|token| *token < job.token) {
                return Err(format!("{shown} was claimed after it had ended"));
            }
        }
        // A worker may write down late what it was given first.
        if self.newest(job) > job.token {
            return Ok(());
        }
        self.newest.insert(job.id.clone(), job.token);
        let held = Held { token: job.token, lease, since };
        if let Some(Held { token, lease, since }) = self.held.insert(job.id.clone(), held) {
            let lasted = reading.most() - since;
            if lasted < lease {
                let second = job.token;
                return Err(format!(
                    "{shown} was claimed as {second} while {token} had {lease} ms, of {lasted} at most"
                ));
            }
        }
        Ok(())
    }

    /// Its worker is about to say how it ended.
    pub(super) fn ends(&mut self, job: &Claimed) {
        if self.held.get(&job.id).is_some_and(|held| held.token == job.token) {
            self.held.remove(&job.id);
        }
    }

    /// An ACK counted; `newest` is the newest token of the job that was known when it was sent.
    pub(super) fn completed(&mut self, job: &Claimed, newest: u64) {
        let shown = job.id.escape_ascii();
        assert!(job.token >= newest, "{shown}: {} counted, and {newest} is newer", job.token);
        let other = self.completed.insert(job.id.clone(), job.token);
        assert_eq!(other, None, "{shown} was done twice");
    }

    /// A NACK was the last.
    pub(super) fn failed(&mut self, job: &Claimed) {
        let other = self.failed.insert(job.id.clone(), job.token);
        assert_eq!(other, None, "{} failed twice", job.id.escape_ascii());
    }

    pub(super) fn newest(&self, job: &Claimed) -> u64 {
        self.newest.get(&job.id).copied().unwrap_or_default()
    }

    /// Every job that was added has ended as its worker was told.
    pub(super) fn assert_all_ended(&self, client: &mut Client) {
        assert!(self.added.len() > 100 && self.completed.len() > 100, "hardly anything was done");
        for id in &self.added {
            let state: Option<Vec<String>> = client.ask_words(&[b"JQ.EXPLAIN", QUEUE.as_bytes(), id]);
            let state = state.unwrap_or_else(|| panic!("{} is lost", id.escape_ascii()));
            let is_right = match state[1].as_str() {
                "completed" => !self.failed.contains_key(id),
                "failed" => !self.completed.contains_key(id),
                _ => false,
            };
            assert!(is_right, "{} is {state:?}", id.escape_ascii());
        }
        println!(
            "{} jobs added, {} runs, {} completed",
            self.added.len(),
            self.tokens.len(),
            self.completed.len()
        );
    }
}
