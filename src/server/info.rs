//! `INFO jq`: the totals over all queues, how well the module keeps up, and what the server's settings mean
//! for queues.

use super::background::serve_claims;
use super::blocked::{awaits, claims};
use super::{apply, directory, durability, totals};
use crate::redis::info::{InfoSection, InfoWriter, Occasion};
use crate::redis::server_info::{replicas, setting};

/// The section.
pub(super) struct Info;

impl InfoWriter for Info {
    fn write(section: &mut InfoSection, occasion: Occasion) {
        write(section, occasion);
    }
}

fn write(section: &mut InfoSection, occasion: Occasion) {
    section.text("version", env!("CARGO_PKG_VERSION"));
    for (name, count) in totals::present() {
        section.number(name, count);
    }
    for (name, count) in totals::happened() {
        section.number(&format!("total_{}", name.replace('-', "_")), count);
    }
    section.number("blocked_claim_clients", claims::clients() as u64);
    section.number("claim_spurious_wakeups", serve_claims::spurious_wakeups());
    section.number("blocked_await_clients", awaits::clients() as u64);
    section.number("refused_effects", apply::refused_effects());
    section.number("queues_with_onexpire", directory::with_expiry_rules() as u64);
    if let Some((queues, lag)) = directory::report() {
        section.number("queues_with_timers", queues as u64);
        section.number("timer_lag_last_ms", lag.last);
        section.number("timer_lag_worst_ms", lag.worst);
    }
    if occasion == Occasion::Client {
        write_safety(section);
    }
}

/// A setting that the server does not reveal is left out.
fn write_safety(section: &mut InfoSection) {
    if let (Some(appendonly), Some(appendfsync)) = (setting(c"appendonly"), setting(c"appendfsync")) {
        section.text("appendonly", &appendonly);
        section.text("appendfsync", &appendfsync);
        section.text("durability", durability::of(&appendonly, &appendfsync));
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
