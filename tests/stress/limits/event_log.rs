//! The event logs of the workers: each writes what it sees to a file, line by line, which is read when all is over.
//!
//! ```text
//!   claimed ASKED ANSWERED TOKEN ATTEMPT ID    a job came; the claim was sent at ASKED and answered at ANSWERED
//!   ends TOKEN AT                              ACK, NACK or RELEASE is about to be sent
//!   answered TOKEN VERB CODE                   and this was the answer
//! ```
//!
//! Instants are Unix microseconds of the one clock that workers and servers of a machine share.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use redis::Value;
use testkit::client::Claimed;

use super::LEASE;

/// What the server may have rounded off an instant: it counts whole milliseconds; and tokens may be ahead of
/// it by the number of jobs in one claim, in microseconds.
pub(super) const ROUNDED: u64 = 2_000;

/// Unix microseconds.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set");
    u64::try_from(since.as_micros()).expect("this side of the year 500,000")
}

/// The log of one worker. Each call is one write: a worker that is killed leaves whole lines.
pub(super) struct EventLog(File);

impl EventLog {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    pub(super) fn claimed(&mut self, asked: u64, answered: u64, jobs: &[Claimed]) {
        let line = |job: &Claimed| {
            let (token, attempt, id) = (job.token, job.attempt, String::from_utf8_lossy(&job.id));
            format!("claimed {asked} {answered} {token} {attempt} {id}\n")
        };
        self.write(&jobs.iter().map(line).collect::<String>());
    }

    pub(super) fn ends(&mut self, token: u64, at: u64) {
        self.write(&format!("ends {token} {at}\n"));
    }

    pub(super) fn answered(&mut self, token: u64, is_ack: bool, code: Option<&Value>) {
        let Some(Value::Int(code)) = code else { panic!("an answer without a code") };
        let verb = if is_ack { "ack" } else { "other" };
        self.write(&format!("answered {token} {verb} {code}\n"));
    }

    fn write(&mut self, lines: &str) {
        self.0.write_all(lines.as_bytes()).expect("room on the disk");
    }
}

/// A job in the hands of a worker: one claim, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) lane: usize,
    /// Jobs of a lane are numbered as they are added.
    pub(super) number: u64,
    pub(super) token: u64,
    /// More than 1: earlier runs have failed or lost their leases, whether anybody wrote them down or not.
    pub(super) attempt: u64,
    pub(super) asked: u64,
    pub(super) answered: u64,
    /// When its end was about to be sent.
    pub(super) ends: Option<u64>,
    pub(super) answer: Answer,
}

/// What came of ending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing was sent, or nothing came back.
    None,
    /// It was completed by this.
    Completed,
    /// It has failed for good by this.
    Failed,
    /// It goes on, or belongs to another worker.
    Other,
}

impl Run {
    /// From when on, until when, it was surely held, Unix microseconds: it was when the claim's answer came;
    /// and no more when its end was sent, or its lease may have ended.
    pub(super) fn held(&self) -> (u64, u64) {
        let lease_ends = (self.token + LEASE * 1000).saturating_sub(ROUNDED);
        (self.answered, self.ends.map_or(lease_ends, |ends| ends.min(lease_ends)))
    }

    /// Whether this run was the last of its job.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.answer, Answer::Completed | Answer::Failed)
    }

    pub(super) fn id(&self) -> String {
        format!("{}-{}", self.lane, self.number)
    }
}

/// All runs that workers wrote down in files of `folder` whose names begin with `w`, by their tokens.
pub(super) fn read(folder: &Path) -> Vec<Run> {
    let mut runs = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the folder of the workers") {
        let file = file.expect("a file");
        if file.file_name().to_string_lossy().starts_with('w') {
            let text = fs::read_to_string(file.path()).expect("what a worker wrote");
            text.lines().for_each(|line| read_line(&mut runs, line));
        }
    }
    runs.into_values().collect()
}

fn read_line(runs: &mut BTreeMap<u64, Run>, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |text: &str| text.parse::<u64>().expect("a number");
    match words[..] {
        ["claimed", asked, answered, token, attempt, id] => {
            let (lane, place) = id.split_once('-').expect("lane and number");
            let run = Run {
                lane: lane.parse().expect("a lane"),
                number: number(place),
                token: number(token),
                attempt: number(attempt),
                asked: number(asked),
                answered: number(answered),
                ends: None,
                answer: Answer::None,
            };
            let other = runs.insert(run.token, run);
            assert_eq!(other, None, "two were given the same token");
        }
        ["ends", token, at] => run_of(runs, number(token)).ends = Some(number(at)),
        ["answered", token, verb, code] => {
            run_of(runs, number(token)).answer = match (verb, code) {
                ("ack", "1") => Answer::Completed,
                ("ack", "0") => {
                    panic!("{line}: it was completed before, though no other worker had its token")
                }
                ("other", "2") => Answer::Failed,
                _ => Answer::Other,
            }
        }
        _ => panic!("a worker wrote: {line}"),
    }
}

fn run_of(runs: &mut BTreeMap<u64, Run>, token: u64) -> &mut Run {
    runs.get_mut(&token).expect("a job is claimed before it ends")
}
