//! Models with one seeded bug each: after every command something in the model is changed to what the bug
//! would have made of it. The comparison must notice every bug.
//!
//! Here is how a bug is seeded and whether it is noticed. The bugs are in a file for each idea:
//!
//! - what becomes of a job: [`places`], [`runs`], [`reruns`], [`records`], [`changes`], [`notes`] (fields, names, logs);
//! - what keeps jobs back: [`limits`], [`batches`], [`pauses`], [`shards`];
//! - time: [`clock`], [`schedules`]; and what is told: [`lists`], [`events`].

mod batches;
mod changes;
mod clock;
mod events;
mod limits;
mod lists;
mod notes;
mod pauses;
mod places;
mod records;
mod reruns;
mod runs;
mod schedules;
mod shards;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::compare::compare;
use crate::model::Model;
use crate::script::Script;
use crate::strategy::scripts;
use crate::value::{Engine, Value};

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

/// Whether the comparison fails where a word is misheard.
fn is_mishearing_noticed(hear: fn(usize, &[&[u8]]) -> Vec<u8>) -> bool {
    is_mishearing_noticed_on(&scripts(100), hear)
}

/// The same on scripts of a kind.
fn is_mishearing_noticed_on(
    scripts: &impl Strategy<Value = Script>,
    hear: fn(usize, &[&[u8]]) -> Vec<u8>,
) -> bool {
    is_engine_noticed(scripts, |model| Mishearing { model, hear })
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

/// Whether the comparison fails with this bug, on one of as many scripts as the test plays at least.
fn is_noticed(bug: fn(&mut Model, u64)) -> bool {
    is_noticed_on(&scripts(100), bug)
}

/// The same on scripts of a kind.
fn is_noticed_on(scripts: &impl Strategy<Value = Script>, bug: fn(&mut Model, u64)) -> bool {
    is_engine_noticed(scripts, |model| Buggy { model, bug })
}

/// Whether the comparison fails with what `engine` makes of a model.
fn is_engine_noticed<E: Engine>(
    scripts: &impl Strategy<Value = Script>,
    engine: impl Fn(Model) -> E,
) -> bool {
    let mut runner = TestRunner::deterministic();
    (0..500).any(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        compare(&script, &mut Model::default(), &mut engine(Model::default())).is_err()
    })
}
