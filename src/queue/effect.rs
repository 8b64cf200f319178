//! What can happen to a queue. Everything that changes one is a value of this type.

use crate::queue::batches::BatchNumber;
use crate::queue::expiries::ExpiryOutcome;
use crate::queue::jobs::{Addition, NewJob};
use crate::queue::schedules::{Plan, TickOutcome};
use crate::queue::settings::Settings;
use crate::queue::store::{Entry, Handle};

/// The job, kept record or remembered id an effect is about; on the wire it is named by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target(pub(crate) Entry);

impl Target {
    /// A job or kept record.
    pub(crate) fn job(handle: Handle) -> Self {
        Target(Entry::Job(handle))
    }
}

/// One change. It carries what was decided, never what was asked: no relative time, no default to look up.
/// The instant at which it happens is that of the journal it stands in.
#[derive(Debug, Clone, Copy)]
pub enum Effect<'a> {
    /// A new job, in the place of a finished one if the id was known.
    Added {
        /// Its id.
        id: &'a [u8],
        /// What it is.
        new: NewJob<'a>,
    },
    /// A job that had not started is now another.
    Replaced {
        /// Which.
        job: Target,
        /// What it is now.
        new: NewJob<'a>,
    },
    /// A job will live once more after this life.
    Rerun {
        /// Which.
        job: Target,
        /// Its next life.
        new: NewJob<'a>,
    },
    /// ADDs were refused: their ids are known.
    Duplicates {
        /// So many.
        count: u64,
        /// The batch they would have been members of.
        batch: Option<BatchNumber>,
    },
    /// A worker got a job.
    Claimed {
        /// Which.
        job: Target,
        /// The proof of the claim.
        token: u64,
        /// Who.
        worker: &'a [u8],
        /// The end of the lease, Unix ms.
        lease_until: u64,
    },
    /// A lease ends at another instant.
    Leased {
        /// Of which job.
        job: Target,
        /// The new end, Unix ms.
        lease_until: u64,
    },
    /// A worker reported how far it is.
    Progressed {
        /// On which job.
        job: Target,
        /// What it said.
        data: &'a [u8],
    },
    /// A job is done.
    Completed {
        /// Which.
        job: Target,
        /// What came out.
        result: Option<&'a [u8]>,
    },
    /// A NACK: the job is tried again.
    Retried {
        /// Which.
        job: Target,
        /// Not before; None: at once.
        due: Option<u64>,
        /// What went wrong.
        error: Option<&'a [u8]>,
    },
    /// A NACK: the job has failed for good.
    Failed {
        /// Which.
        job: Target,
        /// What went wrong.
        error: Option<&'a [u8]>,
    },
    /// A worker handed a job back.
    Released {
        /// Which.
        job: Target,
        /// Not before; None: to its old place at once.
        due: Option<u64>,
    },
    /// A job that did not run, or whose worker has learned of it, is cancelled.
    Cancelled {
        /// Which.
        job: Target,
    },
    /// The worker of an active job is to be told to stop.
    CancelAsked {
        /// Of which job.
        job: Target,
    },
    /// Gone and forgotten.
    Removed {
        /// What.
        target: Target,
    },
    /// A kept record is gone; its id stays refused while its window is open.
    Purged {
        /// Which.
        record: Target,
    },
    /// A delayed job need not wait any longer.
    Promoted {
        /// Which.
        job: Target,
    },
    /// A failed job gets another chance.
    Revived {
        /// Which.
        job: Target,
    },
    /// A batch was mentioned for the first time.
    BatchOpened {
        /// Its name.
        name: &'a [u8],
    },
    /// A batch takes no more members.
    BatchSealed {
        /// Which.
        batch: BatchNumber,
    },
    /// A batch nobody waits for is dropped.
    BatchForgotten {
        /// Which.
        batch: BatchNumber,
    },
    /// An ACK came too late or for nothing.
    StaleAck,
    /// No more claims.
    Paused,
    /// Claims go on.
    Resumed,
    /// New settings.
    Configured(Settings),
    /// Time did this much of its work, in order.
    Advanced(Steps),
    /// Time did its work on one job, out of order, because a command named it.
    JobAdvanced {
        /// Which.
        job: Target,
    },
    /// A schedule is new, or another than it was.
    Scheduled {
        /// Its name.
        name: &'a [u8],
        /// What it is.
        plan: Plan<'a>,
        /// Its next tick, Unix ms.
        next: u64,
    },
    /// A schedule is gone.
    Unscheduled {
        /// Its name.
        name: &'a [u8],
    },
    /// A schedule has ticked; a job it added is an effect before this one.
    Ticked {
        /// Which.
        name: &'a [u8],
        /// The instant of the tick, Unix ms, which may be long ago.
        at: u64,
        /// The next tick, Unix ms; None: it was the last, and the schedule is gone.
        next: Option<u64>,
        /// What became of it.
        fate: TickOutcome,
    },
    /// Expired keys that begin with a prefix become jobs.
    ExpiryRuleSet {
        /// The prefix.
        prefix: &'a [u8],
        /// What each becomes; the payload is empty here.
        addition: Addition<'a>,
    },
    /// They do so no longer.
    ExpiryRuleRemoved {
        /// The prefix.
        prefix: &'a [u8],
    },
    /// A key expired; the job is an effect of its own.
    KeyExpired {
        /// The prefix that decided.
        prefix: &'a [u8],
        /// What came of it.
        heard: ExpiryOutcome,
    },
}

/// How much time has done, or may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Steps in the life of jobs.
    pub jobs: u32,
    /// Records and ids dropped.
    pub forgotten: u32,
}
