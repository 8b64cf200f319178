//! JQ.GROUP and JQ.GROUPS: the limits of single groups.

use super::args::{Refused, Words, ERR};
use super::bucket::Rate;
use super::model::Model;
use super::settings::{rate, up_to_a_billion};
use super::value::{map, Value};

/// What is set for one group; None: the queue's limit applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupLimits {
    concurrency: Option<u64>,
    #[allow(clippy::option_option, reason = "whether it is set, and to no rate, too")]
    rate: Option<Option<Rate>>,
}

impl GroupLimits {
    /// These limits with fields changed.
    fn with(mut self, fields: &[(String, Vec<u8>)]) -> Result<Self, Refused> {
        for (place, (field, value)) in fields.iter().enumerate() {
            if fields.iter().take(place).any(|(other, _)| other == field) {
                return Err(ERR);
            }
            let is_default = value.eq_ignore_ascii_case(b"default");
            match field.as_str() {
                "concurrency" if is_default => self.concurrency = None,
                "concurrency" => self.concurrency = Some(up_to_a_billion(&mut Words(&[value]), 0)?),
                "rate" if is_default => self.rate = None,
                "rate" => self.rate = Some(rate(value)?),
                _ => return Err(ERR),
            }
        }
        Ok(self)
    }
}

/// Whether these fields can be set.
pub(crate) fn check(fields: &[(String, Vec<u8>)]) -> Result<(), Refused> {
    GroupLimits::default().with(fields).map(|_| ())
}

impl Model {
    fn limits_of(&self, lane: &[u8]) -> GroupLimits {
        self.group_limits.get(lane).cloned().unwrap_or_default()
    }

    pub(super) fn lane_concurrency(&self, lane: &[u8]) -> u64 {
        self.limits_of(lane).concurrency.unwrap_or(self.settings.group_concurrency)
    }

    pub(super) fn lane_rate(&self, lane: &[u8]) -> Option<Rate> {
        self.limits_of(lane).rate.unwrap_or(self.settings.group_rate)
    }

    /// Whether a lane stays without jobs.
    pub(super) fn has_rules(&self, lane: &[u8]) -> bool {
        self.group_limits.contains_key(lane) || self.pauses.until(Some(lane)).is_some()
    }

    pub(super) fn limit_group(&mut self, name: &[u8], fields: &[(String, Vec<u8>)]) -> Value {
        let before = self.limits_of(name);
        let Ok(limits) = before.clone().with(fields) else { return Value::Error(ERR.into()) };
        if limits != before && limits.rate == Some(None) {
            let claims = self.claims.iter_mut().filter(|claim| claim.group.as_deref() == Some(name));
            claims.for_each(|claim| claim.group_rate = None);
        }
        self.group_limits.remove(name);
        if limits != GroupLimits::default() {
            self.group_limits.insert(name.to_vec(), limits);
        }
        Value::Ok
    }

    pub(super) fn groups(&self) -> Value {
        Value::Array(self.known_groups().iter().map(|name| self.group(name)).collect())
    }

    pub(super) fn group(&self, name: &[u8]) -> Value {
        let count = |state: &str| {
            let of_group = self.jobs.iter().filter(|job| job.is_live() && job.is_of(name));
            Value::count(of_group.filter(|job| job.state_name() == state).count())
        };
        let rate = |rate: Option<Rate>| match rate {
            None => Value::bytes(b"0"),
            Some(Rate { max, ms, is_window }) => {
                Value::bytes(format!("{max}/{ms}{}", if is_window { "/window" } else { "" }).as_bytes())
            }
        };
        let own = self.limits_of(name);
        map([
            ("group", Value::bytes(name)),
            ("waiting", count("waiting")),
            ("active", count("active")),
            ("paused-until", self.pauses.until(Some(name)).map_or(Value::Null, super::shown::until)),
            ("paused-for-until", self.pauses.for_until(Some(name)).map_or(Value::Null, Value::uint)),
            ("concurrency", Value::uint(self.lane_concurrency(name))),
            ("rate", rate(self.lane_rate(name))),
            ("own-concurrency", own.concurrency.map_or(Value::Null, Value::uint)),
            ("own-rate", own.rate.map_or(Value::Null, rate)),
        ])
    }
}
