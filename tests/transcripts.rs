//! Runs every transcript: `tests/transcripts/<group>/<name>.txt`, the examples of `README.md` and of
//! `docs/*.md`.
//!
//! A transcript is what a person would see in redis-cli, so a test reads like the manual and the manual is a
//! test. `tests/transcripts/README.md` explains the notation. The environment decides where they run:
//!
//! ```text
//!   REDIS_SERVER=/path/run     server binary          (default: redis-server from PATH)
//!   REDIS_CLI=/path/redis-cli  the client             (default: redis-cli from PATH)
//!   JQ_MODULE=/path/to.so      the module, or "none"  (default: release/libredis_jq.so of this build's folder)
//!   UPDATE_TRANSCRIPTS=1       writes what was printed into the files instead of comparing
//! ```

mod runner;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use runner::{selfcheck, Settings};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(why) => {
            eprintln!("transcripts: {why}");
            ExitCode::FAILURE
        }
    }
}

/// One trial for each transcript, and those that watch the runner itself.
fn trials() -> Result<Vec<Trial>, String> {
    let settings = Arc::new(Settings::from_environment()?);
    let mut trials = selfcheck::trials(&settings);
    for source in runner::find_transcripts()? {
        let settings = Arc::clone(&settings);
        let ignored = runner::needs_newer_server(&source, &settings);
        let name = source.name.clone();
        let trial = Trial::test(name, move || runner::run_file(&source, &settings).map_err(Failed::from));
        trials.push(trial.with_ignored_flag(ignored));
    }
    Ok(trials)
}
