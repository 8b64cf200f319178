//! Ids, or `*` for all jobs that are selected: what JQ.RETRY, JQ.CANCEL and JQ.PROMOTE are about.

use crate::commands::args::Args;
use crate::commands::error::Error;
use crate::commands::options::Options;
use crate::commands::selection::{Page, ALL};
use crate::commands::spec::{Arg, ArgKind};
use crate::commands::{names, DEFAULT_CHANGES};

/// Jobs to change.
#[derive(Debug)]
pub(crate) enum Many<'a> {
    /// Those of these ids.
    Ids(&'a [&'a [u8]]),
    /// A page of those that are selected.
    All(Page<'a>),
}

impl<'a> Many<'a> {
    /// How COMMAND DOCS shows it, after the queue.
    pub(super) const ARG: Arg =
        Arg::one_of("which", &[Arg::block("all", &ALL), Arg::word("id", ArgKind::String).many()]);

    /// For a command that goes through so many states, and the options that it has of its own.
    pub(super) fn parse<R: Options<'a, N>, const N: usize>(
        args: &mut Args<'a>,
        stages: usize,
        own: &mut R,
    ) -> Result<Self, Error> {
        if !args.keyword("*") {
            let ids = names::ids_before(args, &R::OPTIONS)?;
            args.options(own)?;
            return Ok(Many::Ids(ids));
        }
        let mut page = Page::of(DEFAULT_CHANGES, stages);
        args.options_of_two((&Page::OPTIONS_OF_CHANGES, &mut page), (&R::OPTIONS, own))?;
        Ok(Many::All(page))
    }
}
