//! What can happen to a queue. Every change of one is a value of [`Effect`].

use crate::queue::batches::{BatchNumber, BatchRefs};
use crate::queue::events::EmittedFields;
use crate::queue::expiries::ExpiryOutcome;
use crate::queue::jobs::{AddRequest, FieldChanges, JobOptions, JobSpec, LogLines, Place};
use crate::queue::limits::{GroupLimits, Pause};
use crate::queue::schedules::{Missed, Plan, TickOutcome};
use crate::queue::settings::Settings;
use crate::queue::store::{EndState, Handle, IdEntry};

/// One change. It carries what was decided, never what was asked: no relative time, no default to look up.
/// The instant at which it happens is that of the journal in which it stands.
///
/// Instants are Unix milliseconds.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "each variant says what happened; its fields are words of the glossary")]
pub enum Effect<'a> {
    /// A new job takes the place of a finished one, if the id was known.
    /// `unknown` is the hash of an id that leads to nothing yet: then it is not looked up again. In the journal there is
    /// none.
    Added { id: &'a [u8], unknown: Option<u64>, job: JobSpec<&'a [u8]>, batches: BatchRefs<BatchNumber> },
    /// Something happened to a job that is not finished, or to the record of a failed one. In the journal the
    /// job is its id.
    Job { job: Handle, change: JobEffect<'a> },
    /// A kept record is gone. Its id stays refused while its window is open.
    Purged { record: Handle },
    /// So many records of jobs that ended so are gone, the oldest, because a worker asked for no more of them. Their ids
    /// stay refused while their windows are open.
    RecordsDropped { ended: EndState, count: u64 },
    /// A job, record or remembered id is gone, and nothing of it is remembered.
    Removed { entry: IdEntry },
    /// The next new job has this number as its id.
    NumberTaken { number: u64 },
    /// So many ADDs were refused because their ids are known. They would have been members of the batch.
    Duplicates { count: u64, batch: Option<BatchNumber> },
    /// A batch was mentioned for the first time.
    BatchOpened { name: &'a [u8] },
    /// A client waits for a batch that would have been dropped, or an ADD that was refused named one.
    BatchMentioned { batch: BatchNumber },
    /// A batch takes no more members.
    BatchSealed { batch: BatchNumber },
    /// A batch for which no job waits is dropped.
    BatchForgotten { batch: BatchNumber },
    /// An ACK came too late, or for a job that is not there.
    StaleAck,
    /// No job is claimed from now on. Of its pauses these are left or new.
    Paused { pause: Pause },
    /// Jobs are claimed again.
    Resumed,
    /// No job of the group is claimed from now on. Of its pauses these are left or new.
    GroupPaused { name: &'a [u8], pause: Pause },
    /// The group has other limits than the queue has for all.
    GroupLimited { name: &'a [u8], limits: GroupLimits },
    /// Jobs of the group are claimed again.
    GroupResumed { name: &'a [u8] },
    /// The queue has other settings.
    Configured(Settings),
    /// Time did so many of its steps, in their order.
    Advanced(Steps),
    /// The server's clock was set back so many milliseconds: that of the queue goes on.
    ClockSetBack { by: u64 },
    /// The server's clock is a little behind an instant that it has shown: that of the queue stands still until then.
    ClockStands { until: u64 },
    /// A schedule is new, or another than it was.
    Scheduled { name: &'a [u8], plan: Plan<'a>, next: u64 },
    /// The timetable of a schedule is new: its instants from the first to the last before that come only if the clock is
    /// set back.
    PassedOver { name: &'a [u8], first: u64, last: u64 },
    /// A schedule is gone.
    Unscheduled { name: &'a [u8] },
    /// A schedule has ticked; the job that the tick added is an effect before this one. The tick is of the
    /// instant `at`, which may be long ago. Without a `next` it was the last, and the schedule is gone.
    Ticked { name: &'a [u8], at: u64, missed: Missed, next: Option<u64>, outcome: TickOutcome },
    /// The clock was set back to before instants that a schedule had missed, and so many of them are to come again, the
    /// first of them at `next`; `last` is the last before it that stays missed.
    Rewound { name: &'a [u8], next: u64, last: Option<u64>, regained: u64 },
    /// Expired keys that begin with the prefix become jobs. The payload is empty here: it will be the key's
    /// name.
    ExpiryRuleSet { prefix: &'a [u8], request: AddRequest<&'a [u8]> },
    /// Expired keys that begin with the prefix become jobs no longer.
    ExpiryRuleRemoved { prefix: &'a [u8] },
    /// An application has something to say in the order of the events.
    Emitted { event: &'a [u8], job: Option<&'a [u8]>, fields: EmittedFields<'a> },
    /// The oldest events are dropped until at most so many are left.
    EventsTrimmed { keep: u64 },
    /// A key expired, and this prefix decided what came of it. Its job is an effect before this one.
    KeyExpired { prefix: &'a [u8], outcome: ExpiryOutcome },
}

/// What can happen to one job.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "each variant says what happened; its fields are words of the glossary")]
pub enum JobEffect<'a> {
    /// A job that had not started has changed.
    Replaced { by: Replacement<'a> },
    /// A job that had not started has another payload, and nothing else has changed.
    PayloadReplaced { payload: &'a [u8] },
    /// Fields of the job, or of its record, have changed.
    FieldsChanged { changes: FieldChanges<'a> },
    /// Lines were appended to the log of the job, or of its record.
    Logged { lines: LogLines<'a> },
    /// A job, or what is left of one, was changed from outside.
    Changed { to: Change<'a> },
    /// The job will live once more after this life. A life whose lease was lost ends with that.
    Rerun { next: JobSpec<&'a [u8]> },
    /// A worker has claimed the job.
    Claimed { token: u64, worker: &'a [u8], lease_until: u64 },
    /// The lease ends at another instant.
    Leased { lease_until: u64 },
    /// The worker reported how far it is.
    Progressed { data: &'a [u8] },
    /// The worker has done the job. Here and below: where it said how long the record is kept, until then; 0: not at all.
    Completed { result: Option<&'a [u8]>, keep_until: Option<u64> },
    /// The worker has done the job after its lease was lost and the next life had begun.
    LifeCompletedLate,
    /// The worker had done the job when its last permitted lease ended: the failed job is completed after all.
    CompletedLate { result: Option<&'a [u8]>, keep_until: Option<u64> },
    /// A NACK: the job is tried again, not before `due`, or at once.
    Retried { due: Option<u64>, error: Option<&'a [u8]>, place: Place },
    /// A NACK: the job has failed for good.
    Failed { error: Option<&'a [u8]>, keep_until: Option<u64> },
    /// A NACK under the last permitted lease, which has ended: the job has failed because of that already.
    FailedLate { error: Option<&'a [u8]>, keep_until: Option<u64> },
    /// The worker goes on with a job whose lease it had lost, and which was not claimed since.
    TakenBack { lease_until: u64 },
    /// The worker handed the job back.
    Released { to: ReleasedTo },
    /// A job that did not run, or whose worker has learned of it, is cancelled.
    Cancelled,
    /// The worker of an active job has to stop.
    CancelRequested,
    /// A job that was delayed or on hold joins the line, at once or at an instant.
    Promoted { due: Option<u64>, place: Place },
    /// A failed job gets another chance.
    Revived { place: Place },
    /// A completed job lives once more.
    RunAgain { place: Place },
    /// Time did its work on this job, out of order, because a command named it.
    Advanced,
}

/// What a REPLACE makes of a job; None: that stays as it is. The job stays in its batch, and waits for the batch
/// it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the manual")]
pub struct Replacement<'a> {
    pub payload: &'a [u8],
    pub due: NewDue,
    /// It goes to the end of that priority.
    pub priority: Option<i32>,
    /// The front: it goes there, whatever else is named.
    pub place: Place,
    /// It goes to the end of its lane.
    pub group: Option<&'a [u8]>,
    /// What kind of job it is.
    pub name: Option<&'a [u8]>,
    /// All of its options, those that stay too.
    pub options: JobOptions,
    pub expires: Option<u64>,
    pub latest_due: Option<u64>,
}

/// What a CHANGE makes of a job; None: that stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the manual")]
pub struct Change<'a> {
    pub payload: Option<&'a [u8]>,
    pub progress: Option<&'a [u8]>,
    pub due: NewDue,
    /// It goes to the end of that priority; an active job does when it waits again.
    pub priority: Option<i32>,
    /// The front: it goes there, whatever else is named.
    pub place: Place,
    /// What kind of job it is.
    pub name: Option<&'a [u8]>,
}

impl Change<'_> {
    /// A change of nothing.
    pub const NOTHING: Self = Change {
        payload: None,
        progress: None,
        due: NewDue::Unchanged,
        priority: None,
        place: Place::End,
        name: None,
    };

    /// Whether it is about when and where a job waits.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.due != NewDue::Unchanged || self.place == Place::Front
    }
}

/// When a replaced or changed job may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewDue {
    /// When it might before.
    Unchanged,
    /// At once: it goes to the end of its priority.
    Now,
    /// At this instant.
    At(u64),
    /// After a PROMOTE, unless it waits for a batch.
    Hold,
}

/// Where a job goes that its worker hands back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleasedTo {
    /// To the place it had.
    OldPlace,
    /// Before all of its priority.
    Front,
    /// To wait until this instant, and then to join its priority there.
    Later(u64, Place),
    /// To wait for a PROMOTE.
    Hold,
}

/// How much time has done, or may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Steps in the life of jobs.
    pub jobs: u32,
    /// Records and ids dropped.
    pub forgotten: u32,
}
