//! Which jobs of a state JQ.LIST and the commands for many jobs are about: their options, and a page of them.

use super::args::{Refused, Words, ERR};
use super::job::{Job, State};
use super::model::Model;
use super::shown::{is_listed, place};
use super::spec::Place;
use super::value::Value;

/// Which jobs of a state are wanted, and from which end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) group: Option<Vec<u8>>,
    pub(crate) batch: Option<Vec<u8>>,
    pub(crate) worker: Option<Vec<u8>>,
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) priorities: Option<(i64, i64)>,
    pub(crate) since: Option<u64>,
    pub(crate) until: Option<u64>,
    pub(crate) backward: bool,
}

impl Selection {
    pub(crate) fn has_instant(&self, at: u64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    fn has_priority(&self, job: &Job) -> bool {
        self.priorities.is_none_or(|(lowest, highest)| (lowest..=highest).contains(&job.spec.priority))
    }

    pub(crate) fn needs_jobs(&self) -> bool {
        self.group.is_some()
            || self.batch.is_some()
            || self.worker.is_some()
            || self.name.is_some()
            || self.priorities.is_some()
    }

    /// What JQ.COUNT knows of a state.
    pub(crate) fn is_counted(&self, state: &str) -> bool {
        let given = [
            ("GROUP", self.group.is_some()),
            ("WORKER", self.worker.is_some()),
            ("NAME", self.name.is_some()),
            ("PRIORITY", self.priorities.is_some()),
            ("SINCE", self.since.or(self.until).is_some()),
        ];
        let given: Vec<_> = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        let known: &[&[&str]] = match state {
            "waiting" => &[&["GROUP"], &["PRIORITY"], &["GROUP", "PRIORITY"]],
            "blocked" => &[&["PRIORITY"]],
            "active" => &[&["GROUP"], &["WORKER"]],
            "completed" | "failed" => &[&["SINCE"]],
            _ => &[],
        };
        given.is_empty() || (state != "remembered" && given == ["NAME"]) || known.contains(&given.as_slice())
    }
}

/// The options of a page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) selection: Selection,
    pub(crate) count: Option<usize>,
    pub(crate) skip: usize,
    pub(crate) older: Option<u64>,
    pub(crate) payload: bool,
    pub(crate) full: bool,
    pub(crate) place: Place,
    /// Whether the reply has a cursor.
    pub(crate) paged: bool,
    pub(crate) report: Report,
}

/// What is replied of the jobs that have changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Report {
    Number,
    Ids,
}

const SELECTORS: [&str; 10] =
    ["GROUP", "BATCH", "WORKER", "NAME", "PRIORITY", "SINCE", "UNTIL", "REV", "COUNT", "CURSOR"];

impl Page {
    /// The first page of all.
    fn all() -> Page {
        Page {
            selection: Selection::default(),
            count: None,
            skip: 0,
            older: None,
            payload: false,
            full: false,
            place: Place::End,
            paged: false,
            report: Report::Number,
        }
    }

    /// Reads the selectors, and those that this command has beside them.
    pub(crate) fn read(w: &mut Words<'_>, more: &[&'static str]) -> Result<Page, Refused> {
        let known: Vec<&'static str> = SELECTORS.into_iter().chain(more.iter().copied()).collect();
        let (mut seen, mut page) = (Vec::new(), Page::all());
        while let Some(option) = w.option(&known, &mut seen)? {
            match option {
                "GROUP" => page.selection.group = Some(w.next()?.to_vec()),
                "BATCH" => page.selection.batch = Some(w.batch()?),
                "WORKER" => page.selection.worker = Some(w.worker()?),
                "NAME" => page.selection.name = Some(w.worker()?),
                "PRIORITY" => page.selection.priorities = Some(w.priorities()?),
                "SINCE" => page.selection.since = Some(w.uint(0)?),
                "UNTIL" => page.selection.until = Some(w.uint(0)?),
                "REV" => page.selection.backward = true,
                "COUNT" => page.count = Some(w.count()?),
                // Of the first page: what other cursors look like the manual does not say.
                "CURSOR" => page.paged = w.uint(0)? == 0,
                "SKIP" => page.skip = usize::try_from(w.uint(0)?).map_err(|_| ERR)?,
                "OLDER" => page.older = Some(w.uint(0)?),
                "PAYLOAD" => page.payload = true,
                "IDS" => page.report = Report::Ids,
                "FRONT" => page.place = Place::Front,
                _ => page.full = true,
            }
        }
        Ok(page)
    }

    /// OLDER as an UNTIL.
    pub(crate) fn until(&self, now: u64) -> Selection {
        let before = self.older.map(|ms| now.saturating_sub(ms));
        Selection { until: self.selection.until.into_iter().chain(before).min(), ..self.selection.clone() }
    }

    /// The reply of a command that has changed these jobs.
    pub(crate) fn reply(&self, changed: &[Vec<u8>], more: bool) -> Value {
        let jobs = match self.report {
            Report::Ids => Value::Array(changed.iter().map(Value::bytes).collect()),
            Report::Number => Value::count(changed.len()),
        };
        match (self.paged, changed.is_empty() && more) {
            (true, _) => Value::Array(vec![cursor(more), jobs]),
            (false, true) => Value::Error("ERR".into()),
            (false, false) => jobs,
        }
    }
}

/// Null when more follow: the manual does not say what a cursor looks like.
pub(crate) fn cursor(more: bool) -> Value {
    if more {
        Value::Null
    } else {
        Value::Int(0)
    }
}

/// The page of a listing: behind so many that are picked, and as [`page_of`] does.
pub(crate) fn listed<T: Clone>(
    examined: &[T],
    page: &Page,
    is_picked: impl Fn(&T) -> Option<usize>,
) -> (Vec<T>, bool) {
    let nth = |nth: usize| examined.iter().enumerate().filter(|(_, one)| is_picked(one).is_some()).nth(nth);
    let behind =
        page.skip.checked_sub(1).map(|last| nth(last).map_or(examined.len(), |(place, _)| place + 1));
    let rest = examined.get(behind.unwrap_or(0)..).unwrap_or_default();
    page_of(rest, page.count.unwrap_or(10), is_picked)
}

/// What is picked of the examined until so many count, and whether more have to be examined. `counts`: None is not
/// picked.
pub(crate) fn page_of<T: Clone>(
    examined: &[T],
    count: usize,
    counts: impl Fn(&T) -> Option<usize>,
) -> (Vec<T>, bool) {
    let (mut picked, mut counted) = (Vec::new(), 0);
    for one in examined {
        if counted >= count {
            return (picked, true);
        }
        if let Some(more) = counts(one) {
            picked.push(one.clone());
            counted += more;
        }
    }
    (picked, false)
}

impl Model {
    /// The jobs of a state in their order, without those that an index leaves out.
    pub(super) fn examined(&self, state: &str, selection: &Selection) -> Vec<&Job> {
        let is_left_out = |job: &Job| match &job.state {
            State::Waiting { .. } => {
                selection.worker.is_some()
                    || !selection.has_priority(job)
                    || selection.group.as_ref().is_some_and(|group| !job.is_of(group))
            }
            State::Active { worker, .. } => selection.worker.as_ref().is_some_and(|name| name != worker),
            State::Ended { at, .. } => !selection.has_instant(*at),
            State::Blocked { .. } | State::Held => selection.worker.is_some() || !selection.has_priority(job),
            State::Delayed { .. } => selection.worker.is_some(),
        };
        let mut jobs: Vec<&Job> =
            self.jobs.iter().filter(|job| is_listed(job, state) && !is_left_out(job)).collect();
        match (state, &selection.worker) {
            ("active", Some(_)) => jobs.sort_by_key(|job| job.token()),
            _ => jobs.sort_by_key(|job| place(job)),
        }
        if selection.backward {
            jobs.reverse();
        }
        jobs
    }

    pub(super) fn is_selected(&self, job: &Job, selection: &Selection) -> bool {
        let Selection { group, batch, worker, name, .. } = selection;
        let at = if let State::Ended { at, .. } = job.state { at } else { job.added_at };
        selection.has_instant(at)
            && selection.has_priority(job)
            && group.as_ref().is_none_or(|group| job.is_of(group))
            && batch.as_ref().is_none_or(|name| self.batch_of(job).is_some_and(|b| b.name == *name))
            && (name.is_none() || job.spec.name == *name)
            && worker.as_ref().is_none_or(|name| job.worker.as_ref() == Some(name))
    }
}
