//! What `JQ.CONFIG` sets, as far as the model goes.

use super::args::{attempts, window, Refused, Words, ERR};
use super::bucket::Rate;
use super::job::{until, NEVER};
use super::spec::{Backoff, JobSpec};

/// A queue's settings; 0 is no limit, -1 for ever.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) lease: u64,
    pub(crate) attempts: u64,
    pub(crate) backoff: Backoff,
    pub(crate) max_backoff: u64,
    pub(crate) max_losses: u64,
    pub(crate) dedup_window: i64,
    pub(crate) max_ids: usize,
    pub(crate) keep_completed: i64,
    pub(crate) keep_completed_max: usize,
    pub(crate) keep_failed: i64,
    pub(crate) keep_failed_max: usize,
    pub(crate) keep_batches: i64,
    pub(crate) max_jobs: usize,
    pub(crate) concurrency: u64,
    pub(crate) rate: Option<Rate>,
    pub(crate) group_concurrency: u64,
    pub(crate) group_rate: Option<Rate>,
    pub(crate) max_lease: u64,
    pub(crate) max_run: i64,
    pub(crate) events_max: usize,
    pub(crate) max_field_bytes: usize,
    pub(crate) max_log_bytes: usize,
    pub(crate) shards: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lease: 30_000,
            attempts: 3,
            backoff: Backoff::Exponential(1000),
            max_backoff: 3_600_000,
            max_losses: 3,
            dedup_window: 300_000,
            max_ids: 0,
            keep_completed: 0,
            keep_completed_max: 0,
            keep_failed: -1,
            keep_failed_max: 0,
            keep_batches: 86_400_000,
            max_jobs: 0,
            concurrency: 0,
            rate: None,
            group_concurrency: 1,
            group_rate: None,
            max_lease: 604_800_000,
            max_run: -1,
            events_max: 0,
            max_field_bytes: 16_384,
            max_log_bytes: 65_536,
            shards: 0,
        }
    }
}

impl Settings {
    /// These settings with `fields` changed.
    pub(crate) fn with(mut self, fields: &[(String, Vec<u8>)]) -> Result<Self, Refused> {
        for (place, (field, value)) in fields.iter().enumerate() {
            if fields.iter().take(place).any(|(other, _)| other == field) {
                return Err(ERR);
            }
            let word = [value.as_slice()];
            let mut w = Words(&word);
            match field.as_str() {
                "lease" => self.lease = w.uint(1)?,
                "attempts" => self.attempts = attempts(&mut w)?,
                "backoff" => self.backoff = backoff(value)?,
                "max-backoff" => self.max_backoff = w.uint(0)?,
                "jitter" => drop(w.uint(0).ok().filter(|percent| *percent == 0).ok_or(ERR)?),
                "max-losses" => self.max_losses = w.uint(0)?,
                "dedup-window" => self.dedup_window = window(&mut w)?,
                "max-ids" => self.max_ids = size(&mut w)?,
                "keep-completed" => self.keep_completed = w.int(-1)?,
                "keep-completed-max" => self.keep_completed_max = size(&mut w)?,
                "keep-failed-max" => self.keep_failed_max = size(&mut w)?,
                "keep-failed" => self.keep_failed = w.int(-1)?,
                "keep-batches" => self.keep_batches = w.int(-1)?,
                "max-jobs" => self.max_jobs = size(&mut w)?,
                "concurrency" => self.concurrency = up_to_a_billion(&mut w, 0)?,
                "group-concurrency" => self.group_concurrency = up_to_a_billion(&mut w, 0)?,
                "rate" => self.rate = rate(value)?,
                "events-max" => self.events_max = size(&mut w).ok().filter(|n| *n <= 1_000_000).ok_or(ERR)?,
                "max-field-bytes" => {
                    self.max_field_bytes = size(&mut w).ok().filter(|n| *n <= 1 << 20).ok_or(ERR)?;
                }
                "max-log-bytes" => {
                    self.max_log_bytes = size(&mut w).ok().filter(|n| *n <= 1 << 20).ok_or(ERR)?;
                }
                "shards" => self.shards = shards(&mut w, 0)?,
                // The queue does nothing with it.
                "shards-before" => drop(shards(&mut w, 0)?),
                "max-lease" => self.max_lease = w.uint(1)?,
                "max-run" => self.max_run = w.time()?,
                "group-rate" => self.group_rate = rate(value)?,
                _ => return Err(ERR),
            }
        }
        if self.lease > self.max_lease {
            return Err(ERR);
        }
        Ok(self)
    }

    /// When a run of `spec` ends that was claimed at `since`, whatever its worker says. The token is the microsecond of
    /// the claim, or beyond it.
    pub(crate) fn run_until(&self, spec: &JobSpec, since: u64, token: u64) -> u64 {
        until(run_begins(since, token), spec.max_run.unwrap_or(self.max_run)).unwrap_or(NEVER)
    }

    /// The same of a run that begins where the clock of the queue stands still until `heard_at`.
    pub(crate) fn next_run_until(&self, spec: &JobSpec, since: u64, token: u64, heard_at: u64) -> u64 {
        let begins = run_begins(since, token).max(heard_at);
        until(begins, spec.max_run.unwrap_or(self.max_run)).unwrap_or(NEVER)
    }

    /// Milliseconds a job with `backoff` of its own, or none, waits after its `nacks`-th NACK.
    pub(crate) fn backoff(&self, own: Option<Backoff>, nacks: u64) -> u64 {
        let wait = match own.unwrap_or(self.backoff) {
            Backoff::Fixed(ms) => ms,
            Backoff::Exponential(ms) => (1..nacks).fold(ms, |wait, _| wait.saturating_mul(2)),
        };
        wait.min(self.max_backoff)
    }
}

fn size(w: &mut Words<'_>) -> Result<usize, Refused> {
    usize::try_from(w.uint(0)?).map_err(|_| ERR)
}

/// A number of shards.
pub(super) fn shards(w: &mut Words<'_>, least: u32) -> Result<u64, Refused> {
    w.uint(least).ok().filter(|n| *n <= 65_536).ok_or(ERR)
}

pub(super) fn up_to_a_billion(w: &mut Words<'_>, least: u32) -> Result<u64, Refused> {
    w.uint(least).and_then(|n| if n <= 1_000_000_000 { Ok(n) } else { Err(ERR) })
}

/// `0`, `max/ms` or `max/ms/window`.
pub(super) fn rate(value: &[u8]) -> Result<Option<Rate>, Refused> {
    if value == b"0" {
        return Ok(None);
    }
    let number = |word: &[u8]| up_to_a_billion(&mut Words(&[word]), 1);
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'/').collect();
    let (max, ms, is_window) = match parts.as_slice() {
        [max, ms] => (max, ms, false),
        [max, ms, b"window"] => (max, ms, true),
        _ => return Err(ERR),
    };
    Ok(Some(Rate { max: number(max)?, ms: number(ms)?, is_window }))
}

/// `fixed/ms` or `exponential/ms`.
fn backoff(value: &[u8]) -> Result<Backoff, Refused> {
    let text = std::str::from_utf8(value).map_err(|_| ERR)?;
    let (kind, ms) = text.split_once('/').ok_or(ERR)?;
    let ms = ms.parse().map_err(|_| ERR)?;
    match kind.to_ascii_lowercase().as_str() {
        "fixed" => Ok(Backoff::Fixed(ms)),
        "exponential" => Ok(Backoff::Exponential(ms)),
        _ => Err(ERR),
    }
}

/// Where the milliseconds of a run begin that was claimed at `since`.
fn run_begins(since: u64, token: u64) -> u64 {
    if token.div_ceil(1000) == since {
        since
    } else {
        since + 1
    }
}
