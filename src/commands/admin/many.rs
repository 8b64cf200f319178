//! Ids, or `*` for all jobs that are selected: what JQ.RETRY, JQ.CANCEL and JQ.PROMOTE are about.

use crate::commands::args::Args;
use crate::commands::error::Error;
use crate::commands::selection::{Page, ALL};
use crate::commands::spec::{Arg, ArgKind};
use crate::commands::{names, DEFAULT_CHANGES};

/// Jobs to change.
#[derive(Debug)]
pub enum Many<'a> {
    /// Those of these ids.
    Ids(&'a [&'a [u8]]),
    /// A page of those that are selected.
    All(Page<'a>),
}

impl<'a> Many<'a> {
    /// How COMMAND DOCS shows it, after the queue.
    pub(super) const ARG: Arg =
        Arg::one_of("which", &[Arg::block("all", &ALL), Arg::word("id", ArgKind::String).many()]);

    /// For a command that goes through so many states.
    pub(super) fn parse(args: &mut Args<'a>, stages: usize) -> Result<Self, Error> {
        if !args.keyword("*") {
            return Ok(Many::Ids(names::ids(args)?));
        }
        let mut page = Page::of(DEFAULT_CHANGES, stages);
        args.options(&mut page)?;
        Ok(Many::All(page))
    }
}
