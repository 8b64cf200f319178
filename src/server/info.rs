//! `INFO jq`: what there is in all queues, what has happened since the process started, how well the module keeps up, and
//! what the server's settings mean for queues.

use super::{awaits, census, durability, hearing, timekeeper, wakeups};
use crate::redis::info::{InfoWriter, Occasion, Section};
use crate::redis::server_info::{replicas, setting};

/// The section.
pub(super) struct Info;

impl InfoWriter for Info {
    fn write(section: &mut Section, occasion: Occasion) {
        write(section, occasion);
    }
}

fn write(section: &mut Section, occasion: Occasion) {
    for (name, count) in census::present() {
        section.number(name, count);
    }
    for (name, count) in census::happened() {
        section.number(&format!("total_{}", name.replace('-', "_")), count);
    }
    let (waiters, in_vain) = wakeups::report();
    section.number("blocked_claim_clients", waiters as u64);
    section.number("claim_spurious_wakeups", in_vain);
    section.number("blocked_await_clients", awaits::report() as u64);
    section.number("queues_with_onexpire", hearing::listening() as u64);
    if let Some((queues, lag)) = timekeeper::report() {
        section.number("queues_with_timers", queues as u64);
        section.number("timer_lag_last_ms", lag.last);
        section.number("timer_lag_worst_ms", lag.worst);
    }
    if occasion == Occasion::Client {
        write_safety(section);
    }
}

/// What the server does not tell is left out.
fn write_safety(section: &mut Section) {
    if let (Some(appendonly), Some(appendfsync)) = (setting(c"appendonly"), setting(c"appendfsync")) {
        section.text("appendonly", &appendonly);
        section.text("appendfsync", &appendfsync);
        section.text("durability", durability::told(appendonly == "yes", &appendfsync));
    }
    if let Some(replicas) = replicas() {
        section.number("connected_replicas", replicas);
    }
    if let (Some(policy), Some(most)) = (setting(c"maxmemory-policy"), setting(c"maxmemory")) {
        let warning = durability::eviction_warning(&policy, most.parse().unwrap_or(0));
        section.number("eviction_may_take_queues", warning.is_some().into());
        section.text("eviction_warning", warning.as_deref().unwrap_or("none"));
    }
}
