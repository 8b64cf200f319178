//! Models with one seeded bug each: after every command something in the model is changed to what the bug
//! would have made of it. The comparison must notice every bug.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::compare::compare;
use super::events::failed_runs;
use super::job::{How, Start, State};
use super::model::Model;
use super::pauses::Kind;
use super::script::Script;
use super::strategy::{batch_scripts, list_scripts, log_scripts, rerun_scripts, scripts, shard_scripts};
use super::value::{Engine, Value};

/// A model, and what becomes wrong with it after a command at an instant (Unix ms).
struct Buggy {
    model: Model,
    bug: fn(&mut Model, u64),
}

impl Engine for Buggy {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.model.call(now_us, words);
        (self.bug)(&mut self.model, now_us / 1000);
        reply
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A model that mishears words: it carries out what this makes of them.
struct Mishearing {
    model: Model,
    hear: fn(usize, &[&[u8]]) -> Vec<u8>,
}

impl Engine for Mishearing {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let heard: Vec<_> = (0..words.len()).map(|place| (self.hear)(place, words)).collect();
        self.model.call(now_us, &heard.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

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
    let (scripts, mut runner) = (scripts(100), TestRunner::deterministic());
    let is_noticed = (0..500).any(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut Reversing(Model::default())).is_err()
    });
    assert!(is_noticed);
}

/// Whether the comparison fails where a word is misheard.
fn is_mishearing_noticed(hear: fn(usize, &[&[u8]]) -> Vec<u8>) -> bool {
    is_mishearing_noticed_on(&scripts(100), hear)
}

/// The same on scripts of a kind.
fn is_mishearing_noticed_on(
    scripts: &impl Strategy<Value = Script>,
    hear: fn(usize, &[&[u8]]) -> Vec<u8>,
) -> bool {
    let mut runner = TestRunner::deterministic();
    (0..500).any(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        let mut mishearing = Mishearing { model: Model::default(), hear };
        compare(&script, &mut Model::default(), &mut mishearing).is_err()
    })
}

/// The integer that stands there, and `more`, if `option` stands before it.
fn more(place: usize, words: &[&[u8]], option: &str, more: i64) -> Vec<u8> {
    let word = words[place];
    let is_value = place.checked_sub(1).is_some_and(|place| words[place] == option.as_bytes());
    match std::str::from_utf8(word).ok().and_then(|word| word.parse::<i64>().ok()) {
        Some(n) if is_value => (n + more).to_string().into(),
        _ => word.to_vec(),
    }
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

/// Whether the comparison fails with this bug, on one of as many scripts as the test plays at least.
fn is_noticed(bug: fn(&mut Model, u64)) -> bool {
    is_noticed_on(&scripts(100), bug)
}

/// The same on scripts of a kind.
fn is_noticed_on(scripts: &impl Strategy<Value = Script>, bug: fn(&mut Model, u64)) -> bool {
    let mut runner = TestRunner::deterministic();
    (0..500).any(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut Buggy { model: Model::default(), bug }).is_err()
    })
}

#[test]
fn a_retry_that_does_not_hold_its_lane_is_noticed() {
    let bug = |model: &mut Model, _| {
        let delayed = model.jobs.iter_mut().filter(|job| job.state_name() == "delayed");
        delayed.for_each(|job| job.holds = false);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_job_that_holds_its_lane_for_ever_is_noticed() {
    let bug = |model: &mut Model, _| {
        let grouped = model.jobs.iter_mut().filter(|job| job.spec.group.is_some());
        grouped.filter(|job| job.is_live()).for_each(|job| job.holds |= job.nacks > 0);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_never_goes_behind_the_others_is_noticed() {
    assert!(is_noticed(|model, _| model.claims.iter_mut().for_each(|claim| claim.turn = 0)));
}

#[test]
fn a_token_that_comes_back_with_a_release_is_noticed() {
    let bug = |model: &mut Model, _| {
        let active = model.jobs.iter().filter(|job| job.is_active()).count();
        let surplus = model.claims.len().saturating_sub(active);
        model.claims.iter_mut().take(surplus).for_each(|claim| (claim.rate, claim.group_rate) = (None, None));
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_bucket_that_fills_while_the_clock_is_behind_is_noticed() {
    let bug = |model: &mut Model, now| model.claims.iter_mut().for_each(|claim| claim.at = claim.at.min(now));
    assert!(is_noticed(bug));
}

#[test]
fn a_clock_set_back_that_is_not_noticed_is_noticed() {
    assert!(is_noticed(|model, _| model.heard_at = 0));
}

#[test]
fn a_lease_for_which_time_passes_while_the_clock_is_a_little_behind_is_noticed() {
    let bug = |model: &mut Model, now| {
        let behind = model.heard_at.saturating_sub(now);
        for job in &mut model.jobs {
            if let State::Active { since, until, .. } = &mut job.state {
                *until -= if *since == now { behind } else { 0 };
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_delay_that_a_clock_set_back_shortens_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            if let State::Delayed { retry, .. } = &mut job.state {
                *retry = true;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_slot_that_a_lost_lease_leaks_is_noticed() {
    let bug = |model: &mut Model, _| {
        let losses = model.jobs.iter().map(|job| job.losses).sum::<u64>();
        if model.settings.concurrency > 1 && losses > 0 {
            model.settings.concurrency = 1;
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_is_remembered_for_ever_is_noticed() {
    let bug = |model: &mut Model, now| {
        for lane in model.expiring_lanes() {
            let claims = model.claims.iter_mut().filter(|claim| claim.group.as_ref() == Some(&lane));
            claims.for_each(|claim| claim.at = now);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_late_ack_that_does_not_count_after_the_last_loss_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.losses > 0) {
            if let State::Ended { token, .. } = &mut job.state {
                *token = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_dependent_that_does_not_wait_for_a_retried_member_is_noticed() {
    let bug = |model: &mut Model, now| {
        let blocked = model.jobs.iter().filter(|job| {
            model.batches.iter().any(|batch| batch.finished.is_some() && job.waits_for(batch.number))
        });
        let ids: Vec<Vec<u8>> = blocked.map(|job| job.id.clone()).collect();
        for id in &ids {
            model.unblock(id, now);
        }
    };
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn an_open_batch_that_stays_for_ever_is_noticed() {
    let bug = |model: &mut Model, _| model.batches.iter_mut().for_each(|batch| batch.open_until = u64::MAX);
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn a_dependent_that_is_retried_beside_its_batch_is_noticed() {
    let bug = |model: &mut Model, _| model.jobs.iter_mut().for_each(|job| job.unmet = None);
    assert!(is_noticed_on(&batch_scripts(60), bug));
}

#[test]
fn records_over_a_lowered_limit_that_stay_are_noticed() {
    let bug = |model: &mut Model, _| model.settings.keep_completed_max = 0;
    assert!(is_noticed(bug));
}

#[test]
fn a_delay_that_is_cut_to_the_millisecond_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let (State::Delayed { due, .. }, Start::After(ms)) = (&mut job.state, job.spec.start) else {
                continue;
            };
            if *due == job.added_at + ms + 1 {
                *due -= 1;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_job_of_the_front_that_joins_the_end_after_its_delay_is_noticed() {
    let bug = |model: &mut Model, _| {
        let delayed = model.jobs.iter_mut().filter(|job| job.state_name() == "delayed");
        delayed.for_each(|job| job.seq = job.seq.abs());
    };
    assert!(is_noticed(bug));
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

#[test]
fn a_start_that_a_release_takes_back_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let is_running = job.is_active() || matches!(job.state, State::Ended { how: How::Completed, .. });
            job.starts = failed_runs(job) + u64::from(is_running);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn starts_that_go_on_with_the_next_life_are_noticed() {
    let bug = |model: &mut Model, _| {
        let reruns = model.jobs.iter_mut().filter(|job| !job.runs.is_empty() && job.attempt() == 1);
        reruns.for_each(|job| job.starts = job.starts.max(1));
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_that_forgets_who_has_done_it_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        let waiting = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.runs.is_empty());
        waiting.for_each(|job| job.done_under = None);
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}

#[test]
fn a_rerun_that_keeps_its_progress_is_noticed() {
    let bug = |model: &mut Model, _| {
        let rerun = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.done_under.is_some());
        rerun.for_each(|job| job.progress = Some(b"half".to_vec()));
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}

#[test]
fn a_rerun_that_its_batch_does_not_wait_for_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter().filter(|job| job.is_live() && job.done_under.is_some()) {
            if let Some(member) = job.member.and_then(|line| model.ledger.get_mut(line)) {
                member.end = Some(How::Completed);
            }
        }
    };
    assert!(is_noticed_on(&rerun_scripts(60), bug));
}

#[test]
fn a_number_that_is_given_twice_is_noticed() {
    assert!(is_noticed(|model, _| model.last_number = 0));
}

#[test]
fn a_hold_that_time_ends_is_noticed() {
    let bug = |model: &mut Model, now| {
        let held = model.jobs.iter_mut().filter(|job| matches!(job.state, State::Held));
        held.filter(|job| job.added_at < now)
            .for_each(|job| job.state = State::Delayed { due: now, retry: false });
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_hold_that_leaves_its_lane_is_noticed() {
    let bug = |model: &mut Model, _| {
        let held = model.jobs.iter_mut().filter(|job| matches!(job.state, State::Held));
        held.for_each(|job| job.holds = false);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_front_at_which_the_first_stays_first_is_noticed() {
    let bug = |model: &mut Model, _| {
        let front = model.jobs.iter_mut().filter(|job| job.is_waiting() && job.seq < 0);
        front.filter(|job| job.seq > -1_000_000).for_each(|job| job.seq = -2_000_000 - job.seq);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_lane_that_goes_first_with_its_first_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        let front: Vec<_> = model.jobs.iter().filter(|job| job.seq < 0 && job.is_waiting()).collect();
        let lanes: Vec<_> = front.into_iter().filter_map(|job| job.spec.group.clone()).collect();
        let claims = model.claims.iter_mut();
        claims
            .filter(|claim| claim.group.as_ref().is_some_and(|lane| lanes.contains(lane)))
            .for_each(|claim| claim.turn = i64::MIN);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replaced_job_that_drops_behind_is_noticed() {
    let bug = |model: &mut Model, _| {
        let replaced = model.jobs.iter_mut().filter(|job| job.replaced && job.is_waiting());
        replaced.filter(|job| job.seq < 1_000_000).for_each(|job| job.seq += 1_000_000);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replace_that_gives_attempts_back_is_noticed() {
    let bug = |model: &mut Model, _| {
        let replaced = model.jobs.iter_mut().filter(|job| job.replaced && job.is_live());
        replaced.filter(|job| !job.is_active()).for_each(|job| job.nacks = 0);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_replace_that_skips_the_wait_for_the_next_attempt_is_noticed() {
    let bug = |model: &mut Model, now| {
        let delayed = model.jobs.iter_mut().filter(|job| job.replaced && job.state_name() == "delayed");
        delayed
            .filter(|job| job.nacks > 0)
            .for_each(|job| job.state = State::Delayed { due: now, retry: true });
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_debounce_without_a_longest_wait_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.latest_due = None)));
}

#[test]
fn a_rerun_with_the_payload_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let payload = job.spec.payload.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.payload.clone_from(&payload));
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_whose_px_counts_from_its_beginning_is_noticed() {
    let bug = |model: &mut Model, _| {
        let lives = model.jobs.iter_mut().filter(|job| job.is_live() && !job.is_active());
        for job in lives.filter(|job| job.expires_at.is_some() && !job.replaced) {
            job.expires_at = job.spec.expires_after.map(|ms| job.added_at + ms);
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_run_that_goes_on_as_long_as_it_is_extended_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.settings.max_run = -1;
        model.jobs.iter_mut().filter(|job| job.is_active()).for_each(|job| job.spec.max_run = None);
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_result_that_goes_before_its_id_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            if let State::Ended { result: Some(_), refused: Some(_), kept, .. } = &mut job.state {
                *kept = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn the_error_of_a_failed_life_that_vanishes_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.earlier_error = None)));
}

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
fn a_late_ack_that_does_not_count_once_the_next_life_has_begun_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.lost = None)));
}

#[test]
fn a_record_for_its_result_that_keeps_its_payload_is_noticed() {
    assert!(is_noticed(|model, _| model.jobs.iter_mut().for_each(|job| job.result_only = false)));
}

#[test]
fn a_record_that_a_worker_wants_to_be_kept_and_is_not_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.settings.keep_completed = 0;
        for job in model.jobs.iter_mut().filter(|job| job.spec.keep.is_none() && job.is_record()) {
            if let State::Ended { how: How::Completed, refused, kept, .. } = &mut job.state {
                *kept = *refused;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn records_over_the_number_of_a_worker_that_stay_are_noticed() {
    let mut runner = TestRunner::deterministic();
    assert!((0..500).any(|_| {
        let script = scripts(100).new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut Hoarding(Model::default())).is_err()
    }));
}

/// Does not hear the number of records that a worker wants to be kept.
struct Hoarding(Model);

impl Engine for Hoarding {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let mut heard = words.to_vec();
        if let Some(max) = heard.iter().position(|word| *word == b"MAX") {
            heard.drain(max..heard.len().min(max + 2));
        }
        self.0.call(now_us, if words.first() == Some(&&b"JQ.ACK"[..]) { &heard } else { words })
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_worker_that_gets_jobs_although_it_has_lost_one_is_noticed() {
    let mut runner = TestRunner::deterministic();
    assert!((0..500).any(|_| {
        let script = scripts(100).new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut Greedy(Model::default())).is_err()
    }));
}

/// Claims the next jobs of a worker whatever the answers are.
struct Greedy(Model);

impl Engine for Greedy {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.0.call(now_us, words);
        let (Some(next), Value::Array(parts)) = (words.iter().position(|word| *word == b"NEXT"), &reply)
        else {
            return reply;
        };
        match (parts.as_slice(), words.get(next + 1)) {
            ([answers @ Value::Array(_), Value::Null], Some(worker)) => {
                let jobs = self.0.call(now_us, &[b"JQ.CLAIM", b"q", worker]);
                Value::Array(vec![answers.clone(), jobs])
            }
            _ => reply,
        }
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn fields_that_go_with_the_end_of_a_job_are_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.fields.clear());
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_with_the_fields_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let fields = job.fields.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.fields.extend(fields.clone()));
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn fields_beyond_what_is_allowed_are_noticed() {
    assert!(is_noticed(|model, _| model.settings.max_field_bytes = 1 << 20));
}

#[test]
fn an_event_without_the_name_of_its_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.events.iter_mut().for_each(|event| event.fields.retain(|(name, _)| name != "name"));
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_rerun_with_the_name_of_the_life_before_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in &mut model.jobs {
            let name = job.spec.name.clone();
            job.rerun.iter_mut().for_each(|rerun| rerun.spec.name = rerun.spec.name.take().or(name.clone()));
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn a_name_that_goes_with_the_end_of_its_jobs_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.spec.name = None);
    };
    assert!(is_noticed(bug));
}

#[test]
fn lines_of_a_log_beyond_what_is_allowed_are_noticed() {
    assert!(is_noticed_on(&log_scripts(30), |model, _| model.settings.max_log_bytes = 1 << 16));
}

#[test]
fn a_log_that_forgets_how_many_lines_there_were_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().for_each(|job| job.log_lines = job.log.len() as u64);
    };
    assert!(is_noticed_on(&log_scripts(30), bug));
}

#[test]
fn a_log_that_goes_with_the_end_of_its_job_is_noticed() {
    let bug = |model: &mut Model, _| {
        model.jobs.iter_mut().filter(|job| job.is_record()).for_each(|job| job.log.clear());
    };
    assert!(is_noticed(bug));
}

/// A model that refuses every ADD of a producer that counts on another number of shards, also those with known ids.
struct RefusingKnownIds(Model);

impl Engine for RefusingKnownIds {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        match self.0.call(now_us, words) {
            Value::Array(_) if words.ends_with(&[b"SHARDS", b"3"]) && self.0.settings.shards == 2 => {
                Value::Error("JQSHARDS".into())
            }
            reply => reply,
        }
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_known_id_that_is_refused_because_of_the_shards_is_noticed() {
    let (scripts, mut runner) = (shard_scripts(60), TestRunner::deterministic());
    let is_noticed = (0..500).any(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut RefusingKnownIds(Model::default())).is_err()
    });
    assert!(is_noticed);
}

#[test]
fn an_unknown_id_that_is_added_whatever_the_shards_is_noticed() {
    assert!(is_noticed_on(&shard_scripts(60), |model, _| model.settings.shards = 0));
}

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

#[test]
fn a_window_that_fills_evenly_is_noticed() {
    let bug = |model: &mut Model, _| {
        let rates = model.claims.iter_mut().flat_map(|claim| [&mut claim.rate, &mut claim.group_rate]);
        rates.flatten().for_each(|rate| rate.is_window = false);
    };
    assert!(is_noticed(bug));
}

#[test]
fn an_id_that_is_free_while_its_record_is_kept_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.window_is_kept) {
            if let State::Ended { refused, .. } = &mut job.state {
                *refused = None;
            }
        }
    };
    assert!(is_noticed(bug));
}

#[test]
fn an_id_that_is_remembered_after_its_record_has_gone_is_noticed() {
    let bug = |model: &mut Model, _| {
        for job in model.jobs.iter_mut().filter(|job| job.window_is_kept) {
            job.window_is_kept = false;
            if let State::Ended { refused: Some(until), .. } = &mut job.state {
                *until = until.saturating_add(50);
            }
        }
    };
    assert!(is_noticed(bug));
}
