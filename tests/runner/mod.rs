//! The transcript runner: reads transcripts, plays them to private servers, compares what is printed.
//!
//! ```text
//!   sources ──► script ──► session ──► cli ──► dialogue ──► redis-cli ──┐
//!   which files  lines to    │ directives                               ▼
//!                steps       │   ├──► server ──────────────────► redis-server (one or more)
//!                            │   └──► replica_tap ◄──────────── what replicas receive
//!                            ▼
//!                         matching (compare, diff, rewrite)    final_checks (after every file)
//! ```
//!
//! Every file gets servers of its own: starting one takes 20 ms, which is less than it costs to prove that a
//! used one is as good as new (frozen clock, configuration, users, directory of queues).

mod cli;
mod dialogue;
mod directives;
mod final_checks;
mod markdown;
mod matching;
mod replica_tap;
mod script;
pub(crate) mod selfcheck;
mod server;
mod session;
mod settings;
mod sources;

pub(crate) use settings::Settings;
pub(crate) use sources::{find_transcripts, needs_newer_server, Source};

use std::fmt::Display;
use std::fs;
use std::time::Duration;

use testkit::deadline::Deadline;

use script::Script;

/// Result of anything here: the text of a failure is what the developer reads.
pub(crate) type Outcome<T> = Result<T, String>;

/// How long anything may take before it counts as never. Only a transcript that fails takes that long.
const PATIENCE: Duration = Duration::from_secs(5);

/// [`PATIENCE`] from now.
fn patient() -> Deadline {
    Deadline::within(PATIENCE)
}

/// Calls `attempt` until it finds something or fails; none when [`PATIENCE`] ended first.
fn until<T>(attempt: impl FnMut() -> Outcome<Option<T>>) -> Outcome<Option<T>> {
    testkit::deadline::poll(PATIENCE, attempt)
}

/// A failure as text.
fn message(why: impl Display) -> String {
    why.to_string()
}

/// Runs one file and compares, or with `UPDATE_TRANSCRIPTS` rewrites the file.
pub(crate) fn run_file(source: &Source, settings: &Settings) -> Outcome<()> {
    let script = source.read()?;
    let printed = run_script(&script, settings)?;
    if settings.update {
        let text = script.with_printed(&printed);
        if text != script.text() {
            fs::write(&source.path, text).map_err(|why| format!("{}: {why}", source.path.display()))?;
        }
    }
    Ok(())
}

/// Runs a script on servers of its own; answers what each step printed. Stops at the first difference unless
/// updating.
pub(crate) fn run_script(script: &Script, settings: &Settings) -> Outcome<Vec<Vec<String>>> {
    let mut session = session::Session::start(script, settings)?;
    let mut printed = Vec::with_capacity(script.steps.len());
    for step in &script.steps {
        let place = format!("{}:{}: {}", script.name, step.line, step.text);
        let lines = session.run(step).map_err(|why| session.explain(&format!("{place}\n{why}")))?;
        if !settings.update && !matching::all_match(&step.expected, &lines) {
            return Err(session.explain(&format!("{place}\n{}", matching::diff(&step.expected, &lines))));
        }
        printed.push(lines);
    }
    session
        .finish()
        .map_err(|why| session.explain(&format!("{}: after the last line: {why}", script.name)))?;
    Ok(printed)
}
