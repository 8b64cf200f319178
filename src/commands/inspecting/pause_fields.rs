//! What is shown of the pauses of a queue or a group.

use crate::commands::fields::{count, Field, Fields};
use crate::commands::shown_options::span_field;
use crate::queue::Pause;

/// `paused`, `paused-until` (-1: until it is resumed) and the end of a PAUSE FOR, also beside one without end.
pub(super) fn push_pause(fields: &mut Fields<'_>, pause: Option<Pause>) {
    fields.push("paused", Field::Flag(pause.is_some()));
    fields.push_some("paused-until", pause.map(|pause| span_field(pause.end())));
    fields.push_some("paused-for-until", pause.and_then(Pause::until).map(count));
}
