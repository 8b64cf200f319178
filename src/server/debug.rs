//! JQ.DEBUG, for tests: exists only when the module was loaded with `debug yes`.

use super::panics::{catch_panic, INTERNAL_ERROR};
use super::{clock, config, directory};
use crate::commands::args::{Args, MAX_INSTANT};
use crate::commands::error::Error;
use crate::queue::UnixMs;
use crate::redis::call::Call;

/// Runs `JQ.DEBUG CLOCK ms|OFF`.
pub(super) fn command(call: &Call<'_>) {
    let mut reply = call.ctx.reply();
    match catch_panic("jq.debug", || run(call)) {
        Some(Ok(())) => reply.ok(),
        Some(Err(error)) => reply.error(error.as_str()),
        None => reply.error(INTERNAL_ERROR),
    }
}

/// Stops the module's clock at `ms`, or lets it run again. What is due then happens at once.
fn run(call: &Call<'_>) -> Result<(), Error> {
    let words = call.words();
    let mut args = Args::new(words.get(1..).unwrap_or_default(), config::limits());
    if !args.keyword("CLOCK") {
        return Err(Error::syntax("the only subcommand is CLOCK"));
    }
    let stopped = if args.keyword("OFF") { None } else { Some(args.uint("CLOCK", 0..=MAX_INSTANT)?) };
    args.finish()?;
    clock::stop(stopped.map(UnixMs));
    directory::resume();
    Ok(())
}
