//! What a token is worth for an id.

use super::job::{How, State};
use super::model::Model;

/// What a token is worth for an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Unknown,
    /// The lease is held.
    Held,
    /// The lease is held, and the job is to be given up.
    CancelAsked,
    /// The lease was lost, and no other worker has claimed the job yet.
    Late,
    /// The life before this one was lost with its lease, and this one was not claimed yet. It was that member.
    LifeLost(Option<usize>),
    /// The same, and that was once too often: it has failed.
    LateFailed,
    /// The worker has said before that it failed at it, or handed it back.
    Said(&'static str),
    /// The job was completed with this very token.
    Completed,
    /// The job was cancelled while this was its token.
    Cancelled,
    NotYours,
}

impl Model {
    pub(super) fn standing(&self, token: u64, id: &[u8]) -> Standing {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return Standing::Unknown };
        match job.state {
            State::Active { token: its, cancel: false, .. } if its == token => Standing::Held,
            State::Active { token: its, cancel: true, .. } if its == token => Standing::CancelAsked,
            State::Waiting { late: Some(its), .. } if its == token => Standing::Late,
            State::Ended { how: How::Failed, .. } if job.is_lost(token) => Standing::LateFailed,
            State::Ended { how: How::Completed, token: Some(its), .. } if its == token => Standing::Completed,
            State::Ended { how: How::Cancelled, token: Some(its), .. } if its == token => Standing::Cancelled,
            _ if job.lost.is_some_and(|(its, _)| its == token) => {
                Standing::LifeLost(job.lost.and_then(|(_, member)| member))
            }
            _ if job.done_under == Some(token) => Standing::Completed,
            // Of a job without a record only the last run is known.
            State::Ended { kept: None, token: its, .. } if its != Some(token) => Standing::NotYours,
            _ => match job.runs.iter().find(|run| run.token == token).map(|run| run.end) {
                Some(end @ ("failed" | "released")) => Standing::Said(end),
                Some("completed") => Standing::Completed,
                _ => Standing::NotYours,
            },
        }
    }
}
