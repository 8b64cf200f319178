//! Seeded bugs of pauses.

use super::{is_mishearing_noticed, is_noticed};
use crate::model::Model;
use crate::pauses::Kind;

#[test]
fn a_pause_that_lifts_the_one_that_ends_by_itself_is_noticed() {
    let bug = |model: &mut Model, _| {
        if model.pauses.until(None) == Some(u64::MAX) {
            model.pauses.0.retain(|pause| pause.kind == Kind::Endless);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_pause_for_a_while_that_makes_an_endless_one_end_is_noticed() {
    let bug = |model: &mut Model, _| {
        if model.pauses.for_until(None).is_some() {
            model.pauses.0.retain(|pause| pause.kind != Kind::Endless);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_resume_that_ends_the_other_pause_is_noticed() {
    assert!(is_mishearing_noticed(|place, words| match words.first() {
        Some(verb) if *verb == b"JQ.RESUME" && words[place] == b"PAUSE" => b"FOR".to_vec(),
        _ => words[place].to_vec(),
    }));
}
