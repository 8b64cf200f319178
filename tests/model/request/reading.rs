//! Listings, counts, waits and events.

use super::Request;
use crate::args::{Refused, Words, ERR};
use crate::selection::{Page, Selection};

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum After {
    Nothing,
    Event((u64, u64)),
    /// `$`
    Now,
}

/// What JQ.EVENTS asks for.
#[derive(Debug)]
pub(crate) struct EventsAsked {
    pub(crate) after: After,
    pub(crate) count: usize,
    pub(crate) job: Option<Vec<u8>>,
    /// Empty: all.
    pub(crate) only: Vec<String>,
}

/// What JQ.LIST has beside the selectors.
const LIST: [&str; 3] = ["SKIP", "PAYLOAD", "FULL"];

pub(super) fn list(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("remembered") {
        return without_jobs(Page::read(w, &LIST)?).map(Request::ListRemembered);
    }
    Ok(Request::List(state(w)?, Page::read(w, &LIST)?))
}

pub(super) fn count(w: &mut Words<'_>) -> Result<Request, Refused> {
    let state = if w.keyword("remembered") { "remembered".to_owned() } else { state(w)? };
    let (mut seen, mut selection) = (Vec::new(), Selection::default());
    while let Some(option) =
        w.option(&["GROUP", "WORKER", "NAME", "PRIORITY", "SINCE", "UNTIL"], &mut seen)?
    {
        match option {
            "GROUP" => selection.group = Some(w.group()?),
            "WORKER" => selection.worker = Some(w.worker()?),
            "NAME" => selection.name = Some(w.worker()?),
            "PRIORITY" => selection.priorities = Some(w.priorities()?),
            "SINCE" => selection.since = Some(w.uint(0)?),
            _ => selection.until = Some(w.uint(0)?),
        }
    }
    if selection.is_counted(&state) {
        Ok(Request::Count(state, selection))
    } else {
        Err(ERR)
    }
}

pub(super) fn state(w: &mut Words<'_>) -> Result<String, Refused> {
    let state = String::from_utf8(w.next()?.to_ascii_lowercase()).map_err(|_| ERR)?;
    let known = ["waiting", "delayed", "blocked", "active", "completed", "failed"];
    if known.contains(&state.as_str()) {
        Ok(state)
    } else {
        Err(ERR)
    }
}

/// A page of ids of which there is no job.
pub(super) fn without_jobs(page: Page) -> Result<Page, Refused> {
    if page.selection.needs_jobs() || page.payload {
        Err(ERR)
    } else {
        Ok(page)
    }
}

/// No client waits here: the reply is the present state.
pub(super) fn awaits(w: &mut Words<'_>) -> Result<Request, Refused> {
    let request = if w.keyword("BATCH") {
        Request::Batch(w.batch()?)
    } else if w.keyword("JOB") {
        Request::AwaitJob(w.id()?.into())
    } else if w.keyword("IDLE") {
        Request::AwaitIdle
    } else {
        return Err(ERR);
    };
    w.uint(0)?;
    Ok(request)
}

/// `[COUNT n]`
pub(super) fn options_count(w: &mut Words<'_>, default: usize) -> Result<usize, Refused> {
    if w.keyword("COUNT") {
        w.count()
    } else {
        Ok(default)
    }
}

pub(super) fn events(w: &mut Words<'_>) -> Result<Request, Refused> {
    let mut asked = EventsAsked { after: After::Nothing, count: 100, job: None, only: Vec::new() };
    let mut seen = Vec::new();
    while let Some(option) = w.option(&["AFTER", "COUNT", "ID", "ONLY"], &mut seen)? {
        match option {
            "AFTER" => asked.after = after(w.next()?)?,
            "COUNT" => asked.count = w.count()?,
            "ID" => asked.job = Some(w.id()?.to_vec()),
            _ => asked.only = w.text()?.split(',').map(str::to_owned).collect(),
        }
    }
    if asked.only.iter().any(String::is_empty) {
        return Err(ERR);
    }
    Ok(Request::Events(asked))
}

/// `ms-n` or `$`.
fn after(word: &[u8]) -> Result<After, Refused> {
    if word == b"$" {
        return Ok(After::Now);
    }
    let word = std::str::from_utf8(word).map_err(|_| ERR)?;
    let (ms, n) = word.split_once('-').ok_or(ERR)?;
    Ok(After::Event((ms.parse().map_err(|_| ERR)?, n.parse().map_err(|_| ERR)?)))
}

pub(super) fn emit(w: &mut Words<'_>) -> Result<Request, Refused> {
    let name = w.text()?.to_owned();
    let job = if w.keyword("ID") { Some(w.id()?.to_vec()) } else { None };
    let fields: Vec<Vec<u8>> = std::iter::from_fn(|| w.next().ok()).map(<[u8]>::to_vec).collect();
    if name.is_empty() || name.contains(',') || name == "completed" || fields.len() % 2 == 1 {
        return Err(ERR);
    }
    Ok(Request::Emit { name, job, fields })
}

pub(super) fn at_most_a_million(w: &mut Words<'_>) -> Result<usize, Refused> {
    usize::try_from(w.uint(0)?).ok().filter(|n| *n <= 1_000_000).ok_or(ERR)
}
