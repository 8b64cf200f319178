//! Schedules: names under which a queue adds jobs to itself, each at the instants of its timetable.
//!
//! ```text
//!   by name  "report" ─► Schedule { plan, next, last, tally }
//!   by time  (next, "report")                                    the first is when the queue is due
//!   passed   (last instant passed over, "report")                the last is compared with the clock
//! ```
//!
//! Only a session on the primary decides ticks, because time zones change their rules: two servers with
//! different versions of this module may not agree on the next instant. What was decided is an effect and
//! carries the instants; the deterministic part of time, `advance`, knows nothing of schedules.

mod calendar;
mod cron_fault;
mod index;
mod passed;
mod schedule;
mod timetable;

pub use cron_fault::{malformed_cron, surprising_cron, CronFault};
pub(crate) use index::{SavedPassed, SavedSchedule, Schedules};
pub(crate) use passed::Gap;
pub use passed::Missed;
pub(crate) use schedule::{valid_schedule, TickCounts};
pub use schedule::{Overlap, Plan, Schedule, ScheduleSet, TickOutcome, MAX_NAME};
pub(crate) use timetable::{Compiled, LATEST_TICK};
pub use timetable::{Timetable, Zone, MAX_EXPRESSION};
