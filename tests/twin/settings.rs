//! What `JQ.CONFIG` sets, as far as the twin goes.

use super::job::Backoff;
use super::words::{attempts, Refused, Words, ERR};

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
    pub(crate) keep_failed: i64,
    pub(crate) keep_batches: i64,
    pub(crate) max_jobs: usize,
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
            keep_failed: -1,
            keep_batches: 86_400_000,
            max_jobs: 0,
        }
    }
}

impl Settings {
    /// These settings with `fields` changed.
    pub(crate) fn with(mut self, fields: &[(String, Vec<u8>)]) -> Result<Self, Refused> {
        for (field, value) in fields {
            let word = [value.as_slice()];
            let mut w = Words(&word);
            match field.as_str() {
                "lease" => self.lease = w.uint(1)?,
                "attempts" => self.attempts = attempts(&mut w)?,
                "backoff" => self.backoff = backoff(value)?,
                "max-backoff" => self.max_backoff = w.uint(0)?,
                "jitter" => drop(w.uint(0).ok().filter(|percent| *percent == 0).ok_or(ERR)?),
                "max-losses" => self.max_losses = w.uint(0)?,
                "dedup-window" => self.dedup_window = w.int(-1)?,
                "max-ids" => self.max_ids = usize::try_from(w.uint(0)?).map_err(|_| ERR)?,
                "keep-completed" => self.keep_completed = w.int(0)?,
                "keep-failed" => self.keep_failed = w.int(-1)?,
                "keep-batches" => self.keep_batches = w.int(-1)?,
                "max-jobs" => self.max_jobs = usize::try_from(w.uint(0)?).map_err(|_| ERR)?,
                _ => return Err(ERR),
            }
        }
        Ok(self)
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
