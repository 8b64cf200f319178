//! Random scripts.

use proptest::collection::vec;
use proptest::prelude::{prop_oneof, Just, Strategy};
use proptest::sample::select;

use super::compare::leases;
use super::model::Model;
use super::random_commands::batches::{about_batches, batch_settings};
use super::random_commands::commands;
use super::random_commands::configuring::settings;
use super::random_commands::kinds::{about_lists, about_logs, about_reruns, about_runs, about_shards};
use super::random_commands::limits::{contended, small_ticks, tight_settings};
use super::random_commands::pieces::{text, Part};
use super::random_commands::schedules::{about_schedules, schedule_settings};
use super::script::{Script, Step, Word};
use super::value::{Engine, Value};

/// Scripts of up to `most` steps on one queue, the first of which creates it: most of them of everything, the
/// others of what limits keep back.
pub(crate) fn scripts(most: usize) -> impl Strategy<Value = Script> {
    let all = (settings(), vec((ticks(), commands()), 1..most));
    let limits = (tight_settings(), vec((small_ticks(), contended()), 1..most));
    prop_oneof![3 => all, 2 => limits].prop_map(written)
}

/// The same about jobs that wait for batches.
pub(crate) fn batch_scripts(most: usize) -> impl Strategy<Value = Script> {
    (batch_settings(), vec((small_ticks(), about_batches()), 1..most)).prop_map(written)
}

/// The same about the logs of jobs, of which little is kept.
pub(crate) fn log_scripts(most: usize) -> impl Strategy<Value = Script> {
    let settings = text("JQ.CONFIG q max-log-bytes 12 keep-completed -1");
    (settings, vec((small_ticks(), about_logs()), 1..most)).prop_map(written)
}

/// The same about what is listed and counted.
pub(crate) fn list_scripts(most: usize) -> impl Strategy<Value = Script> {
    (settings(), vec((small_ticks(), about_lists()), 1..most)).prop_map(written)
}

/// The same about runs that may last only so long.
pub(crate) fn run_scripts(most: usize) -> impl Strategy<Value = Script> {
    (settings(), vec((small_ticks(), about_runs()), 1..most)).prop_map(written)
}

/// The same about producers that count on different numbers of shards.
pub(crate) fn shard_scripts(most: usize) -> impl Strategy<Value = Script> {
    let settings = text("JQ.CONFIG q shards 2 lease 200 dedup-window 20 max-jobs 6 events-max 100");
    (settings, vec((small_ticks(), about_shards()), 1..most)).prop_map(written)
}

/// The same about schedules: time passes, and the clock is set forward and back.
pub(crate) fn schedule_scripts(most: usize) -> impl Strategy<Value = Script> {
    let moves = prop_oneof![4 => small_ticks(), 1 => ticks()];
    (schedule_settings(), vec((moves, about_schedules()), 1..most)).prop_map(written)
}

/// The same about completed jobs that run again.
pub(crate) fn rerun_scripts(most: usize) -> impl Strategy<Value = Script> {
    let settings = text("JQ.CONFIG q keep-completed 1000 events-max 100");
    (settings, vec((small_ticks(), about_reruns()), 1..most)).prop_map(written)
}

fn written((settings, steps): (Vec<Part>, Vec<(i64, Vec<Part>)>)) -> Script {
    let (mut now, mut scribe) = (1_000_000_000_u64, Scribe::default());
    scribe.step(now, settings);
    for (tick, parts) in steps {
        let tick = if scribe.model.may_have_forgotten_instants() { tick.max(0) } else { tick };
        now = now.saturating_add_signed(tick).max(1000);
        scribe.step(now, parts);
    }
    Script(scribe.steps)
}

/// How far the clock moves between two commands, in microseconds.
fn ticks() -> impl Strategy<Value = i64> {
    const MS: i64 = 1000;
    const DAY: i64 = 86_400_000 * MS;
    prop_oneof![
        25 => Just(0),
        15 => select(vec![MS, 5 * MS, 10 * MS, 10 * MS, 20 * MS, 50 * MS]),
        3 => select(vec![1, 999]),
        3 => select(vec![100 * MS, 1000 * MS]),
        1 => select(vec![100_000 * MS, 400_000 * MS, 30 * DAY]),
        1 => select(vec![-1, -MS, -10 * MS, -100 * MS, -1001 * MS, -5000 * MS]),
    ]
}

/// Writes a script, and plays it to a model meanwhile to know which leases are held.
#[derive(Default)]
struct Scribe {
    steps: Vec<Step>,
    model: Model,
    handed_out: Vec<(Vec<u8>, u64)>,
}

impl Scribe {
    fn step(&mut self, at_us: u64, parts: Vec<Part>) {
        let held = self.held(at_us);
        let lease = |number: usize| {
            let id = held.get(number % held.len().max(1)).cloned().unwrap_or(b"a".to_vec());
            vec![Word::Token { id: id.clone(), back: 0 }, Word::Text(id)]
        };
        let words = parts.into_iter().flat_map(|part| match part {
            Part::Word(word) => vec![word],
            Part::Held(number) => lease(number),
        });
        let step = Step { at_us, words: words.collect() };
        let words = step.resolve(&self.handed_out);
        let reply = self.model.call(at_us, &words.iter().map(Vec::as_slice).collect::<Vec<_>>());
        self.handed_out.extend(leases(&reply));
        self.steps.push(step);
    }

    /// The ids that are active.
    fn held(&mut self, at_us: u64) -> Vec<Vec<u8>> {
        let Value::Array(reply) = self.model.call(at_us, &[b"JQ.LIST", b"q", b"active", b"COUNT", b"10000"])
        else {
            return Vec::new();
        };
        let Some(Value::Array(ids)) = reply.into_iter().nth(1) else { return Vec::new() };
        ids.into_iter().filter_map(|id| if let Value::Bytes(id) = id { Some(id) } else { None }).collect()
    }
}
