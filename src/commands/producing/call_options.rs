//! What JQ.ADD and JQ.MADD have beside the options of a job: its fields, and SHARDS, which is about the whole call
//! and leaves no trace in the job.

use crate::commands::field_args::{self, FieldArgs};
use crate::commands::options::{args_of_options, CommandOption, Options};
use crate::commands::spec::Arg;
use crate::queue::MAX_SHARDS;

/// What a call says of fields and shards.
#[derive(Debug, Default)]
pub(super) struct CallOptions<'a> {
    pub(super) fields: FieldArgs<'a>,
    /// How many shards the producer counts on, if it does.
    pub(super) shards: Option<u32>,
}

impl<'a> Options<'a, 2> for CallOptions<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 2] = [
        CommandOption::repeated("SET", field_args::SET, |call, args| call.fields.set(args)),
        CommandOption::integer("SHARDS", "shards", 1, MAX_SHARDS, |call, shards| {
            call.shards = u32::try_from(shards).ok();
        }),
    ];
}

/// How COMMAND DOCS shows them.
pub(super) const ARGS: [Arg; 2] = args_of_options(&CallOptions::OPTIONS);
