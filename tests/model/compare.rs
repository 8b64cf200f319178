//! Plays a script to the model and to the queue: both must give the same replies and stay sound after every
//! step.

use std::fmt::Write;

use super::model::Model;
use super::script::{instant, Script};
use super::value::{shown, Engine, Value};

/// Runs `script` on both; the error is the whole transcript, with what the two sides disagree about.
///
/// After every step both are asked for everything they know, so that the first wrong step is the last line.
pub(crate) fn compare(script: &Script, model: &mut Model, engine: &mut impl Engine) -> Result<(), String> {
    let mut transcript = String::new();
    let mut handed_out = Vec::new();
    let questions = questions(script);
    for step in &script.0 {
        let words = step.resolve(&handed_out);
        let reply =
            ask_both(step.at_us, &words, model, engine).map_err(|parted| transcript.clone() + &parted)?;
        let _ = write!(transcript, "\n{}\n    {reply:?}", line(step.at_us, &words));
        handed_out.extend(leases(&reply));
        let wrong = engine.check();
        if !wrong.is_empty() {
            return Err(format!("{transcript}\nJQ.CHECK finds:\n{}", wrong.join("\n")));
        }
        for question in &questions {
            ask_both(step.at_us, question, model, engine).map_err(|parted| transcript.clone() + &parted)?;
        }
        wakes_in_time(step.at_us, model, engine).map_err(|slept| format!("{transcript}\n{slept}"))?;
    }
    Ok(())
}

/// The reply both give to `words`; the error names both replies.
fn ask_both(
    at_us: u64,
    words: &[Vec<u8>],
    model: &mut Model,
    engine: &mut impl Engine,
) -> Result<Value, String> {
    let borrowed: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let (expected, found) = (model.call(at_us, &borrowed), engine.call(at_us, &borrowed));
    if agree(&borrowed, &expected, &found) {
        return Ok(expected);
    }
    let line = line(at_us, words);
    Err(format!("\n{line}\n  the model says   {expected:?}\n  the engine says {found:?}"))
}

/// Whether nothing that anybody could see happens before the instant for which the engine wants to be woken.
/// Until it is woken it believes that nothing has changed, so a client that waits would wait too long.
fn wakes_in_time(at_us: u64, model: &Model, engine: &mut impl Engine) -> Result<(), String> {
    const LONG: u64 = 40 * 86_400_000;
    let now = at_us / 1000;
    let sleeps = match engine.call(at_us, &[b"JQ.STATS", b"q"]).field(b"next-due-ms") {
        Some(Value::Int(0)) => return Err("the engine is never at rest".into()),
        Some(Value::Int(ms)) => u64::try_from(*ms).unwrap_or(LONG),
        // No queue of ours: it has no timer.
        _ => return Ok(()),
    };
    let last = now + sleeps - 1;
    let (before, after) = (model.at_rest(now), model.at_rest(last));
    if before == after {
        return Ok(());
    }
    Err(format!("the engine sleeps until {}, but before:\n  {before:?}\n  {after:?}", now + sleeps))
}

/// A command as a transcript shows it.
fn line(at_us: u64, words: &[Vec<u8>]) -> String {
    words.iter().fold(instant(at_us), |line, word| line + " " + &shown(word))
}

/// What shows all of a queue: counters, workers, minutes, every state in order, and each job the script
/// names.
fn questions(script: &Script) -> Vec<Vec<Vec<u8>>> {
    let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let lists = ["waiting", "delayed", "blocked", "active", "completed", "failed"]
        .map(|state| words(&format!("JQ.LIST q {state} COUNT 10000")));
    let mut ids: Vec<Vec<u8>> = script.0.iter().flat_map(|step| added(&step.resolve(&[]))).collect();
    ids.sort();
    ids.dedup();
    let about = |verb: &'static [u8]| {
        ids.iter().filter(|id| *id != b"#").map(move |id| vec![verb.to_vec(), b"q".to_vec(), id.clone()])
    };
    let jobs: Vec<_> = about(b"JQ.GET").chain(about(b"JQ.LOGS")).collect();
    let lists = lists.into_iter().chain([words("JQ.LIST q remembered COUNT 10000")]);
    let all = [
        "JQ.STATS q",
        "JQ.EVENTS q COUNT 10000",
        "JQ.BATCHES q COUNT 10000",
        "JQ.WORKERS q COUNT 10000",
        "JQ.GROUPS q COUNT 10000",
        "JQ.NAMES q COUNT 10000",
        "JQ.SERIES q 3",
        "JQ.SCHEDULES q",
    ]
    .map(words);
    all.into_iter().chain(lists).chain(jobs).collect()
}

/// The ids of an ADD or MADD.
fn added(words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let number = |word: &[u8]| String::from_utf8_lossy(word).parse().unwrap_or(0);
    match words {
        [verb, _, id, _, ..] if verb == b"JQ.ADD" => vec![id.clone()],
        [verb, _, count, items @ ..] if verb == b"JQ.MADD" => {
            items.iter().step_by(2).take(number(count)).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// The `[token, id, ...]` of a claim's reply, or its maps; they may be behind the name of the queue, or behind the
/// answers to the jobs that the worker has ended.
pub(crate) fn leases(reply: &Value) -> Vec<(Vec<u8>, u64)> {
    let Value::Array(entries) = reply else { return Vec::new() };
    if let [Value::Bytes(_), jobs @ Value::Array(_)] = entries.as_slice() {
        return leases(jobs);
    }
    if let [Value::Array(answers), jobs] = entries.as_slice() {
        if answers.iter().all(|answer| matches!(answer, Value::Int(_))) {
            return leases(jobs);
        }
    }
    let lease = |entry: &Value| match entry {
        Value::Array(lease) => match lease.as_slice() {
            [Value::Int(token), Value::Bytes(id), Value::Int(_), Value::Bytes(_)] => {
                Some((id.clone(), token.unsigned_abs()))
            }
            _ => None,
        },
        map => match (map.field(b"token"), map.field(b"id")) {
            (Some(Value::Int(token)), Some(Value::Bytes(id))) => Some((id.clone(), token.unsigned_abs())),
            _ => None,
        },
    };
    entries.iter().filter_map(lease).collect()
}

/// Whether the engine says what the model says. Of a cursor only counts whether it is the last.
fn agree(words: &[&[u8]], model: &Value, engine: &Value) -> bool {
    let lists = [b"JQ.LIST".as_slice(), b"JQ.BATCHES", b"JQ.WORKERS", b"JQ.GROUPS", b"JQ.NAMES"];
    let is_listing =
        words.first().is_some_and(|verb| lists.contains(verb)) || words.iter().any(|word| *word == b"CURSOR");
    match (model, engine) {
        (Value::Array(expected), Value::Array(found)) if is_listing => {
            let at_end = found.first().is_some_and(|cursor| format!("{cursor:?}") == "0");
            at_end == (expected.first() == Some(&Value::Int(0)))
                && expected.len() == found.len()
                && expected.iter().zip(found).skip(1).all(|(expected, found)| means(expected, found))
        }
        _ => means(model, engine),
    }
}

/// Whether `found` means what is `expected`. It may say more: fields are only ever added to maps. Of an error
/// only the code counts.
fn means(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Error(expected), Value::Error(found)) => code(expected) == code(found),
        (Value::Map(pairs), Value::Map(_)) => pairs.iter().all(|(field, expected)| match field {
            Value::Bytes(name) => found.field(name).unwrap_or(&Value::Null) == expected,
            _ => false,
        }),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(one, other)| means(one, other))
        }
        _ => expected == found,
    }
}

fn code(error: &str) -> &str {
    error.split(' ').next().unwrap_or_default()
}
