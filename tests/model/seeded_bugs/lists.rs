//! Seeded bugs of what is listed, counted and changed in pages.

use super::{is_engine_noticed, is_mishearing_noticed_on, more};
use crate::model::Model;
use crate::strategy::{list_scripts, scripts};
use crate::value::{Engine, Value};

/// A model that replies with the ids of changed jobs from the last one on.
struct Reversing(Model);

impl Engine for Reversing {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        match self.0.call(now_us, words) {
            Value::Array(mut ids) if words.contains(&b"IDS".as_slice()) => {
                ids.reverse();
                Value::Array(ids)
            }
            reply => reply,
        }
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn ids_in_another_order_than_their_changes_are_noticed() {
    assert!(is_engine_noticed(&scripts(100), Reversing));
}

#[test]
fn a_skip_that_passes_by_one_too_many_is_noticed() {
    assert!(is_mishearing_noticed_on(&list_scripts(60), |place, words| more(place, words, "SKIP", 1)));
}

#[test]
fn priorities_that_leave_out_the_lowest_are_noticed() {
    assert!(is_mishearing_noticed_on(&list_scripts(60), |place, words| match words.first() {
        Some(verb) if verb.starts_with(b"JQ.ADD") => words[place].to_vec(),
        _ => more(place, words, "PRIORITY", 1),
    }));
}

#[test]
fn a_count_that_takes_every_smaller_priority_is_noticed() {
    assert!(is_mishearing_noticed_on(&list_scripts(60), |place, words| match (words.first(), place) {
        (Some(verb), 1..) if *verb == b"JQ.COUNT" && words[place - 1] == b"PRIORITY" =>
            b"-2147483648".to_vec(),
        _ => words[place].to_vec(),
    }));
}
