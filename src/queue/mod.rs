//! The domain: one queue, as pure data and rules. No Redis, no clock, no chance, no I/O; time is an argument.
//!
//! ```text
//!                  ADD DELAY/AT                 due, PROMOTE
//!      ADD ─────────────┬──────────► delayed ─────────────────┐
//!       │               │               ▲                     ▼
//!       └───────────────┼───────────────┼────────────────► waiting ◄──┐
//!                       │    NACK, tries left              CLAIM │    │ RELEASE, lease lost
//!                       │               │                        ▼    │
//!                       │               └───────────────────── active ┘
//!                       │                                        │ ACK ──────────────► completed
//!            PX over    ▼   CANCEL                               └ NACK, none left ──► failed ──RETRY──► waiting
//!   waiting, delayed ──► expired, cancelled                        lost too often
//!
//!      ADD AFTER, HOLD ──► blocked ──batch finished, PROMOTE──► waiting or delayed; expires and is cancelled like these
//! ```
//!
//! Its parts, and what is made of them:
//!
//! ```text floors
//! session views saved               | what commands decide; what clients read; a queue as facts for files
//! rules                             | what effects and time do to a queue
//! value effect                      | the queue, made of its parts; what can happen to one
//! schedules expiries                | jobs that the queue adds to itself: by time, and for keys that expire
//! await_events                      | what clients wait for
//! events settings stats             | the last transitions; what JQ.CONFIG sets; what is counted
//! jobs workers                      | all jobs with their ids and indexes; who holds which
//! batches limits                    | sets of jobs with exact counts; how many jobs may run
//! store names time                  | pages, sorted indexes, the id table; valid names; time as an argument
//! ```
//!
//! The state of a queue changes through one mutator, `Queue::apply`, one [`Effect`] at a time. A [`Session`]
//! is the access of one command: it lets time do its part first, decides, journals each effect and applies
//! it. Replicas and the append-only file get the journal and apply the same effects, so their state is equal,
//! byte by byte.
//!
//! Two things take another order. What time does is applied first and journaled afterwards, since only then
//! it is known how many steps that took; a replica takes as many. ADDs that are refused as duplicates are
//! counted beside the state, and become part of it by one effect at most 100 ms later. What is not state at
//! all (subscriptions of waiting clients, kinds of transitions, the order of lanes, which follows from the
//! state and the clock) changes without effects.
//!
//! Invariants, all recounted by [`Queue::check`]: every job is in exactly one index of its state; an id leads
//! to one job or one remembered record; sequence numbers are unique; tokens only grow.

mod await_events;
mod batches;
mod effect;
mod events;
mod expiries;
mod jobs;
mod limits;
mod names;
mod rules;
mod saved;
pub mod schedules;
mod session;
mod settings;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod value;
mod views;
mod workers;

pub use await_events::{AwaitEvent, Awaited};
pub use batches::{BatchCondition, BatchNumber, BatchRefs, BatchView, Dependency, Members};
pub use effect::{Change, Effect, JobEffect, NewDue, ReleasedTo, Replacement, Steps};
pub(crate) use events::Fact;
pub use events::{
    is_emitted_name, EmittedFields, EventField, EventFilter, EventId, EventName, EventValue, FieldName,
    LoggedEvent, MAX_EMITTED_BYTES, MAX_EMITTED_FIELDS, MAX_EVENTS, MAX_EVENT_NAME, MAX_EVENT_VALUE,
};
pub(crate) use expiries::{is_valid_rule, prefixes_of};
pub use expiries::{ExpiryCounts, ExpiryOutcome, ExpiryRule, ExpiryRules, MAX_PREFIX, MAX_PREFIXES};
pub(crate) use jobs::{are_fields, LostLife, UnmetDependency};
pub use jobs::{
    fields_in, AddRequest, Backoff, DedupWindow, FieldChanges, JobOptions, JobSpec, JobState, LogLines,
    OnDup, Place, Run, RunEnd, Start, Until, MAX_FIELDS, MAX_FIELD_BYTES, MAX_FIELD_NAME, MAX_LOG_BYTES,
    MAX_LOG_LINE,
};
pub(crate) use limits::{Bucket, LaneRules};
pub use limits::{GroupLimits, Pause, Rate, Refill, MAX_RATE};
pub(crate) use names::{may_be_given, valid_batch_name, valid_group, valid_id, valid_job_name, valid_worker};
pub use names::{MAX_BATCH, MAX_ERROR, MAX_GROUP, MAX_ID, MAX_JOB_NAME, MAX_WORKER};
pub(crate) use saved::{
    Header, SavedBatch, SavedEvent, SavedJob, SavedLane, SavedLaneRules, SavedNumber, SavedState,
};
pub use schedules::Schedule;
pub use session::{
    AckOptions, Acked, Added, ChangeRequest, Changed, ChangedJobs, ClaimOptions, Claimed, Extended, Failure,
    FieldTerms, FieldsRefusal, Journal, Lease, MemoryPressure, NackOptions, Nacked, Outcome, PauseKind,
    Refusal, ReleaseOptions, Report, ReviveOptions, Selected, Session, CANCELLED_STATES,
};
pub use settings::{Settings, MAX_SHARDS};
pub use stats::{counters, histogram, Event, Events, Minute, MOST_MINUTES};
pub(crate) use stats::{plausible_duplicates, PendingDuplicates};
pub use store::{Direction, EndState, Handle, IdEntry, Record};
pub(crate) use time::set_back;
pub use time::{Now, UnixMs, FOREVER};
pub use value::Queue;
pub use views::{
    EventPage, EventStart, Explanation, GroupView, JobView, ListPage, ListStart, LogRange, NameView,
    PageRange, Position, Row, Selection, Standstill, WorkerView,
};
