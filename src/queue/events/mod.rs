//! The event log: the last transitions of a queue, kept in it for readers that come when they like.
//!
//! ```text
//!   effect ──► the mutator moves a job ──► one event, if the queue keeps any
//!
//!   EventLog   page ──► page ──► … ──► page     each 16 KiB of records, the oldest first
//!              └ dropped when all its records are ──────── └ the next event is appended here
//! ```
//!
//! Events are made where effects are applied, so replicas and files make the same ones from what they get anyway. An
//! event costs one append. While a queue keeps none it has no log, and a transition costs one branch.
//!
//! - [`event_id`]: `ms-n`, by which a reader goes on.
//! - [`field`]: what an event says. [`emitted`]: what an application may. [`record`]: all of it as bytes.
//! - [`filter`]: which of them a reader wants.
//! - [`log`]: all of them, within a number and a budget of bytes.

mod emitted;
mod event_id;
mod field;
mod filter;
mod log;
mod record;

pub use emitted::{is_emitted_name, EmittedFields, MAX_EMITTED_BYTES, MAX_EMITTED_FIELDS, MAX_EVENT_NAME};
pub use event_id::EventId;
pub(crate) use field::Fact;
pub use field::{EventField, EventName, EventValue, FieldName, LoggedEvent, MAX_EVENT_VALUE};
pub use filter::EventFilter;
pub(crate) use log::EventLog;
pub use log::MAX_EVENTS;
pub(crate) use record::{EventRecord, NewEvent};
