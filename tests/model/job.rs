//! What the model knows of a job. One list holds all of them, whatever their state.

use super::batch::Dependency;
use super::fields::Fields;
use super::spec::{JobSpec, Place, Start};

/// A job, or what is left of one that ended.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "a list of facts")]
pub(crate) struct Job {
    pub(crate) id: Vec<u8>,
    pub(crate) spec: JobSpec,
    pub(crate) fields: Fields,
    /// The lines of its log that are kept, and how many there were.
    pub(crate) log: Vec<Vec<u8>>,
    pub(crate) log_lines: u64,
    /// Drawn when the job last took a place; orders jobs of one priority, and things due at one instant. At the front
    /// it is negative.
    pub(crate) seq: i64,
    pub(crate) nacks: u64,
    pub(crate) losses: u64,
    /// Leases lost before the last progress.
    pub(crate) earlier_losses: u64,
    /// How often it was claimed in this life.
    pub(crate) starts: u64,
    pub(crate) added_at: u64,
    /// Gone once the job has been claimed.
    pub(crate) expires_at: Option<u64>,
    pub(crate) error: Option<Vec<u8>>,
    pub(crate) progress: Option<Vec<u8>>,
    pub(crate) state: State,
    /// The job that runs after this life.
    pub(crate) rerun: Option<Rerun>,
    /// The token under which the life before this one was completed.
    pub(crate) done_under: Option<u64>,
    /// Of the life before this one, if it failed.
    pub(crate) earlier_error: Option<Vec<u8>>,
    /// The token with whose lease the life before this one was lost, and its line in the ledger.
    pub(crate) lost: Option<(u64, Option<usize>)>,
    /// No REPLACE makes it due later. Gone once the job has been claimed.
    pub(crate) latest_due: Option<u64>,
    /// REPLACE has changed it in this life. Seeded bugs look at it.
    pub(crate) replaced: bool,
    /// Its line in the ledger of the batches.
    pub(crate) member: Option<usize>,
    /// Its runs that were not acknowledged, and those after them, the last eight.
    pub(crate) runs: Vec<Run>,
    /// Of a failed job: the batch that was not all completed, and the instant it had to wait for as well.
    pub(crate) unmet: Option<(usize, Option<u64>)>,
    /// Who has it, or had it last in this life.
    pub(crate) worker: Option<Vec<u8>>,
    /// The record is kept for its result alone: the payload is gone.
    pub(crate) result_only: bool,
    /// Of a record: its id is refused as long as it is kept.
    pub(crate) window_is_kept: bool,
    /// It was claimed while lanes were strictly in order: its lane waits for the end of its life.
    pub(crate) holds: bool,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) token: u64,
    pub(crate) attempt: u64,
    pub(crate) worker: Vec<u8>,
    pub(crate) since: u64,
    pub(crate) ended: u64,
    /// The manual's word.
    pub(crate) end: &'static str,
    pub(crate) error: Option<Vec<u8>>,
}

/// The next life, asked for while the present one goes on.
#[derive(Debug, Clone)]
pub(crate) struct Rerun {
    pub(crate) spec: JobSpec,
    pub(crate) expires_at: Option<u64>,
    pub(crate) latest_due: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) enum State {
    /// `late`: the token of the lease whose loss brought the job here; its ACK still counts.
    Waiting {
        since: u64,
        late: Option<u64>,
    },
    /// For its next attempt, or because it was asked for.
    Delayed {
        due: u64,
        retry: bool,
    },
    /// Waits for the batch of that number, then until it is due.
    Blocked {
        batch: usize,
        dependency: Dependency,
        due: Option<u64>,
    },
    /// Waits to be promoted.
    Held,
    Active {
        token: u64,
        worker: Vec<u8>,
        since: u64,
        until: u64,
        cancel: bool,
    },
    /// `refused`: until when the id is. `kept`: until when the record is readable. With neither the job is
    /// dropped from the list.
    Ended {
        how: How,
        at: u64,
        token: Option<u64>,
        result: Option<Vec<u8>>,
        refused: Option<u64>,
        kept: Option<u64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Completed,
    Failed,
    Expired,
    Cancelled,
}

/// An instant that never comes.
pub(crate) const NEVER: u64 = u64::MAX;

/// `span` milliseconds after `at`; 0 is not at all, -1 for ever.
pub(crate) fn until(at: u64, span: i64) -> Option<u64> {
    match span {
        0 => None,
        -1 => Some(NEVER),
        _ => Some(at + span.unsigned_abs()),
    }
}

impl Job {
    /// A life that begins at `at`; its spans begin `late` ms after it.
    pub(crate) fn new(id: &[u8], spec: JobSpec, seq: i64, at: u64, late: u64) -> Self {
        let due = spec.start.due(at, late);
        Job {
            id: id.to_vec(),
            fields: spec.fields.clone(),
            log: Vec::new(),
            log_lines: 0,
            seq,
            nacks: 0,
            losses: 0,
            earlier_losses: 0,
            starts: 0,
            added_at: at,
            expires_at: spec.expires_after.map(|ms| at + late + ms),
            error: None,
            progress: None,
            state: if spec.start == Start::Hold {
                State::Held
            } else if due > at {
                State::Delayed { due, retry: false }
            } else {
                State::Waiting { since: at, late: None }
            },
            rerun: None,
            done_under: None,
            earlier_error: None,
            lost: None,
            replaced: false,
            latest_due: spec.max_wait.map(|ms| at + late + ms),
            member: None,
            unmet: None,
            holds: false,
            worker: None,
            result_only: false,
            window_is_kept: false,
            runs: Vec::new(),
            spec,
        }
    }

    /// Where it joins its priority if it has yet to enter the line.
    pub(crate) fn place(&self) -> Place {
        if self.seq < 0 {
            Place::Front
        } else {
            Place::End
        }
    }

    pub(crate) fn attempt(&self) -> u64 {
        let failed_runs = self.nacks + self.losses + self.earlier_losses;
        if matches!(self.state, State::Ended { how: How::Failed, .. }) {
            failed_runs
        } else {
            failed_runs + 1
        }
    }

    /// Writes down that its run has ended: that of its worker, or the one whose lease was lost, which then was no
    /// loss.
    pub(crate) fn end_run(&mut self, end: &'static str, error: Option<&Vec<u8>>, at: u64) {
        let error = error.map(|text| text.iter().take(256).copied().collect());
        let run = if let State::Active { token, worker, since, .. } = &self.state {
            let (attempt, worker) = (self.attempt(), worker.clone());
            Some(Run { token: *token, attempt, worker, since: *since, ended: at, end, error })
        } else {
            self.take_loss_back().map(|run| Run { ended: at, end, error, ..run })
        };
        self.runs.extend(run);
        while self.runs.len() > 8 {
            self.runs.remove(0);
        }
    }

    /// The run whose lease was lost, which goes on.
    pub(crate) fn take_loss_back(&mut self) -> Option<Run> {
        if !self.is_lost(self.runs.last()?.token) {
            return None;
        }
        self.losses -= 1;
        self.runs.pop()
    }

    /// Whether it waits or has failed because the lease of `token` was lost.
    pub(crate) fn is_lost(&self, token: u64) -> bool {
        let is_last = self.runs.last().is_some_and(|run| run.token == token && run.end == "lost");
        let its = match self.state {
            State::Waiting { late, .. } => late,
            State::Ended { how: How::Failed, token, kept: Some(_), .. } => token,
            _ => None,
        };
        is_last && its == Some(token)
    }

    /// The word of the manual for its state.
    pub(crate) fn state_name(&self) -> &'static str {
        match &self.state {
            State::Waiting { .. } => "waiting",
            State::Delayed { .. } => "delayed",
            State::Blocked { .. } | State::Held => "blocked",
            State::Active { .. } => "active",
            State::Ended { how: How::Completed, .. } => "completed",
            State::Ended { how: How::Failed, .. } => "failed",
            State::Ended { how: How::Expired, .. } => "expired",
            State::Ended { how: How::Cancelled, .. } => "cancelled",
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        !matches!(self.state, State::Ended { .. })
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state, State::Active { .. })
    }

    /// The token under which it is active.
    pub(crate) fn token(&self) -> u64 {
        if let State::Active { token, .. } = self.state {
            token
        } else {
            0
        }
    }

    pub(crate) fn is_with(&self, name: &[u8]) -> bool {
        matches!(&self.state, State::Active { worker, .. } if worker == name)
    }

    pub(crate) fn is_of(&self, lane: &[u8]) -> bool {
        self.spec.group.as_deref() == Some(lane)
    }

    pub(crate) fn waits_for(&self, number: usize) -> bool {
        matches!(self.state, State::Blocked { batch, .. } if batch == number)
    }

    /// Ended, but still readable.
    pub(crate) fn is_record(&self) -> bool {
        matches!(self.state, State::Ended { kept: Some(_), .. })
    }

    /// Ended, and the id may be added again.
    pub(crate) fn is_free(&self, now: u64) -> bool {
        matches!(self.state, State::Ended { refused, .. } if refused.is_none_or(|until| until <= now))
    }

    /// Whether a worker may still complete this run: it holds the job, or has lost it and no other worker has
    /// claimed it yet.
    pub(crate) fn may_be_completed(&self) -> bool {
        matches!(self.state, State::Active { .. } | State::Waiting { late: Some(_), .. })
    }
}
