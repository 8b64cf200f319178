//! Commands about the event log of a queue.

mod emit;
mod read_events;
mod trim_events;

pub(super) use emit::Emit;
pub(super) use read_events::{reply_page, ReadEvents};
pub(super) use trim_events::TrimEvents;
