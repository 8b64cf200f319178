//! Seeded bugs of events.

use super::is_noticed;
use crate::model::Model;
use crate::value::Value;

#[test]
fn an_event_that_tells_the_wrong_state_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        let lost = model.events.iter_mut().filter(|event| event.name == "completed");
        for (name, value) in lost.flat_map(|event| &mut event.fields) {
            if name == "from" {
                *value = Value::bytes("active");
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_forgotten_event_is_noticed() {
    for name in ["taken-back", "drained", "lost", "rerun-begun", "told"] {
        assert!(is_noticed(match name {
            "taken-back" => |model, _| model.events.retain(|event| event.name != "taken-back"),
            "drained" => |model, _| model.events.retain(|event| event.name != "drained"),
            "lost" => |model, _| model.events.retain(|event| event.name != "lost"),
            "rerun-begun" => |model, _| model.events.retain(|event| event.name != "rerun-begun"),
            _ => |model, _| model.events.retain(|event| event.name != "told"),
        }));
    }
}

#[test]
fn an_event_id_that_does_not_grow_with_a_clock_that_goes_back_is_noticed() {
    assert!(is_noticed(|model, now| model.last_event.0 = model.last_event.0.min(now)));
}

#[test]
fn an_event_without_the_name_of_its_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.events.iter_mut().for_each(|event| event.fields.retain(|(name, _)| name != "name"));
    };
    assert!(is_noticed(bug));
}
