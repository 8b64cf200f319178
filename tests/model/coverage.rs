//! Which cases scripts reach: a case that none reaches is not tested.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::compare::leases;
use super::limit_cases::{Step, SIGHTS};
use super::model::Model;
use super::rare_cases::RARE_CASES;
use super::schedules::OUTCOMES_OF_TICKS;
use super::script::Script;
use super::strategy::{run_scripts, schedule_scripts, scripts};
use super::value::{shown, Engine, Value};

/// Answers, as `verb answer state`: the state is what the job was in before.
#[rustfmt::skip]
const OUTCOMES: &[&str] = &[
    "ADD added waiting", "ADD added delayed", "ADD (JQFULL)", "ADD (JQSHARDS)", "MADD (JQSHARDS)", "ADD (ERR)", "MADD (JQFULL)", "MADD (ERR)",
    "ADD duplicate waiting", "ADD duplicate delayed", "ADD duplicate active", "ADD duplicate completed",
    "ADD duplicate failed", "ADD duplicate expired", "ADD duplicate cancelled",
    "ADD replaced waiting", "ADD replaced delayed", "ADD rerun active", "ADD rerun waiting", "ADD rerun delayed",
    "CLAIM null", "CLAIM 0", "CLAIM 1", "CLAIM 4", "CLAIM (ERR)", "CLAIMANY null", "CLAIMANY q", "CLAIMANY (ERR)",
    "ACK 1 active", "ACK 1 waiting", "ACK 1 failed", "ACK 0 completed", "ACK 0 remembered-completed", "ACK 0 active",
    "ACK -1 -", "ACK -2 active", "ACK -2 waiting", "ACK -2 delayed", "ACK -2 completed", "ACK -2 failed",
    "ACK -2 remembered-completed", "ACK -2 remembered-expired", "ACK -2 remembered-cancelled",
    "ACK -3 active", "ACK -4 active", "ACK -4 waiting", "ACK -3 remembered-cancelled", "ACK (ERR)", "ACK KEEP 0", "ACK KEEP 20", "ACK MAX 1", "NACK KEEP 1000", "NACK MAX 2", "ACK NEXT null", "ACK NEXT 1", "ACK NEXT 2", "NACK NEXT null", "NACK NEXT 1",
    "NACK 1 active", "NACK 2 active", "NACK 1 waiting", "NACK 2 failed", "NACK 0 delayed", "NACK 0 failed", "NACK -1 -", "NACK -2 active", "NACK -2 waiting", "NACK -2 completed",
    "NACK -3 active", "NACK -4 active", "RELEASE (ERR)", "RETRY (ERR)", "NACK -3 remembered-cancelled", "NACK (ERR)",
    "RELEASE 1 active", "RELEASE 1 waiting", "RELEASE 0 waiting", "RELEASE -1 -", "RELEASE -2 active", "RELEASE -2 waiting", "RELEASE -3 active",
    "RELEASE -3 remembered-cancelled", "RELEASE 0", "RELEASE 1", "RELEASE 2", "RELEASE (ERR)",
    "EXTEND 1 active", "EXTEND 1 waiting", "EXTEND 2 active", "EXTEND 10 active", "EXTEND 0 delayed", "EXTEND 0 completed", "EXTEND -1 -", "EXTEND -2 active", "EXTEND -2 waiting", "EXTEND -3 active",
    "EXTEND -3 remembered-cancelled", "EXTEND (ERR)",
    "PROGRESS 1 active", "PROGRESS -1 -", "PROGRESS -2 active", "PROGRESS -2 waiting", "PROGRESS -3 active",
    "REMOVE 1 waiting", "REMOVE 1 delayed", "REMOVE 1 completed", "REMOVE 1 failed", "REMOVE 0 active", "REMOVE -1 -",
    "REMOVE 1 remembered-completed", "REMOVE 1 remembered-cancelled",
    "CANCEL 1 waiting", "CANCEL 1 delayed", "CANCEL 1 active", "CANCEL 0 active", "CANCEL 0 completed", "CANCEL -1 -",
    "PROMOTE 1 delayed", "PROMOTE 0 waiting", "PROMOTE 0 active", "PROMOTE 1 blocked", "PROMOTE -1 -",
    "RETRY 1 failed", "RETRY 0 waiting", "RETRY 0 completed", "RETRY 0 remembered-failed", "RETRY -1 -", "RETRY 2",
    "RERUN 1 completed", "RERUN 0 waiting", "RERUN 0 failed", "RERUN 0 remembered-completed", "RERUN -1 -", "RERUN (ERR)", "RERUN (JQFULL)",
    "CHANGE 1", "CHANGE 0", "CHANGE -1", "CHANGE (ERR)",
    "PAUSE 1", "PAUSE 0", "RESUME 1", "RESUME 0", "CONFIG OK", "CONFIG (ERR)", "GET null", "LOG -1", "LOG 0", "LOG 3", "LOGS null", "LIST (ERR)",
    "ADD added blocked", "ADD added failed", "ADD duplicate blocked", "ADD replaced blocked", "ADD (JQSEALED)",
    "MADD (JQSEALED)", "REMOVE 1 blocked", "CANCEL 1 blocked", "PROMOTE 0 blocked", "RETRY 0 blocked",
    "NACK -2 blocked", "SEAL 1", "SEAL 0", "FORGET 1", "FORGET 0", "BATCH null", "BATCH a map", "AWAIT null",
    "AWAIT a map", "AWAIT completed", "AWAIT failed", "AWAIT blocked",
    "SCHEDULE null", "SCHEDULE (ERR)", "UNSCHEDULE 1", "UNSCHEDULE 0", "SCHEDULES (ERR)",
    "tick enqueued", "tick duplicates", "tick skipped", "tick dropped", "instants missed", "missed instants come again",
    "PURGE 0", "PURGE 1", "PURGE 3", "PURGE (ERR)", "SERIES (ERR)", "COUNT 0", "COUNT 1", "COUNT 2", "COUNT (ERR)", "STATS groups", "STATS claimable", "STATS oldest-claimable-ms",
    "STATS losses", "STATS expirations", "STATS failures", "STATS removals", "STATS reruns", "STATS stale-acks",
];

#[test]
fn each_rare_case_is_what_its_script_shows() {
    for case in RARE_CASES {
        let mut seen = BTreeMap::new();
        watch(&case.script(), &mut seen);
        let missed: Vec<_> = case.shows.iter().filter(|outcome| !seen.contains_key(**outcome)).collect();
        assert!(missed.is_empty(), "{missed:?} among {seen:?}");
    }
}

#[test]
fn the_scripts_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for case in RARE_CASES {
        watch(&case.script(), &mut seen);
    }
    let all = || OUTCOMES.iter().chain(SIGHTS);
    for nth in 0..6000 {
        let script = scripts(100).new_tree(&mut runner).unwrap().current();
        watch(&script, &mut seen);
        if nth % 10 == 0 {
            watch(&run_scripts(40).new_tree(&mut runner).unwrap().current(), &mut seen);
            watch(&schedule_scripts(60).new_tree(&mut runner).unwrap().current(), &mut seen);
        }
        if all().all(|outcome| seen.contains_key(*outcome)) {
            break;
        }
    }
    let missed: Vec<_> = all().filter(|outcome| !seen.contains_key(**outcome)).collect();
    assert!(missed.is_empty(), "never seen: {missed:?}");
}

/// Adds the outcomes of `script` to `seen`, with how often each was.
fn watch(script: &Script, seen: &mut BTreeMap<String, u32>) {
    let (mut model, mut tokens, mut then) = (Model::default(), Vec::new(), 0);
    for step in &script.0 {
        let words = step.resolve(&tokens);
        let ids = items(&words);
        let last = model.clone();
        let now = step.at_us / 1000;
        model.advance(now);
        let advanced = model.clone();
        let before: Vec<String> = ids.iter().map(|id| state(&mut model, step.at_us, id)).collect();
        let reply = model.call(step.at_us, &words.iter().map(Vec::as_slice).collect::<Vec<_>>());
        tokens.extend(leases(&reply));
        let verb = words.first().map(|verb| shown(verb).replace("JQ.", "")).unwrap_or_default();
        let seen_now =
            Step { last: (&last, then), before: &advanced, after: &model, now, verb: &verb, reply: &reply };
        for case in seen_now.cases() {
            *seen.entry(case).or_default() += 1;
        }
        for sight in ticks(&last, &model) {
            *seen.entry(sight).or_default() += 1;
        }
        then = now;
        for pair in words.windows(2).filter(|_| is_answer(&verb)) {
            if let [name @ (b"KEEP" | b"MAX"), value] = [pair[0].as_slice(), pair[1].as_slice()] {
                *seen.entry(format!("{verb} {} {}", shown(name), shown(value))).or_default() += 1;
            }
        }
        let outcomes = match &reply {
            Value::Array(answers) if verb == "ADD" => answers
                .iter()
                .step_by(2)
                .map(|word| format!("{word:?}"))
                .reduce(|a, b| a + " " + &b)
                .into_iter()
                .collect(),
            Value::Array(answers) if verb == "AWAIT" => {
                answers.iter().take(1).map(|state| format!("{state:?}")).collect()
            }
            Value::Array(answers) if verb == "CLAIMANY" => {
                answers.iter().take(1).map(|queue| format!("{queue:?}")).collect()
            }
            Value::Array(answers) if verb == "CLAIM" => vec![format!("{}", answers.len())],
            Value::Array(answers)
                if matches!(answers.as_slice(), [Value::Array(_), _]) && is_answer(&verb) =>
            {
                vec![match answers.get(1) {
                    Some(Value::Array(jobs)) => format!("NEXT {}", jobs.len()),
                    _ => "NEXT null".into(),
                }]
            }
            Value::Array(answers) => {
                answers.iter().zip(&before).map(|(answer, state)| format!("{answer:?} {state}")).collect()
            }
            Value::Map(_) => vec!["a map".into()],
            reply => vec![format!("{reply:?}")],
        };
        for outcome in outcomes {
            *seen.entry(format!("{verb} {outcome}")).or_default() += 1;
        }
    }
    let end = script.0.last().map_or(0, |step| step.at_us / 1000);
    if let Value::Map(counters) = model.stats(end) {
        for (name, count) in counters {
            if count != Value::Int(0) {
                *seen.entry(format!("STATS {name:?}")).or_default() += 1;
            }
        }
    }
}

/// What has happened to schedules since the step before.
fn ticks(last: &Model, model: &Model) -> Vec<String> {
    let mut seen = Vec::new();
    for schedule in &model.schedules {
        let Some(before) = last.schedules.iter().find(|it| it.name == schedule.name) else { continue };
        let counts = schedule.counts.iter().zip(before.counts).zip(OUTCOMES_OF_TICKS);
        seen.extend(
            counts.filter(|((now, before), _)| *now > before).map(|(_, name)| format!("tick {name}")),
        );
        match schedule.missed.cmp(&before.missed) {
            Ordering::Greater => seen.push("instants missed".into()),
            Ordering::Less => seen.push("missed instants come again".into()),
            Ordering::Equal => {}
        }
    }
    seen
}

/// Whether a command that answers for jobs may claim the next ones.
fn is_answer(verb: &str) -> bool {
    matches!(verb, "ACK" | "NACK")
}

/// The state of `id` at `at_us`, a dash for an unknown one.
fn state(model: &mut Model, at_us: u64, id: &[u8]) -> String {
    let job = model.call(at_us, &[b"JQ.GET", b"q", id]);
    let state = job.field(b"state").map_or("-".into(), |state| format!("{state:?}"));
    if job.field(b"payload").is_none() && state != "-" {
        format!("remembered-{state}")
    } else {
        state
    }
}

/// The ids a command answers for one by one.
fn items(words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let [verb, _, rest @ ..] = words else { return Vec::new() };
    match verb.as_slice() {
        b"JQ.ACK" | b"JQ.NACK" | b"JQ.RELEASE" | b"JQ.PROGRESS" => pairs(rest),
        b"JQ.EXTEND" => pairs(rest.get(1..).unwrap_or_default()),
        b"JQ.REMOVE" | b"JQ.CANCEL" | b"JQ.PROMOTE" | b"JQ.RETRY" | b"JQ.RERUN" => rest.to_vec(),
        _ => Vec::new(),
    }
}

fn pairs(words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    words.iter().skip(1).step_by(2).cloned().collect()
}
