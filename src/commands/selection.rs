//! Which jobs a command is about that takes many of a state: options that JQ.LIST, JQ.RETRY, JQ.PURGE, JQ.CANCEL
//! and JQ.PROMOTE share, and the cursor with which they go on.

use super::args::{check_instant, parse_int, parse_uint, Args};
use super::error::Error;
use super::names;
use super::options::{args_of_options, joined, CommandOption, Options};
use super::reply::Reply;
use super::spec::{Arg, ArgKind};
use crate::queue::{
    ChangedJobs, Direction, ListStart, Now, PageRange, Position, Report, Selected, Selection,
};

/// The selected jobs, and which page of them.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) selection: Selection<'a>,
    pub(super) direction: Direction,
    pub(super) cursor: Option<Cursor>,
    /// How many are passed by before the first page.
    skip: usize,
    count: usize,
    /// How many states the command goes through, one after the other.
    stages: usize,
    /// What is replied of the jobs, where they are changed.
    pub(super) report: Report,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// In which of the states that are gone through one after the other.
    pub(super) stage: usize,
    /// None: at the beginning.
    pub(super) from: Option<Position>,
    /// How many are still to be passed by.
    left_to_skip: usize,
}

impl Cursor {
    /// Where the next page begins, if there is one.
    pub(super) fn to(stage: usize, next: Option<Position>) -> Option<Self> {
        next.map(|from| Cursor { stage, from: Some(from), left_to_skip: 0 })
    }

    /// The same, where so many are still to be passed by.
    pub(super) fn skipping(self, left_to_skip: usize) -> Self {
        Cursor { left_to_skip, ..self }
    }
}

impl Page<'_> {
    /// The first page of all jobs, for a command that goes through so many states.
    pub(super) fn of(count: usize, stages: usize) -> Self {
        let selection = Selection::default();
        let report = Report::default();
        Page { selection, direction: Direction::Forward, cursor: None, skip: 0, count, stages, report }
    }

    /// Whether it selects jobs by what only jobs have.
    pub(super) fn needs_jobs(&self) -> bool {
        let Selection { group, batch, worker, name, priorities, since: _, until: _ } = self.selection;
        group.or(batch).or(worker).or(name).is_some() || priorities.is_some()
    }

    /// As [`check_instants`].
    pub(super) fn check_instants(&self, now: Now) -> Result<(), Error> {
        check_instants(&self.selection, now)
    }

    /// Where it begins and how far it goes.
    pub(super) fn range(&self) -> PageRange {
        let from = self.cursor.and_then(|cursor| cursor.from);
        let skip = match self.cursor {
            Some(Cursor { from: Some(_), left_to_skip, .. }) => left_to_skip,
            _ => self.skip,
        };
        PageRange::new(self.count, ListStart { direction: self.direction, from }).skipping(skip)
    }

    /// The first page begins behind so many of those that are selected. Later ones go on from their cursor.
    pub(super) fn skip(&mut self, count: u64) {
        self.skip = usize::try_from(count).unwrap_or(usize::MAX);
    }

    /// The place among the states that are gone through.
    pub(super) fn stage(&self) -> usize {
        self.cursor.map_or(0, |cursor| cursor.stage)
    }

    /// Replies how many jobs have changed, or which; with a CURSOR the next cursor before. Without one a call that
    /// found none among those it examined must not look like the end.
    pub(super) fn reply_changed(
        &self,
        stage: usize,
        selected: Selected,
        reply: &mut dyn Reply,
    ) -> Result<(), Error> {
        if self.cursor.is_some() {
            reply.array(2);
            reply_cursor(Cursor::to(stage, selected.next), reply);
        } else if selected.changed.is_empty() && selected.next.is_some() {
            return Err(Error::other(
                "none of those that one call examines could be taken, but more follow: go through them with CURSOR 0",
            ));
        }
        match selected.changed {
            ChangedJobs::Number(number) => reply.size(number),
            ChangedJobs::Ids(ids) => {
                reply.array(ids.len());
                for id in &ids {
                    reply.bytes(id);
                }
            }
        }
        Ok(())
    }
}

impl<'a> Page<'a> {
    /// The options of a command that changes the jobs.
    pub(super) const OPTIONS_OF_CHANGES: [CommandOption<'a, Self>; 11] = {
        let [group, batch, worker, name, priorities, since, until, rev, count, cursor] = Self::OPTIONS;
        let ids = CommandOption::flag("IDS", "ids", |page: &mut Self| page.report = Report::Ids);
        [group, batch, worker, name, priorities, since, until, rev, count, cursor, ids]
    };
}

impl<'a> Options<'a, 10> for Page<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 10] = [
        CommandOption::name("GROUP", "group", names::group, |page, name| page.selection.group = Some(name)),
        CommandOption::name("BATCH", "batch", names::batch, |page, name| page.selection.batch = Some(name)),
        CommandOption::name("WORKER", "worker", names::worker, |page, name| {
            page.selection.worker = Some(name);
        }),
        CommandOption::name("NAME", "job-name", names::job_name, |page, name| {
            page.selection.name = Some(name);
        }),
        CommandOption::other("PRIORITY", PRIORITIES, |page, args| {
            page.selection.priorities = Some(priorities(args)?);
            Ok(())
        }),
        CommandOption::instant("SINCE", "since", |page, at| page.selection.since = Some(at)),
        CommandOption::instant("UNTIL", "until", |page, at| page.selection.until = Some(at)),
        CommandOption::flag("REV", "rev", |page| page.direction = Direction::Backward),
        CommandOption::count("COUNT", "count", |page, n| page.count = n),
        CommandOption::other("CURSOR", Arg::word("cursor", ArgKind::String), |page, args| {
            page.cursor = Some(parse_cursor(args.next("CURSOR")?, page.stages)?);
            Ok(())
        }),
    ];
}

/// The options of a page, for COMMAND DOCS.
pub(super) const ARGS: [Arg; 10] = args_of_options(&Page::OPTIONS);

/// The same where the jobs are changed.
pub(super) const ARGS_OF_CHANGES: [Arg; 11] = args_of_options(&Page::OPTIONS_OF_CHANGES);

/// `*` and the options of a page of jobs to change.
pub(super) const ALL: [Arg; 12] = joined(&[&[Arg::token("*", "star")], &ARGS_OF_CHANGES]);

/// The value of PRIORITY, for COMMAND DOCS.
pub(super) const PRIORITIES: Arg = Arg::block(
    "priorities",
    &[Arg::word("lowest", ArgKind::Integer), Arg::word("highest", ArgKind::Integer)],
);

/// Refuses instants that are hardly meant: in seconds SINCE would select everything.
pub(super) fn check_instants(selection: &Selection<'_>, now: Now) -> Result<(), Error> {
    let given = [("SINCE", selection.since), ("UNTIL", selection.until)];
    given.into_iter().try_for_each(|(name, at)| at.map_or(Ok(()), |at| check_instant(name, at, now)))
}

/// The lowest and the highest priority, both included.
pub(super) fn priorities(args: &mut Args<'_>) -> Result<(i32, i32), Error> {
    let (lowest, highest) = (args.priority()?, args.priority()?);
    if lowest <= highest {
        return Ok((lowest, highest));
    }
    Err(Error::other(format!("PRIORITY needs the smaller number first, got {lowest} {highest}")))
}

/// `0`, `major:minor`, `stage:major:minor`, or, with how many are to be passed by, `stage:major:minor:left`.
fn parse_cursor(word: &[u8], stages: usize) -> Result<Cursor, Error> {
    let parts: Vec<&[u8]> = word.splitn(4, |b| *b == b':').collect();
    let position =
        |major: &[u8], minor: &[u8]| Some(Position { major: parse_int(major)?, minor: parse_int(minor)? });
    let cursor = match parts.as_slice() {
        [b"0"] => Some(Cursor { stage: 0, from: None, left_to_skip: 0 }),
        [major, minor] => Cursor::to(0, position(major, minor)),
        [b"0", major, minor, left] => {
            let left = parse_uint(left).and_then(|left| usize::try_from(left).ok());
            Cursor::to(0, position(major, minor)).zip(left).map(|(cursor, left)| cursor.skipping(left))
        }
        [stage, major, minor] => parse_uint(stage)
            .and_then(|stage| usize::try_from(stage).ok())
            .filter(|stage| (1..stages).contains(stage))
            .and_then(|stage| Cursor::to(stage, position(major, minor))),
        _ => None,
    };
    cursor.ok_or_else(|| Error::range("CURSOR", "0 or what the call before answered", word))
}

/// Replies with the cursor of the next page; None: there is none.
pub(super) fn reply_cursor(next: Option<Cursor>, reply: &mut dyn Reply) {
    let Some(Cursor { stage, from: Some(Position { major, minor }), left_to_skip }) = next else {
        return reply.bytes(b"0");
    };
    let word = match (stage, left_to_skip) {
        (0, 0) => format!("{major}:{minor}"),
        (stage, 0) => format!("{stage}:{major}:{minor}"),
        (stage, left) => format!("{stage}:{major}:{minor}:{left}"),
    };
    reply.bytes(word.as_bytes());
}
