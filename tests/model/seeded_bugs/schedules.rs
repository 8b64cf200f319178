//! Seeded bugs of schedules.

use super::{is_engine_noticed, is_mishearing_noticed_on, is_noticed_on, more};
use crate::model::Model;
use crate::strategy::schedule_scripts;
use crate::value::{Engine, Value};

fn is_seen(bug: fn(&mut Model, u64)) -> bool {
    is_noticed_on(&schedule_scripts(60), bug)
}

#[test]
fn an_instant_that_ticks_twice_is_noticed() {
    assert!(is_seen(|model, _| model.schedules.iter_mut().for_each(|schedule| schedule.decided.clear())));
}

#[test]
fn instants_that_were_missed_and_do_not_come_again_are_noticed() {
    let bug = |model: &mut Model, _| {
        model.schedules.iter_mut().for_each(|schedule| schedule.begin = schedule.next);
    };
    assert!(is_seen(bug));
}

#[test]
fn a_schedule_that_rests_in_a_paused_queue_is_noticed() {
    let bug = |model: &mut Model, now| {
        if model.pauses.until(None).is_some() {
            model.schedules.iter_mut().for_each(|schedule| schedule.next = schedule.next.max(now + 50));
        }
    };
    assert!(is_seen(bug));
}

#[test]
fn a_dropped_tick_that_counts_as_the_last_is_noticed() {
    let bug = |model: &mut Model, _| {
        for schedule in model.schedules.iter_mut().filter(|schedule| schedule.counts[3] > 0) {
            schedule.last = schedule.decided.last().map(|(_, at)| *at).or(schedule.last);
        }
    };
    assert!(is_seen(bug));
}

#[test]
fn a_tick_whatever_the_one_before_it_does_is_noticed() {
    assert!(is_mishearing_noticed_on(&schedule_scripts(60), |place, words| match words[place] {
        b"SKIP" => b"ALLOW".to_vec(),
        word => word.to_vec(),
    }));
}

#[test]
fn a_grid_that_does_not_begin_where_it_should_is_noticed() {
    assert!(is_mishearing_noticed_on(&schedule_scripts(60), |place, words| more(place, words, "FROM", 1)));
}

#[test]
fn a_schedule_that_ends_too_late_is_noticed() {
    assert!(is_mishearing_noticed_on(&schedule_scripts(60), |place, words| more(place, words, "UNTIL", 20)));
}

/// Does each tick that was missed, a hundred at most, before anything else.
struct CatchingUp(Model);

impl Engine for CatchingUp {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        for _ in 0..100 {
            let due = self.0.schedules.iter().map(|schedule| schedule.next).min();
            match due.filter(|due| *due < now_us / 1000) {
                Some(due) => self.0.call(due * 1000, &[b"JQ.STATS", b"q"]),
                None => break,
            };
        }
        self.0.call(now_us, words)
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn ticks_that_are_all_made_up_for_are_noticed() {
    assert!(is_engine_noticed(&schedule_scripts(60), CatchingUp));
}
