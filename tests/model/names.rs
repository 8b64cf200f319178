//! The names of jobs.

use std::collections::BTreeSet;

use super::model::Model;
use super::selected::remembered_until;
use super::selection::cursor;
use super::shown::is_listed;
use super::value::{map, Value};

impl Model {
    /// Every name of a job or record, with how many there are in each state.
    pub(super) fn names(&self, count: usize) -> Value {
        let there = || self.jobs.iter().filter(|job| remembered_until(job).is_none());
        let names: BTreeSet<&Vec<u8>> = there().filter_map(|job| job.spec.name.as_ref()).collect();
        let row = |name: &Vec<u8>| {
            let count = |state: &'static str| {
                let named = there().filter(|job| job.spec.name.as_ref() == Some(name));
                (state, Value::count(named.filter(|job| is_listed(job, state)).count()))
            };
            let states = ["waiting", "delayed", "blocked", "active", "completed", "failed"].map(count);
            map([("name", Value::bytes(name))].into_iter().chain(states))
        };
        let more = names.len() > count;
        Value::Array(vec![cursor(more), Value::Array(names.into_iter().take(count).map(row).collect())])
    }
}
