//! Keyspace notifications of the module class (`d`): `jq.added`, `jq.completed` and so on, for those who have
//! subscribed.
//!
//! They are sent when the key is closed again, because other modules that get them may open it. Nothing is
//! built unless `notify-keyspace-events` asks for this class.

use crate::queue::Events;
use crate::redis::context::{wants_notifications, Context};
use crate::redis::name::Name;
use std::ffi::CString;

/// Notifies of what has happened to the key `name` of the selected database: each kind of event once,
/// whatever its number.
pub(super) fn notify(ctx: Context<'_>, name: Name<'_>, events: Events) {
    if events.is_empty() || !wants_notifications() {
        return;
    }
    for event in events.names() {
        if let Ok(event) = CString::new(format!("jq.{event}")) {
            ctx.notify(&event, name);
        }
    }
}
