//! Commands that make a queue enqueue jobs by itself: at instants, and when keys expire.

mod onexpire;
mod schedule;
mod schedules;
mod unschedule;

pub(super) use onexpire::OnExpire;
pub(super) use schedule::SetSchedule;
pub(super) use schedules::ListSchedules;
pub(super) use unschedule::Unschedule;
