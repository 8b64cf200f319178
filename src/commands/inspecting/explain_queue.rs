//! What JQ.EXPLAIN says of a whole queue: the fields of its map.

use super::pause_fields::push_pause;
use crate::commands::command::Env;
use crate::commands::fields::{count, size, Field, Fields};
use crate::commands::settings::show_rate;
use crate::queue::{BatchView, JobState, Queue, WorkerView};

pub(super) fn fields<'q>(queue: &'q Queue, env: &Env) -> Fields<'q> {
    let (standstill, settings) = (queue.standstill(), queue.settings());
    let mut fields = Fields::default();
    fields.push("why", Field::Text(standstill.why));
    fields.push_some("until", standstill.until.map(count));
    for state in [JobState::Waiting, JobState::Delayed, JobState::Blocked, JobState::Active] {
        fields.push(state.name(), size(queue.count(state)));
    }
    fields.push("claimable", size(queue.claimable()));
    fields.push("waiters", size(env.workers.clients()));
    push_pause(&mut fields, queue.pause());
    fields.push("concurrency", count(settings.concurrency));
    fields.push("holders", Field::List(standstill.holders.iter().map(holder).collect()));
    fields.push_some("next-lease-end", standstill.next_lease_end.map(count));
    fields.push("rate", show_rate(settings.rate));
    fields.push_some("next-token", standstill.next_token.filter(|at| *at > env.now.millis()).map(count));
    fields.push_some("next-due", standstill.next_due.map(count));
    fields.push_some("next-tick", standstill.next_tick.map(count));
    let [waiting, kept_back, paused] = standstill.groups;
    fields.push("groups-waiting", size(waiting));
    fields.push("groups-kept-back", size(kept_back));
    fields.push("groups-paused", size(paused));
    fields.push("batches", Field::List(standstill.batches.into_iter().map(batch).collect()));
    fields
}

fn holder<'q>(worker: &WorkerView<'q>) -> Fields<'q> {
    let mut fields = Fields::default();
    fields.push("worker", Field::Bytes(worker.name));
    fields.push("active", size(worker.active));
    fields.push_some("oldest-lease-until", worker.oldest_lease_until.map(count));
    fields
}

fn batch((name, view): (&[u8], BatchView)) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.push("batch", Field::Bytes(name));
    fields.push("sealed", Field::Flag(view.sealed));
    fields.push("pending", count(view.members.pending));
    fields.push("blocked", size(view.blocked));
    fields
}
