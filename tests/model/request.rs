//! The commands the model understands, read to the last word before anything happens.

use super::args::{job_options, place_of, OnDup, Refused, Words, ERR};
use super::fields::FieldTerms;
use super::job::{JobSpec, Place, Start};
use super::selection::{Page, Selection};
use super::settings;

type Pairs = Vec<(u64, Vec<u8>)>;
type Ids = Vec<Vec<u8>>;

/// A command that will be carried out.
#[derive(Debug)]
pub(crate) enum Request {
    Add {
        jobs: Vec<(Vec<u8>, JobSpec, OnDup)>,
        many: bool,
        /// How many the producer counts on.
        shards: Option<u64>,
    },
    Claim {
        worker: Vec<u8>,
        count: usize,
        lease: Option<u64>,
        max_bytes: Option<u64>,
        full: bool,
    },
    /// The same, of the first of several queues, by its name.
    ClaimAny {
        queue: Vec<u8>,
        worker: Vec<u8>,
        count: usize,
        lease: Option<u64>,
        max_bytes: Option<u64>,
        full: bool,
    },
    Held {
        worker: Vec<u8>,
        lease: Option<u64>,
        full: bool,
    },
    Ack {
        pairs: Pairs,
        /// None, or one for each job.
        results: Vec<Vec<u8>>,
        keep: Option<Keep>,
        next: Option<Next>,
        fields: FieldTerms,
    },
    Nack {
        pairs: Pairs,
        options: NackOptions,
        next: Option<Next>,
    },
    Release {
        pairs: Pairs,
        options: ReleaseOptions,
    },
    ReleaseWorker(Vec<u8>),
    Extend {
        ms: u64,
        pairs: Pairs,
    },
    Progress {
        token: u64,
        id: Vec<u8>,
        data: Vec<u8>,
    },
    Log {
        id: Vec<u8>,
        lines: Vec<Vec<u8>>,
    },
    Logs {
        id: Vec<u8>,
        skip: usize,
        count: usize,
        backward: bool,
    },
    Get(Vec<u8>),
    List(String, Page),
    ListRemembered(Page),
    Count(String, Selection),
    Stats,
    Remove(Ids),
    Cancel(Ids),
    Promote {
        ids: Ids,
        delay: u64,
        place: Place,
    },
    Retry(Ids, RetryOptions),
    Rerun(Ids, RetryOptions),
    Change {
        id: Vec<u8>,
        to: Change,
    },
    CancelPage(Page),
    PromotePage(Page),
    RetryPage(Page),
    Pause {
        group: Option<Vec<u8>>,
        span: Option<u64>,
    },
    /// Of a group, or of the queue; of one kind, or of both.
    Resume {
        group: Option<Vec<u8>>,
        only: Option<&'static str>,
    },
    Config(Vec<(String, Vec<u8>)>),
    Seal(Vec<u8>),
    Forget(Vec<u8>),
    Batch(Vec<u8>),
    Batches(usize),
    AwaitJob(Vec<u8>),
    AwaitIdle,
    LimitGroup {
        name: Vec<u8>,
        fields: Vec<(String, Vec<u8>)>,
    },
    Group(Vec<u8>),
    Groups,
    /// So many at most.
    Names(usize),
    Purge(String, Page),
    PurgeRemembered(Page),
    Workers,
    Events(EventsAsked),
    Emit {
        name: String,
        job: Option<Vec<u8>>,
        /// Names and values in turn.
        fields: Vec<Vec<u8>>,
    },
    TrimEvents(usize),
    /// So many minutes.
    Series(u64),
}

/// What a CHANGE names.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) progress: Option<Vec<u8>>,
    pub(crate) start: Option<Start>,
    pub(crate) priority: Option<i64>,
    pub(crate) place: Place,
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) fields: FieldTerms,
}

/// What a NACK says beside the jobs.
#[derive(Debug)]
pub(crate) struct NackOptions {
    pub(crate) error: Option<Vec<u8>>,
    pub(crate) delay: Option<u64>,
    pub(crate) fatal: bool,
    pub(crate) place: Place,
    pub(crate) keep: Option<Keep>,
    pub(crate) fields: FieldTerms,
}

/// How long the record is kept, and how many of its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) span: i64,
    pub(crate) max: Option<usize>,
}

/// What a worker claims once it has answered.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) worker: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) lease: Option<u64>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) full: bool,
}

/// What a RELEASE says beside the jobs.
#[derive(Debug, Default)]
pub(crate) struct ReleaseOptions {
    pub(crate) start: Start,
    pub(crate) place: Place,
    pub(crate) fields: FieldTerms,
}

/// What a RETRY or a RERUN says beside the jobs.
#[derive(Debug, Default)]
pub(crate) struct RetryOptions {
    pub(crate) place: Place,
    pub(crate) fields: FieldTerms,
}

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

impl Request {
    /// Whether it only asks.
    pub(crate) fn is_read(&self) -> bool {
        use Request::{
            AwaitIdle, AwaitJob, Batch, Batches, Count, Events, Get, Group, Groups, List, ListRemembered,
            Logs, Names, Series, Stats, Workers,
        };
        matches!(
            self,
            Get(_)
                | List(..)
                | ListRemembered(_)
                | Logs { .. }
                | Count(..)
                | Stats
                | Batch(_)
                | Batches(_)
                | AwaitJob(_)
                | AwaitIdle
                | Group(_)
                | Groups
                | Names(_)
                | Workers
                | Series(_)
                | Events(_)
        )
    }
}

/// Reads `verb` with the words after the queue's key.
pub(crate) fn parse(verb: &str, mut words: Words<'_>) -> Result<Request, Refused> {
    let w = &mut words;
    let request = match verb {
        "JQ.ADD" => add(w, 1, false),
        "JQ.MADD" => w.count().and_then(|count| add(w, count, true)),
        "JQ.CLAIM" => claim(w),
        "JQ.ACK" => ack(w),
        "JQ.NACK" => nack(w),
        "JQ.RELEASE" => release(w),
        "JQ.EXTEND" => Ok(Request::Extend { ms: w.uint(1)?, pairs: w.pairs(&[])? }),
        "JQ.PROGRESS" => {
            Ok(Request::Progress { token: w.uint(0)?, id: w.id()?.into(), data: w.next()?.into() })
        }
        "JQ.LOG" => {
            let (id, first) = (w.id()?.to_vec(), w.next()?.to_vec());
            let more = std::iter::from_fn(|| w.next().ok()).map(<[u8]>::to_vec);
            Ok(Request::Log { id, lines: std::iter::once(first).chain(more).collect() })
        }
        "JQ.LOGS" => logs(w),
        "JQ.GET" => Ok(Request::Get(w.id()?.into())),
        "JQ.COUNT" => count(w),
        "JQ.LIST" => list(w),
        "JQ.STATS" => Ok(Request::Stats),
        "JQ.REMOVE" => Ok(Request::Remove(w.ids()?)),
        "JQ.CANCEL" if w.keyword("*") => Page::read(w, &["IDS"]).map(Request::CancelPage),
        "JQ.CANCEL" => Ok(Request::Cancel(w.ids()?)),
        "JQ.PROMOTE" if w.keyword("*") => Page::read(w, &["FRONT", "IDS"]).map(Request::PromotePage),
        "JQ.PROMOTE" => promote(w),
        "JQ.RETRY" if w.keyword("*") => Page::read(w, &["FRONT", "IDS"]).map(Request::RetryPage),
        "JQ.RETRY" => retry(w).map(|(ids, options)| Request::Retry(ids, options)),
        "JQ.RERUN" => retry(w).map(|(ids, options)| Request::Rerun(ids, options)),
        "JQ.CHANGE" => change(w),
        "JQ.PAUSE" => pause(w),
        "JQ.RESUME" => resume(w),
        "JQ.CONFIG" => config(w),
        "JQ.SEAL" => Ok(Request::Seal(w.batch()?)),
        "JQ.FORGET" => Ok(Request::Forget(w.batch()?)),
        "JQ.BATCH" => Ok(Request::Batch(w.batch()?)),
        "JQ.BATCHES" => Ok(Request::Batches(options_count(w, 10)?)),
        "JQ.AWAIT" => awaits(w),
        "JQ.PURGE" => purge(w),
        // The model lists them all.
        "JQ.WORKERS" => options_count(w, 10).map(|_| Request::Workers),
        "JQ.EVENTS" => events(w),
        "JQ.EMIT" => emit(w),
        "JQ.TRIMEVENTS" => Ok(Request::TrimEvents(at_most_a_million(w)?)),
        "JQ.GROUPS" => options_count(w, 10).map(|_| Request::Groups),
        "JQ.NAMES" => options_count(w, 10).map(Request::Names),
        "JQ.GROUP" => group(w),
        "JQ.SERIES" if w.0.is_empty() => Ok(Request::Series(60)),
        "JQ.SERIES" => {
            Ok(Request::Series(w.uint(1).and_then(|n| if n <= 20_160 { Ok(n) } else { Err(ERR) })?))
        }
        _ => Err(ERR),
    }?;
    words.end()?;
    Ok(request)
}

fn add(w: &mut Words<'_>, count: usize, many: bool) -> Result<Request, Refused> {
    let items: Vec<_> = (0..count).map(|_| Ok((w.new_id()?, w.next()?))).collect::<Result<_, Refused>>()?;
    // Of a single ADD all words are common options.
    let mut parts = w.0.split(|word| many && word.eq_ignore_ascii_case(b"JOB"));
    let (common, shards) = without_shards(parts.next().unwrap_or_default())?;
    let (spec, on_dup) = job_options(&mut Words(&common))?;
    let mut jobs: Vec<_> = items
        .into_iter()
        .map(|(id, payload)| (id.to_vec(), JobSpec { payload: payload.to_vec(), ..spec.clone() }, on_dup))
        .collect();
    let mut least = 1;
    for own in parts {
        let mut own = Words(own);
        let nth = own.count()?;
        let (_, job, its) = jobs.get_mut(nth - 1).filter(|_| nth >= least).ok_or(ERR)?;
        let (spec, on_dup) = job_options(&mut Words(&over(&common, own.0)))?;
        *job = JobSpec { payload: std::mem::take(&mut job.payload), ..spec };
        *its = on_dup;
        least = nth + 1;
    }
    w.0 = &[];
    Ok(Request::Add { jobs, many, shards })
}

/// The options of jobs, and SHARDS, which is about the call.
fn without_shards<'a>(words: &[&'a [u8]]) -> Result<(Vec<&'a [u8]>, Option<u64>), Refused> {
    let is_shards = |option: &&[&[u8]]| option[0].eq_ignore_ascii_case(b"SHARDS");
    let (said, others): (Vec<_>, Vec<_>) = options_of(words).into_iter().partition(is_shards);
    let shards = match said.as_slice() {
        [] => None,
        [only] => Some(settings::shards(&mut Words(&only[1..]), 1)?),
        _ => return Err(ERR),
    };
    Ok((others.concat(), shards))
}

/// The options of one job, those of all where it says nothing else. Both are right by themselves, but for what
/// contradicts each other.
fn over<'a>(common: &[&'a [u8]], own: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let same = |one: &[&[u8]], another: &[&[u8]]| {
        let kinds: [&[&[u8]]; 2] = [&[b"DELAY", b"AT", b"HOLD"], &[b"AFTER", b"AFTEROK"]];
        let is = |word: &[u8], it: &[u8]| word.eq_ignore_ascii_case(it);
        let (word, other) = (one[0], another[0]);
        if is(word, b"SET") && is(other, b"SET") {
            return one.get(1) == another.get(1);
        }
        word.eq_ignore_ascii_case(other)
            || kinds
                .iter()
                .any(|kind| kind.iter().any(|it| is(word, it)) && kind.iter().any(|it| is(other, it)))
    };
    let named = options_of(own);
    let kept = options_of(common).into_iter().filter(|it| !named.iter().any(|own| same(it, own)));
    kept.flatten().copied().chain(own.iter().copied()).collect()
}

/// Each option with its values.
fn options_of<'w, 'a>(words: &'w [&'a [u8]]) -> Vec<&'w [&'a [u8]]> {
    let (mut options, mut left) = (Vec::new(), words);
    while let Some(first) = left.first() {
        let flags: [&[u8]; 2] = [b"FRONT", b"HOLD"];
        let len = match first.to_ascii_uppercase() {
            word if flags.contains(&word.as_slice()) => 1,
            word if word == b"BACKOFF" || word == b"SET" => 3,
            _ => 2,
        };
        let (option, rest) = left.split_at(len.min(left.len()));
        options.push(option);
        left = rest;
    }
    options
}

/// Reads the words of JQ.CLAIMANY, beginning with the number of its queues.
pub(crate) fn claim_any(w: &mut Words<'_>) -> Result<Request, Refused> {
    let queues = w.count().ok().filter(|count| *count <= 1000).ok_or(ERR)?;
    let queue = w.next()?.to_vec();
    for _ in 1..queues {
        w.next()?;
    }
    let (worker, mut seen) = (w.worker()?, Vec::new());
    let (mut count, mut lease, mut max_bytes) = (1, None, None);
    while let Some(option) = w.option(&["COUNT", "LEASE", "MAXBYTES", "FULL"], &mut seen)? {
        match option {
            "COUNT" => count = w.count()?,
            "LEASE" => lease = Some(w.uint(1)?),
            "MAXBYTES" => max_bytes = Some(w.uint(0)?),
            _ => {}
        }
    }
    let full = seen.contains(&"FULL");
    Ok(Request::ClaimAny { queue, worker, count, lease, max_bytes, full })
}

fn claim(w: &mut Words<'_>) -> Result<Request, Refused> {
    let worker = w.worker()?;
    let (mut seen, mut count, mut lease, mut max_bytes) = (Vec::new(), 1, None, None);
    while let Some(option) = w.option(&["COUNT", "LEASE", "MAXBYTES", "HELD", "FULL"], &mut seen)? {
        match option {
            "COUNT" => count = w.count()?,
            "LEASE" => lease = Some(w.uint(1)?),
            "MAXBYTES" => max_bytes = Some(w.uint(0)?),
            _ => {}
        }
    }
    let full = seen.contains(&"FULL");
    match (seen.contains(&"HELD"), seen.contains(&"COUNT") || max_bytes.is_some()) {
        (false, _) => Ok(Request::Claim { worker, count, lease, max_bytes, full }),
        (true, false) => Ok(Request::Held { worker, lease, full }),
        (true, true) => Err(ERR),
    }
}

fn ack(w: &mut Words<'_>) -> Result<Request, Refused> {
    const KNOWN: [&str; 11] =
        ["RESULT", "KEEP", "MAX", "SET", "UNSET", "UNLESS", "NEXT", "COUNT", "LEASE", "MAXBYTES", "FULL"];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut results, mut next) = (Vec::new(), Vec::new(), NextWords::default());
    let (mut keep, mut max, mut fields) = (None, None, FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "RESULT" => {
                let given: Result<_, _> = pairs.iter().map(|_| w.next().map(<[u8]>::to_vec)).collect();
                results = given?;
            }
            "KEEP" => keep = Some(w.int(-1)?),
            "MAX" => max = Some(w.uint(1)?),
            "SET" | "UNSET" | "UNLESS" => fields.read(option, w, &mut seen)?,
            option => next.read(option, w)?,
        }
    }
    Ok(Request::Ack { pairs, results, keep: kept(keep, max)?, next: next.claim()?, fields })
}

fn nack(w: &mut Words<'_>) -> Result<Request, Refused> {
    const KNOWN: [&str; 14] = [
        "ERROR", "DELAY", "FATAL", "FRONT", "KEEP", "MAX", "SET", "UNSET", "UNLESS", "NEXT", "COUNT",
        "LEASE", "MAXBYTES", "FULL",
    ];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut error, mut delay, mut next) = (Vec::new(), None, None, NextWords::default());
    let (mut keep, mut max, mut fields) = (None, None, FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "ERROR" => error = Some(w.next()?.iter().take(1024).copied().collect()),
            "DELAY" => delay = Some(w.uint(0)?),
            "FATAL" | "FRONT" => {}
            "KEEP" => keep = Some(w.int(-1)?),
            "MAX" => max = Some(w.uint(1)?),
            "SET" | "UNSET" | "UNLESS" => fields.read(option, w, &mut seen)?,
            option => next.read(option, w)?,
        }
    }
    let (keep, next) = (kept(keep, max)?, next.claim()?);
    let (fatal, place) = (seen.contains(&"FATAL"), place_of(&seen));
    if fatal && (delay.is_some() || place == Place::Front) {
        return Err(ERR);
    }
    Ok(Request::Nack { pairs, options: NackOptions { error, delay, fatal, place, keep, fields }, next })
}

/// MAX goes with KEEP only.
fn kept(span: Option<i64>, max: Option<u64>) -> Result<Option<Keep>, Refused> {
    let max = max.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    match span {
        Some(span) => Ok(Some(Keep { span, max })),
        None if max.is_some() => Err(ERR),
        None => Ok(None),
    }
}

/// The options that go with NEXT.
#[derive(Default)]
struct NextWords {
    worker: Option<Vec<u8>>,
    count: Option<usize>,
    lease: Option<u64>,
    max_bytes: Option<u64>,
    full: bool,
}

impl NextWords {
    fn read(&mut self, option: &str, w: &mut Words<'_>) -> Result<(), Refused> {
        match option {
            "NEXT" => self.worker = Some(w.worker()?),
            "COUNT" => self.count = Some(w.count()?),
            "LEASE" => self.lease = Some(w.uint(1)?),
            "MAXBYTES" => self.max_bytes = Some(w.uint(0)?),
            _ => self.full = true,
        }
        Ok(())
    }

    fn claim(self) -> Result<Option<Next>, Refused> {
        let NextWords { worker, count, lease, max_bytes, full } = self;
        match worker {
            Some(worker) => Ok(Some(Next { worker, count: count.unwrap_or(1), lease, max_bytes, full })),
            None if count.is_some() || lease.is_some() || max_bytes.is_some() || full => Err(ERR),
            None => Ok(None),
        }
    }
}

fn release(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("WORKER") {
        return Ok(Request::ReleaseWorker(w.worker()?));
    }
    const KNOWN: [&str; 5] = ["DELAY", "HOLD", "FRONT", "SET", "UNSET"];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut start, mut fields) = (Vec::new(), Start::After(0), FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "DELAY" => start = Start::After(w.uint(0)?),
            "HOLD" => start = Start::Hold,
            "FRONT" => {}
            _ => fields.read(option, w, &mut seen)?,
        }
    }
    if seen.contains(&"HOLD") && (seen.contains(&"DELAY") || seen.contains(&"FRONT")) {
        return Err(ERR);
    }
    Ok(Request::Release { pairs, options: ReleaseOptions { start, place: place_of(&seen), fields } })
}

fn change(w: &mut Words<'_>) -> Result<Request, Refused> {
    let id = w.id()?.to_vec();
    const KNOWN: [&str; 9] =
        ["PAYLOAD", "PROGRESS", "DELAY", "AT", "PRIORITY", "FRONT", "NAME", "SET", "UNSET"];
    let mut to = Change {
        payload: None,
        progress: None,
        start: None,
        priority: None,
        place: Place::End,
        name: None,
        fields: FieldTerms::default(),
    };
    let (mut seen, mut names_something) = (Vec::new(), false);
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        names_something = true;
        match option {
            "PAYLOAD" => to.payload = Some(w.next()?.to_vec()),
            "PROGRESS" => to.progress = Some(w.next()?.to_vec()),
            "DELAY" => to.start = Some(Start::After(w.uint(0)?)),
            "AT" => to.start = Some(Start::At(w.uint(0)?)),
            "PRIORITY" => to.priority = Some(i32::try_from(w.int(i64::MIN)?).map_err(|_| ERR)?.into()),
            "FRONT" => to.place = Place::Front,
            "NAME" => to.name = Some(w.worker()?),
            _ => to.fields.read(option, w, &mut seen)?,
        }
    }
    if !names_something || (seen.contains(&"DELAY") && seen.contains(&"AT")) {
        return Err(ERR);
    }
    Ok(Request::Change { id, to })
}

fn promote(w: &mut Words<'_>) -> Result<Request, Refused> {
    let ids = w.ids_before(&["DELAY", "FRONT"])?;
    let (mut seen, mut delay) = (Vec::new(), 0);
    while let Some(option) = w.option(&["DELAY", "FRONT"], &mut seen)? {
        if option == "DELAY" {
            delay = w.uint(0)?;
        }
    }
    Ok(Request::Promote { ids, delay, place: place_of(&seen) })
}

/// Of ids.
fn retry(w: &mut Words<'_>) -> Result<(Ids, RetryOptions), Refused> {
    const KNOWN: [&str; 3] = ["FRONT", "SET", "UNSET"];
    let ids = w.ids_before(&KNOWN)?;
    let (mut seen, mut fields) = (Vec::new(), FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        if option != "FRONT" {
            fields.read(option, w, &mut seen)?;
        }
    }
    Ok((ids, RetryOptions { place: place_of(&seen), fields }))
}

fn logs(w: &mut Words<'_>) -> Result<Request, Refused> {
    let id = w.id()?.to_vec();
    let (mut seen, mut skip, mut count) = (Vec::new(), 0, 100);
    while let Some(option) = w.option(&["SKIP", "COUNT", "REV"], &mut seen)? {
        match option {
            "SKIP" => skip = usize::try_from(w.uint(0)?).map_err(|_| ERR)?,
            "COUNT" => count = w.count()?,
            _ => {}
        }
    }
    Ok(Request::Logs { id, skip, count, backward: seen.contains(&"REV") })
}

fn pause(w: &mut Words<'_>) -> Result<Request, Refused> {
    let (mut seen, mut group, mut span) = (Vec::new(), None, None);
    while let Some(option) = w.option(&["GROUP", "FOR"], &mut seen)? {
        match option {
            "GROUP" => group = Some(w.group()?),
            _ => span = Some(w.uint(1)?),
        }
    }
    Ok(Request::Pause { group, span })
}

fn group(w: &mut Words<'_>) -> Result<Request, Refused> {
    let name = w.group()?;
    if w.0.is_empty() {
        return Ok(Request::Group(name));
    }
    let Request::Config(fields) = config(w)? else { return Err(ERR) };
    super::groups::check(&fields)?;
    Ok(Request::LimitGroup { name, fields })
}

fn resume(w: &mut Words<'_>) -> Result<Request, Refused> {
    let (mut seen, mut group, mut only) = (Vec::new(), None, None);
    while let Some(option) = w.option(&["GROUP", "ONLY"], &mut seen)? {
        match option {
            "GROUP" => group = Some(w.group()?),
            _ if w.keyword("PAUSE") => only = Some("PAUSE"),
            _ if w.keyword("FOR") => only = Some("FOR"),
            _ => return Err(ERR),
        }
    }
    Ok(Request::Resume { group, only })
}

fn events(w: &mut Words<'_>) -> Result<Request, Refused> {
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

fn emit(w: &mut Words<'_>) -> Result<Request, Refused> {
    let name = w.text()?.to_owned();
    let job = if w.keyword("ID") { Some(w.id()?.to_vec()) } else { None };
    let fields: Vec<Vec<u8>> = std::iter::from_fn(|| w.next().ok()).map(<[u8]>::to_vec).collect();
    if name.is_empty() || name.contains(',') || name == "completed" || fields.len() % 2 == 1 {
        return Err(ERR);
    }
    Ok(Request::Emit { name, job, fields })
}

fn at_most_a_million(w: &mut Words<'_>) -> Result<usize, Refused> {
    usize::try_from(w.uint(0)?).ok().filter(|n| *n <= 1_000_000).ok_or(ERR)
}

fn purge(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("remembered") {
        return without_jobs(Page::read(w, &["OLDER", "IDS"])?).map(Request::PurgeRemembered);
    }
    match state(w)? {
        state if state == "active" => Err(ERR),
        state => Ok(Request::Purge(state, Page::read(w, &["OLDER", "IDS"])?)),
    }
}

/// A page of ids of which there is no job.
fn without_jobs(page: Page) -> Result<Page, Refused> {
    if page.selection.needs_jobs() || page.payload {
        Err(ERR)
    } else {
        Ok(page)
    }
}

fn state(w: &mut Words<'_>) -> Result<String, Refused> {
    let state = String::from_utf8(w.next()?.to_ascii_lowercase()).map_err(|_| ERR)?;
    let known = ["waiting", "delayed", "blocked", "active", "completed", "failed"];
    if known.contains(&state.as_str()) {
        Ok(state)
    } else {
        Err(ERR)
    }
}

/// What JQ.LIST has beside the selectors.
const LIST: [&str; 3] = ["SKIP", "PAYLOAD", "FULL"];

fn list(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("remembered") {
        return without_jobs(Page::read(w, &LIST)?).map(Request::ListRemembered);
    }
    Ok(Request::List(state(w)?, Page::read(w, &LIST)?))
}

fn count(w: &mut Words<'_>) -> Result<Request, Refused> {
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

/// No client waits here: the reply is the present state.
fn awaits(w: &mut Words<'_>) -> Result<Request, Refused> {
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
fn options_count(w: &mut Words<'_>, default: usize) -> Result<usize, Refused> {
    if w.keyword("COUNT") {
        w.count()
    } else {
        Ok(default)
    }
}

fn config(w: &mut Words<'_>) -> Result<Request, Refused> {
    let mut fields = Vec::new();
    while !w.0.is_empty() {
        let field = String::from_utf8(w.next()?.to_ascii_lowercase()).map_err(|_| ERR)?;
        fields.push((field, w.next()?.to_vec()));
    }
    if fields.is_empty() {
        Err(ERR)
    } else {
        Ok(Request::Config(fields))
    }
}
