//! The model test: random commands get the same replies from the queue and from a naive model of it, and
//! JQ.CHECK finds nothing.
//!
//! ```text
//!   strategy -> script -> compare -+-> engine   the real queue behind its commands
//!                                  +-> model    a list of jobs that is always searched from its start
//! ```
//!
//! A failure prints the shortest script that shows it, one command a line; pasted into `examples` it becomes
//! a named regression. `seeded_bugs` are models with one bug each: that every bug is noticed shows that the
//! test can fail. `coverage` counts the cases that scripts reach:
//! random ones, and those of `rare_cases`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on may stop")]

mod admin;
mod advance;
mod args;
mod batch;
mod batch_examples;
mod bucket;
mod claim;
mod compare;
mod consume;
mod coverage;
mod duplicate_examples;
mod engine;
mod events;
mod examples;
mod fields;
mod groups;
mod history;
mod job;
mod limit_cases;
mod limits;
mod logs;
mod malformed_commands;
mod model;
mod names;
mod pauses;
mod produce;
mod random_commands;
mod rare_cases;
mod recorder;
mod records;
mod request;
mod reruns;
mod schedules;
mod script;
mod seeded_bugs;
mod selected;
mod selection;
mod settings;
mod shown;
mod spec;
mod standing;
mod strategy;
mod timetable;
mod value;

use compare::compare;
use engine::{Primary, Restarted};
use model::Model;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use script::Script;
use value::{Engine, Value};

/// Plays random scripts to the model and to what `engine` makes; the error is the shortest script on which
/// they part, with the transcript up to there.
fn compare_on_random_scripts<E: Engine>(
    engine: impl Fn() -> E,
    runner: TestRunner,
) -> Result<(), (Script, String)> {
    compare_on(&strategy::scripts(100), engine, runner)
}

/// The same on scripts of a kind.
fn compare_on<E: Engine>(
    scripts: &impl Strategy<Value = Script>,
    engine: impl Fn() -> E,
    mut runner: TestRunner,
) -> Result<(), (Script, String)> {
    let play = |script: &Script| compare(script, &mut Model::default(), &mut engine());
    let played = runner.run(scripts, |script| play(&script).map_err(TestCaseError::fail));
    match played {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err((Script(Vec::new()), reason.to_string())),
        Err(TestError::Fail(reason, script)) => {
            let script = script.shortened(|shorter| play(shorter).is_err());
            let parted = play(&script).err().unwrap_or_else(|| reason.to_string());
            Err((script, parted))
        }
    }
}

/// The same scripts each time, so that a commit has one result. `PROPTEST_CASES` asks for more of them, and for
/// others each time.
fn runner() -> TestRunner {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return TestRunner::new(config());
    }
    TestRunner::new_with_rng(config(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn config() -> Config {
    let most = Config::default();
    Config { failure_persistence: None, cases: most.cases.max(500), max_shrink_iters: 5_000, ..most }
}

#[test]
fn the_queue_agrees_with_the_model() {
    if let Err((script, parted)) = compare_on_random_scripts(Primary::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

#[test]
fn the_queue_agrees_with_the_model_about_batches() {
    let scripts = strategy::batch_scripts(60);
    if let Err((script, parted)) = compare_on(&scripts, Primary::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
    if let Err((script, parted)) = compare_on(&scripts, Restarted::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

#[test]
fn the_queue_agrees_with_the_model_about_reruns() {
    let scripts = strategy::rerun_scripts(60);
    if let Err((script, parted)) = compare_on(&scripts, Restarted::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

#[test]
fn the_queue_agrees_with_the_model_about_shards() {
    let scripts = strategy::shard_scripts(60);
    if let Err((script, parted)) = compare_on(&scripts, Restarted::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

#[test]
fn the_queue_agrees_with_the_model_about_schedules() {
    let scripts = strategy::schedule_scripts(60);
    if let Err((script, parted)) = compare_on(&scripts, Restarted::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

#[test]
fn a_queue_restarted_after_every_command_agrees_with_the_model() {
    if let Err((script, parted)) = compare_on_random_scripts(Restarted::default, runner()) {
        panic!("{parted}\n\nThe script:{script:?}");
    }
}

/// Takes a second ACK with the same token for the first.
struct Forgetful(Model);

impl Engine for Forgetful {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.0.call(now_us, words);
        let again = Value::Array(vec![Value::Int(0)]);
        if reply == again && words.starts_with(&[b"JQ.ACK"]) {
            Value::Array(vec![Value::Int(1)])
        } else {
            reply
        }
    }

    fn check(&self) -> Vec<String> {
        self.0.check()
    }
}

#[test]
fn a_queue_that_errs_is_shown_with_a_short_script() {
    let always_the_same = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let runner = TestRunner::new_with_rng(config(), always_the_same);
    let Err((script, parted)) = compare_on_random_scripts(|| Forgetful(Model::default()), runner) else {
        panic!("it was not noticed");
    };
    assert!(parted.contains("the model says   [0]"), "{parted}");
    assert!(script.0.len() <= 5, "{script:?}");
}
