//! `JQ.GET queue id [JSON]` -> map (or JSON) of what is known about a job, or null
//!
//! Fields that have no value are left out.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ReadCommand};
use crate::commands::error::Error;
use crate::commands::fields::{count, Field, Fields, Format};
use crate::commands::names;
use crate::commands::options::Options;
use crate::commands::reply::Reply;
use crate::commands::shown_options::{after_word, backoff_field, span_field, window_field};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{JobView, Now, Place, Queue, Run};

pub(crate) struct GetJob;

/// A job to show.
#[derive(Debug)]
pub(crate) struct GetRequest<'a> {
    id: &'a [u8],
    format: Format,
}

impl Command for GetJob {
    const SPEC: Spec = Spec {
        name: "jq.get",
        summary: "Tells all that is known about a job",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -3,
        flags: "readonly fast",
        acl: "read fast",
        key: KeyUse::Read,
        args: &{
            let [json] = Format::OPTIONS;
            [Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String), json.arg()]
        },
    };

    type Request<'a> = GetRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<GetRequest<'a>, Error> {
        Ok(GetRequest { id: names::id(args.next("id")?)?, format: Format::parse(args)? })
    }
}

impl ReadCommand for GetJob {
    fn run(request: &GetRequest<'_>, queue: &Queue, env: &Env, reply: &mut dyn Reply) {
        match queue.view(request.id) {
            None => request.format.null(reply),
            Some(view) => fields(&view, env.now).reply_as(request.format, reply),
        }
    }
}

/// All that is known about a job.
pub(in crate::commands) fn fields<'a>(view: &JobView<'a>, now: Now) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("id", Field::Bytes(view.id));
    fields.push("state", Field::Bytes(view.state.name().as_bytes()));
    fields.push_some("name", view.name.map(Field::Bytes));
    fields.push_some("payload", view.payload.map(Field::Bytes));
    fields.push_some("priority", view.priority.map(|n| Field::Int(n.into())));
    fields.push_some("attempt", view.attempt.map(count));
    fields.push_some("attempts", view.attempts.map(count));
    fields.push_some("starts", view.starts.map(count));
    fields.push_some("losses", view.losses.map(|n| count(n.into())));
    fields.push_some("all-losses", view.all_losses.map(count));
    fields.push_some("failures-left", view.failures_left.map(|n| count(n.into())));
    fields.push_some("losses-left", view.losses_left.map(count));
    fields.push_some("backoff", view.backoff.map(backoff_field));
    fields.push_some("dedup", view.dedup.map(window_field));
    fields.push_some("keep", view.keep.map(span_field));
    fields.push_some("maxrun", view.max_run.map(span_field));
    fields.push_some("token", view.token.map(count));
    fields.push_some("worker", view.worker.map(Field::Bytes));
    fields.push_some("added-at", view.added_at.map(count));
    fields.push_some("due-at", view.due_at.map(count));
    fields.push_some("latest-due-at", view.latest_due_at.map(count));
    fields.push_some("expires-at", view.expires_at.map(count));
    fields.push_some("claimed-at", view.claimed_at.map(count));
    fields.push_some("lease-until", view.lease_until.map(count));
    fields.push_some("run-until", view.run_until.map(count));
    fields.push_some("finished-at", view.finished_at.map(count));
    fields.push_some("kept-until", view.kept_until.map(count));
    fields.push_some("refused-until", refused_until(view, now));
    fields.push_some("group", view.group.map(Field::Bytes));
    fields.push_some("batch", view.batch.map(Field::Bytes));
    if let Some((condition, batch)) = view.after {
        fields.push(after_word(condition), Field::Bytes(batch));
    }
    fields.push_some("front", (view.place == Place::Front).then_some(Field::Flag(true)));
    fields.push_some("hold", view.on_hold.then_some(Field::Flag(true)));
    fields.push_some("cancel-asked", view.cancel_asked.then_some(Field::Flag(true)));
    fields.push_some("rerun", view.rerun.then_some(Field::Flag(true)));
    fields.push_some("error", view.error.map(Field::Bytes));
    fields.push_some("progress", view.progress.map(Field::Bytes));
    fields.push_some("result", view.result.map(Field::Bytes));
    fields.push_some("fields", view.fields.map(Field::OfJob));
    fields.push_some("log-lines", view.log_lines.map(count));
    if !view.history.is_empty() {
        fields.push("history", Field::List(view.history.iter().map(run_fields).collect()));
    }
    fields
}

/// Until when the id is refused, -1 for ever; None: it is free.
pub(super) fn refused_until(view: &JobView<'_>, now: Now) -> Option<Field<'static>> {
    view.refused_until.filter(|until| *until > now.millis()).map(span_field)
}

fn run_fields<'a>(run: &Run<&'a [u8]>) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("attempt", count(run.attempt));
    fields.push("worker", Field::Bytes(run.worker));
    fields.push("claimed-at", count(run.claimed_at));
    fields.push("ended-at", count(run.ended_at));
    fields.push("outcome", Field::Text(run.end.name().into()));
    fields.push_some("error", run.error.map(Field::Bytes));
    fields
}
