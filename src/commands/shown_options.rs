//! How replies show the options of jobs, those of schedules and expiry rules too, and settings of the same kinds.

use super::choice::name_of;
use super::fields::{count, Field, Fields};
use super::producing::add_options::ON_DUPS;
use crate::queue::{AddRequest, Backoff, BatchCondition, DedupWindow, OnDup, Place, Start, Until, FOREVER};

/// Shows the options of a job under the names of the manual, without those that follow the queue and those that
/// are as they are when they are not given; `default` is that ONDUP.
pub(super) fn push_options<'a>(request: &AddRequest<&'a [u8]>, default: OnDup, fields: &mut Fields<'a>) {
    let AddRequest { job: new, batches, on_dup } = *request;
    if let Start::After(delay) = new.start {
        fields.push("delay", count(delay));
    }
    fields.push_some("maxwait", new.max_wait.map(until_field));
    fields.push_some("priority", new.priority.map(|priority| Field::Int(priority.into())));
    fields.push_some("front", (new.place == Place::Front).then_some(Field::Flag(true)));
    fields.push_some("attempts", new.options.attempts.map(|n| count(n.into())));
    fields.push_some("backoff", new.options.backoff.map(backoff_field));
    fields.push_some("dedup", new.options.dedup.map(window_field));
    fields.push_some("ondup", (on_dup != default).then(|| Field::Text(name_of(&ON_DUPS, &on_dup).into())));
    fields.push_some("px", new.expires.map(until_field));
    fields.push_some("keep", new.options.keep.map(span_field));
    fields.push_some("maxrun", new.options.max_run.map(span_field));
    fields.push_some("group", new.group.map(Field::Bytes));
    fields.push_some("job-name", new.name.map(Field::Bytes));
    fields.push_some("batch", batches.batch.map(Field::Bytes));
    if let Some(after) = batches.after {
        fields.push(after_word(after.condition), Field::Bytes(after.batch));
    }
}

/// The time for which an id is refused; `kept` if that is as long as the record.
pub(super) fn window_field(window: DedupWindow) -> Field<'static> {
    match window {
        DedupWindow::For(ms) => span_field(ms),
        DedupWindow::Kept => Field::Text("kept".into()),
    }
}

/// The field that names the batch a job waits for.
pub(super) fn after_word(condition: BatchCondition) -> &'static str {
    match condition {
        BatchCondition::Finished => "after",
        BatchCondition::Completed => "afterok",
    }
}

/// The span or instant of an option.
fn until_field(until: Until) -> Field<'static> {
    match until {
        Until::After(number) | Until::At(number) => count(number),
    }
}

/// A backoff as the settings of a queue write it.
pub(super) fn backoff_field(backoff: Backoff) -> Field<'static> {
    Field::Text(match backoff {
        Backoff::Fixed(ms) => format!("fixed/{ms}"),
        Backoff::Exponential(ms) => format!("exponential/{ms}"),
    })
}

/// A span; -1 if it is for ever.
pub(super) fn span_field(span: u64) -> Field<'static> {
    if span == FOREVER {
        Field::Int(-1)
    } else {
        count(span)
    }
}
