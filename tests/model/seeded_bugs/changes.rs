//! Seeded bugs of JQ.CHANGE.

use super::{is_mishearing_noticed, is_noticed};
use crate::model::Model;

#[test]
fn a_change_that_forgets_a_name_or_a_field_is_noticed() {
    for option in ["NAME", "SET"] {
        let hear: fn(usize, &[&[u8]]) -> Vec<u8> = match option {
            "NAME" => |place, words| misheard_change(place, words, b"NAME"),
            _ => |place, words| misheard_change(place, words, b"SET"),
        };
        assert!(is_mishearing_noticed(hear), "{option}");
    }
}

/// What stands behind `option` in a CHANGE is taken for another name.
fn misheard_change(place: usize, words: &[&[u8]], option: &[u8]) -> Vec<u8> {
    let is_value = place.checked_sub(1).is_some_and(|before| words[before] == option);
    if is_value && words[0] == b"JQ.CHANGE" {
        return b"misheard".to_vec();
    }
    words[place].to_vec()
}

#[test]
fn a_change_of_priority_that_keeps_the_old_place_is_noticed() {
    let bug = |model: &mut Model, _| {
        for event in model.events.iter().filter(|event| event.name == "changed") {
            let changed = model.jobs.iter_mut().filter(|job| event.job.as_ref() == Some(&job.id));
            changed.filter(|job| job.is_waiting() && job.seq > 2).for_each(|job| job.seq -= 1_000_000);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_change_that_is_lost_with_the_run_is_noticed() {
    let bug = |model: &mut Model, _| {
        let active = model.jobs.iter_mut().filter(|job| job.is_active() && job.progress.is_some());
        active.for_each(|job| job.spec.priority = 0);
    };
    assert!(is_noticed(bug));
}
