//! The commands the model understands, read to the last word before anything happens.
//!
//! - [`producing`]: what adds jobs. [`consuming`]: what workers send. [`administration`]: what operators send.
//! - [`reading`]: what only asks, and events.

mod administration;
mod consuming;
mod producing;
mod reading;

use crate::args::{OnDup, Refused, Words, ERR};
use crate::fields::FieldTerms;
use crate::schedules::Plan;
use crate::selection::{Page, Selection};
use crate::spec::{JobSpec, Place};
use administration::{change, config, group, pause, promote, purge, resume, retry};
pub(crate) use administration::{Change, RetryOptions};
use consuming::{ack, claim, logs, nack, release};
pub(crate) use consuming::{claim_any, Keep, NackOptions, Next, ReleaseOptions};
use producing::{add, schedule, schedule_name};
use reading::{at_most_a_million, awaits, count, emit, events, list, options_count};
pub(crate) use reading::{After, EventsAsked};

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
    Schedule {
        name: Vec<u8>,
        plan: Box<Plan>,
    },
    Unschedule(Vec<u8>),
    Schedules,
    /// So many minutes.
    Series(u64),
}

impl Request {
    /// Whether it only asks.
    pub(crate) fn is_read(&self) -> bool {
        use Request::{
            AwaitIdle, AwaitJob, Batch, Batches, Count, Events, Get, Group, Groups, List, ListRemembered,
            Logs, Names, Schedules, Series, Stats, Workers,
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
                | Schedules
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
        "JQ.SCHEDULE" => schedule(w),
        "JQ.UNSCHEDULE" => Ok(Request::Unschedule(schedule_name(w)?)),
        "JQ.SCHEDULES" => Ok(Request::Schedules),
        "JQ.SERIES" if w.0.is_empty() => Ok(Request::Series(60)),
        "JQ.SERIES" => {
            Ok(Request::Series(w.uint(1).and_then(|n| if n <= 20_160 { Ok(n) } else { Err(ERR) })?))
        }
        _ => Err(ERR),
    }?;
    words.end()?;
    Ok(request)
}
