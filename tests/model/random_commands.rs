//! The commands of random scripts: few ids, few workers, few distinct spans of time, so that everything meets
//! everything and instants coincide.

use proptest::collection::vec;
use proptest::prelude::{prop_oneof, Just, Strategy};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};

use super::malformed_commands::BROKEN;
use super::random_limit_commands::{history, limit, maybe_grouped, pause, purge, resume};
use super::random_list_commands::listings;
use super::script::Word;

/// Some more often than others: a job has to be met again and again to get through its lives.
const IDS: [&str; 16] =
    ["a", "a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "d", "e", "f", "g", "h\\x00\\xff"];
const PAYLOADS: [&str; 4] = ["x", "yy", "0123456789", "\"\""];
pub(crate) const SPANS: [&str; 7] = ["0", "1", "10", "20", "50", "100", "1000"];
/// More are sealed than are opened otherwise, so that names are used up and used again.
const BATCHES: [&str; 6] = ["b1", "b1", "b1", "b2", "b2", "b3"];
pub(crate) const STATES: [&str; 6] = ["waiting", "delayed", "blocked", "active", "completed", "failed"];
/// Spans that may not be 0.
pub(crate) const LEASES: [&str; 6] = ["1", "10", "20", "50", "200", "1000"];

/// What kinds of jobs there are.
pub(crate) const NAMES: [&str; 3] = ["mail", "mail", "sms\\x00"];

/// A piece of a command.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A word.
    Word(Word),
    /// Token and id of one of the leases held at that moment, whichever they are.
    Held(usize),
}

/// Pieces in a row.
pub(crate) type Words = BoxedStrategy<Vec<Part>>;

/// Any command.
pub(crate) fn commands() -> Words {
    let one = |verb: &'static str| join(vec![text(verb), id()]);
    let ids = |verb: &'static str| join(vec![text(verb), repeat(id(), 1, 3)]);
    let choices = vec![
        (26, add(maybe_grouped())),
        (5, madd(maybe_grouped())),
        (24, claim()),
        (2, claim_any()),
        (
            2,
            join(vec![
                text("JQ.CLAIM q"),
                worker(),
                shuffled(vec![text("HELD"), option("LEASE", &LEASES), full()]),
            ]),
        ),
        (16, ack()),
        (14, nack()),
        (5, join(vec![text("JQ.RELEASE q"), leases(), released(), fields()])),
        (1, join(vec![text("JQ.RELEASE q WORKER"), worker()])),
        (3, join(vec![text("JQ.EXTEND q"), pick(&LEASES), leases()])),
        (3, join(vec![text("JQ.PROGRESS q"), lease(), pick(&["half", "\"\""])])),
        (6, append_to_log()),
        (1, join(vec![one("JQ.LOGS q"), option("SKIP", &["1"]), option("COUNT", &["1", "2"]), text("REV")])),
        (1, one("JQ.GET q")),
        (1, join(vec![text("JQ.LIST q"), pick(&STATES), text("COUNT 2 PAYLOAD")])),
        (2, join(vec![text("JQ.ADD q"), id(), text("again ONDUP RERUN")])),
        (2, ids("JQ.REMOVE q")),
        (4, ids("JQ.CANCEL q")),
        (4, join(vec![ids("JQ.PROMOTE q"), shuffled(vec![option("DELAY", &SPANS), maybe_front()])])),
        (5, change()),
        (4, join(vec![ids("JQ.RETRY q"), maybe_front(), fields()])),
        (3, join(vec![ids("JQ.RERUN q"), maybe_front(), fields()])),
        (
            1,
            join(vec![
                text("JQ.RETRY q *"),
                option("NAME", &NAMES),
                option("COUNT", &["1", "2"]),
                maybe_front(),
                maybe_ids(),
            ]),
        ),
        (1, join(vec![text("JQ.PROMOTE q *"), maybe_front(), maybe_ids(), option("COUNT", &["1", "2"])])),
        (1, join(vec![text("JQ.NAMES q"), option("COUNT", &["1"])])),
        (2, pause()),
        (6, resume()),
        (2, setting()),
        (2, limit()),
        (4, purge()),
        (1, history()),
        (3, listings()),
        (6, events()),
        (2, pick(BROKEN)),
        (6, join(vec![text("JQ.SEAL q"), batch()])),
        (2, join(vec![text("JQ.FORGET q"), batch()])),
        (1, join(vec![text("JQ.BATCH q"), batch()])),
        (1, join(vec![text("JQ.BATCHES q"), option("COUNT", &["1", "2"])])),
        (1, join(vec![text("JQ.AWAIT q BATCH"), batch(), pick(&SPANS)])),
        (1, join(vec![text("JQ.AWAIT q JOB"), id(), pick(&SPANS)])),
        (
            2,
            join(vec![
                text("JQ.LIST q"),
                pick(&STATES),
                text("BATCH"),
                batch(),
                option("NAME", &NAMES),
                option("COUNT", &["1", "2"]),
            ]),
        ),
    ];
    Union::new_weighted(choices).boxed()
}

pub(crate) fn add(group: Words) -> Words {
    join(vec![text("JQ.ADD q"), new_id(), pick(&PAYLOADS), job_options(group), maybe_shards()])
}

pub(crate) fn madd(group: Words) -> Words {
    let items = vec((select(&IDS[..]), select(&PAYLOADS[..])), 1..5).prop_map(|items| {
        let count = Word::text(items.len().to_string());
        let words = items.iter().flat_map(|(id, payload)| [Word::read(id), Word::read(payload)]);
        [count].into_iter().chain(words).map(Part::Word).collect()
    });
    let own = join(vec![pick(&["JOB 1", "JOB 1", "JOB 2"]), job_options(group.clone())]);
    let own = Union::new_weighted(vec![(3, text("")), (1, own)]).boxed();
    join(vec![text("JQ.MADD q"), items.boxed(), maybe_shards(), job_options(group), own])
}

/// The options of ADD and MADD in any order.
fn job_options(group: Words) -> Words {
    Union::new_weighted(vec![(8, any_options(group.clone())), (1, debounce(group))]).boxed()
}

fn any_options(group: Words) -> Words {
    let delay = option("DELAY", &SPANS);
    let px = option("PX", &LEASES);
    let at = option("AT", &["0", "1000010", "1000020", "1000100", "1001000", "1002000", "1199000"]);
    let held = shuffled(vec![text("HOLD"), px.clone()]);
    let start = Union::new_weighted(vec![(16, shuffled(vec![delay, px])), (2, at), (1, held)]).boxed();
    let backoff = join(vec![option("BACKOFF", &["FIXED", "EXPONENTIAL", "fixed"]), pick(&SPANS)])
        .prop_map(|words| if words.len() == 3 { words } else { Vec::new() });
    shuffled(vec![
        start,
        option("PRIORITY", &["-2147483648", "-1", "0", "7"]),
        maybe_front(),
        option("attempts", &["1", "2", "3"]),
        backoff.boxed(),
        option("DEDUP", &["-1", "0", "0", "10", "20", "50", "1000", "KEPT"]),
        known_or_tied(),
        option("KEEP", &["0", "10", "100", "5000", "-1"]),
        option("MAXRUN", &["1", "20", "50", "100", "-1"]),
        group,
        set(),
        option("NAME", &NAMES),
    ])
}

/// A DELAY that starts over with every ADD, but not for ever.
fn debounce(group: Words) -> Words {
    let words = [text("ONDUP REPLACE"), join(vec![text("DELAY"), pick(&["1", "10", "20"])])];
    let most = join(vec![text("MAXWAIT"), pick(&["20", "50", "50", "100"])]);
    let priority = join(vec![option("PRIORITY", &["-1", "0", "7"]), maybe_front()]);
    let more = [most, priority, set(), option("NAME", &NAMES), option("PX", &LEASES), group];
    shuffled(words.into_iter().chain(more).collect())
}

/// What becomes of a known id, or batches: the two do not go together.
fn known_or_tied() -> Words {
    let on_dup = join(vec![text("ONDUP"), pick(&["IGNORE", "RERUN", "REPLACE", "rerun"])]);
    let member = join(vec![text("BATCH"), batch()]);
    let dependency = join(vec![pick(&["AFTER", "AFTEROK", "afterok"]), batch()]);
    let both = shuffled(vec![member.clone(), dependency.clone()]);
    Union::new_weighted(vec![(3, text("")), (4, on_dup), (3, member), (2, dependency), (1, both)]).boxed()
}

pub(crate) fn claim() -> Words {
    let options = vec![
        option("COUNT", &["1", "2", "3", "10"]),
        option("LEASE", &LEASES),
        option("MAXBYTES", &["0", "2", "3", "12"]),
        full(),
    ];
    join(vec![text("JQ.CLAIM q"), worker(), shuffled(options)])
}

fn full() -> Words {
    Union::new_weighted(vec![(5, text("")), (1, text("FULL"))]).boxed()
}

/// Nothing, mostly, or SHARDS.
fn maybe_shards() -> Words {
    Union::new_weighted(vec![(9, text("")), (1, join(vec![text("SHARDS"), pick(&["2", "3"])]))]).boxed()
}

fn claim_any() -> Words {
    let options =
        vec![option("COUNT", &["2", "5"]), option("LEASE", &LEASES), option("MAXBYTES", &["3"]), full()];
    join(vec![pick(&["JQ.CLAIMANY 1 q", "JQ.CLAIMANY 3 q q q"]), worker(), shuffled(options)])
}

pub(crate) fn ack() -> Words {
    let unless = || option("UNLESS", &["f1", "f3"]);
    let many = join(vec![text("JQ.ACK q"), leases(), shuffled(vec![next(), keep(), fields(), unless()])]);
    let result = option("RESULT", &["done", "\"\"", "RESULT"]);
    let one =
        join(vec![text("JQ.ACK q"), lease(), shuffled(vec![result, next(), keep(), fields(), unless()])]);
    let two = join(vec![text("JQ.ACK q"), lease(), lease(), text("RESULT"), pick(&["r", "NEXT"]), text("s")]);
    Union::new_weighted(vec![(4, many), (4, one), (1, two)]).boxed()
}

pub(crate) fn nack() -> Words {
    let again = join(vec![option("DELAY", &SPANS), maybe_front()]);
    let wait = Union::new_weighted(vec![(4, again), (1, text("FATAL"))]);
    let error = option("ERROR", &["broken", "\"\"", "DELAY"]);
    let options = shuffled(vec![wait.boxed(), error, next(), keep(), fields(), option("UNLESS", &["f2"])]);
    join(vec![text("JQ.NACK q"), leases(), options])
}

/// Nothing, mostly, or how long the record is kept.
fn keep() -> Words {
    let kept = join(vec![text("KEEP"), pick(&["-1", "0", "20", "1000"]), option("MAX", &["1", "2"])]);
    Union::new_weighted(vec![(5, text("")), (1, kept)]).boxed()
}

/// Nothing, mostly, or NEXT with its options.
fn next() -> Words {
    let options =
        vec![option("COUNT", &["2", "5"]), option("LEASE", &LEASES), option("MAXBYTES", &["3"]), full()];
    let claim = join(vec![text("NEXT"), worker(), shuffled(options)]);
    Union::new_weighted(vec![(5, text("")), (1, claim)]).boxed()
}

/// What appends to logs, and the jobs that have them.
pub(crate) fn about_logs() -> Words {
    let lines = vec![(4, append_to_log()), (2, add(text(""))), (2, claim()), (1, ack())];
    Union::new_weighted(lines).boxed()
}

/// What fills a queue, and what counts and lists the jobs in it.
pub(crate) fn about_lists() -> Words {
    Union::new_weighted(vec![(4, add(text(""))), (1, claim()), (1, ack()), (4, listings())]).boxed()
}

/// Producers that count on this number of shards or on that, while it grows.
pub(crate) fn about_shards() -> Words {
    let counted_on = || join(vec![text("SHARDS"), pick(&["2", "3"])]);
    let lines = vec![
        (4, join(vec![add(text("")), counted_on()])),
        (2, join(vec![text("JQ.MADD q 2"), id(), text("x"), id(), text("yy"), counted_on()])),
        (1, join(vec![text("JQ.MADD q 2"), id(), text("x # yy"), counted_on()])),
        (2, add(text(""))),
        (1, join(vec![text("JQ.CONFIG q shards"), pick(&["0", "2", "3"])])),
        (2, claim()),
        (2, ack()),
        (1, join(vec![text("JQ.REMOVE q"), id()])),
    ];
    Union::new_weighted(lines).boxed()
}

/// Jobs that are done, some of a batch, and run again.
pub(crate) fn about_reruns() -> Words {
    let lines = vec![
        (2, add(text(""))),
        (1, join(vec![text("JQ.ADD q"), id(), text("x ATTEMPTS 2 BATCH b1")])),
        (3, claim()),
        (4, ack()),
        (1, join(vec![text("JQ.NACK q"), leases()])),
        (1, join(vec![text("JQ.PROGRESS q"), lease(), text("half")])),
        (4, join(vec![text("JQ.RERUN q"), id(), maybe_front(), fields()])),
        (1, text("JQ.SEAL q b1")),
        (1, join(vec![text("JQ.ADD q"), id(), text("x AFTEROK b1")])),
    ];
    Union::new_weighted(lines).boxed()
}

/// Runs that may last only so long, and how their leases are extended.
pub(crate) fn about_runs() -> Words {
    let added = join(vec![text("JQ.ADD q"), id(), text("x MAXRUN"), pick(&["20", "50"])]);
    let extended = join(vec![text("JQ.EXTEND q"), pick(&["20", "50"]), leases()]);
    Union::new_weighted(vec![(2, added), (2, claim()), (3, extended), (1, ack())]).boxed()
}

fn append_to_log() -> Words {
    let log = join(vec![text("JQ.LOG q"), id()]);
    join(vec![log, pick(&["one", "two \"\"", "a-longer-line", "1 2 3 4"])])
}

/// Fields of a new job.
fn set() -> Words {
    let lines = ["SET f1 x", "SET f2 0123456789 SET f1 \"\"", "set f3 yy", "SET SET SET"];
    Union::new_weighted(vec![(5, text("")), (2, pick(&lines))]).boxed()
}

/// Changes of fields.
pub(crate) fn fields() -> Words {
    let lines = ["SET f1 y", "SET f2 012345", "SET f3 yyyy UNSET f1", "UNSET f1", "UNSET f2 UNSET SET"];
    Union::new_weighted(vec![(5, text("")), (2, pick(&lines))]).boxed()
}

/// `token id`: mostly one that is good, now and then an older or a foreign one, or none.
fn lease() -> Words {
    let good = (0..3usize).prop_map(|held| vec![Part::Held(held)]).boxed();
    let tokens = prop_oneof![
        4 => (select(&IDS[..]), 0..3).prop_map(|(id, back)| read(&format!("${id}~{back}"))),
        1 => select(vec!["0", "9007199254740991"]).prop_map(read),
    ];
    let any = join(vec![tokens.boxed(), id()]);
    let own = (select(&IDS[..]), 0..2).prop_map(|(id, back)| read(&format!("${id}~{back} {id}")));
    Union::new_weighted(vec![(6, good), (1, any), (3, own.boxed())]).boxed()
}

pub(crate) fn leases() -> Words {
    repeat(lease(), 1, 3)
}

/// CHANGE of a job in any state.
pub(crate) fn change() -> Words {
    let at = option("AT", &["0", "1000020", "1000100", "1001000"]);
    let start = Union::new_weighted(vec![(3, option("DELAY", &SPANS)), (1, at)]).boxed();
    let options = vec![
        option("PAYLOAD", &PAYLOADS),
        option("PROGRESS", &["half", "\"\""]),
        option("PRIORITY", &["-1", "0", "7"]),
        start,
        maybe_front(),
        option("NAME", &NAMES),
        fields(),
    ];
    join(vec![text("JQ.CHANGE q"), id(), shuffled(options)])
}

/// When and where a job goes that is handed back.
pub(crate) fn released() -> Words {
    let later = join(vec![option("DELAY", &SPANS), maybe_front()]);
    Union::new_weighted(vec![(5, later), (1, text("HOLD"))]).boxed()
}

/// Nothing, mostly, or FRONT.
pub(crate) fn maybe_front() -> Words {
    Union::new_weighted(vec![(5, text("")), (1, text("FRONT"))]).boxed()
}

/// Nothing, mostly, or IDS.
pub(crate) fn maybe_ids() -> Words {
    Union::new_weighted(vec![(3, text("")), (1, text("IDS"))]).boxed()
}

/// The settings of a new queue: short spans, and limits that are met.
pub(crate) fn settings() -> Words {
    let more = shuffled(vec![
        option("max-ids", &["0", "6", "9"]),
        option("max-jobs", &["0", "4", "7"]),
        option("keep-completed", &["0", "10", "1000"]),
        option("keep-failed", &["-1", "0", "50"]),
        option("keep-batches", &["-1", "0", "20", "100"]),
        Union::new(vec![text("dedup-window 20"), option("dedup-window", &["-1", "0", "100", "kept"])])
            .boxed(),
        option("max-losses", &["0", "1", "2"]),
        option("backoff", &["fixed/0", "fixed/20", "exponential/10"]),
    ]);
    join(vec![text("JQ.CONFIG q lease 200 attempts 2 max-backoff 50 jitter 0"), more, maybe_events()])
}

/// How many events are kept: mostly all.
pub(crate) fn maybe_events() -> Words {
    let lines = vec![
        (4, text("events-max 10000")),
        (1, text("events-max 3")),
        (1, text("events-max 1")),
        (1, text("")),
    ];
    Union::new_weighted(lines).boxed()
}

/// EVENTS, EMIT, TRIMEVENTS.
fn events() -> Words {
    let after = option("AFTER", &["$", "0-0", "1000-2", "1010-7", "1050-20", "9000000-1"]);
    let names = option("ONLY", &["completed", "drained,due", "lost,failed,told", "added,claimed"]);
    let options = vec![after, option("COUNT", &["1", "2", "5"]), join_option("ID"), names];
    let fields = pick(&["", "field value", "a \"\" b 2"]);
    let lines = vec![
        (3, join(vec![text("JQ.EVENTS q"), shuffled(options)])),
        (3, join(vec![text("JQ.EMIT q"), pick(&["told", "a-thing"]), join_option("ID"), fields])),
        (1, join(vec![text("JQ.TRIMEVENTS q"), pick(&["0", "1", "4", "1000000"])])),
        (1, join(vec![text("JQ.CONFIG q"), pick(&["events-max"]), pick(&["0", "1", "3", "1000", "10000"])])),
    ];
    Union::new_weighted(lines).boxed()
}

/// Nothing, or `name` and an id.
fn join_option(name: &'static str) -> Words {
    Union::new_weighted(vec![(2, text("")), (1, join(vec![text(name), id()]))]).boxed()
}

fn setting() -> Words {
    let lines = [
        "lease 10",
        "lease 10 max-lease 100",
        "lease 1000",
        "attempts 1",
        "attempts 5",
        "backoff fixed/10",
        "backoff exponential/1",
        "max-backoff 1 max-losses 3",
        "max-losses 0",
        "dedup-window 0",
        "dedup-window kept",
        "dedup-window 50 max-ids 0",
        "max-ids 3",
        "keep-completed 20",
        "keep-failed 10 max-jobs 0",
        "max-jobs 2",
        "keep-batches 0",
        "keep-batches 50",
        "max-run 50",
        "max-field-bytes 0",
        "max-field-bytes 8",
        "max-field-bytes 16",
        "max-field-bytes 16384",
        "max-log-bytes 0",
        "max-log-bytes 12",
        "max-log-bytes 65536",
        "max-run -1",
        "shards 2",
        "shards 3 shards-before 2",
        "shards 0 shards-before 0",
    ];
    join(vec![text("JQ.CONFIG q"), select(lines.to_vec()).prop_map(read).boxed()])
}

/// An id, or what asks for a number; some are numbers already.
fn new_id() -> Words {
    Union::new_weighted(vec![(20, id()), (2, text("#")), (1, pick(&["1", "2", "3"]))]).boxed()
}

pub(crate) fn id() -> Words {
    pick(&IDS)
}

pub(crate) fn batch() -> Words {
    pick(&BATCHES)
}

pub(crate) fn worker() -> Words {
    pick(&["w1", "w2", "w3"])
}

fn read(line: &str) -> Vec<Part> {
    line.split_whitespace().map(Word::read).map(Part::Word).collect()
}

pub(crate) fn text(line: &'static str) -> Words {
    Just(read(line)).boxed()
}

pub(crate) fn pick(words: &[&'static str]) -> Words {
    select(words.to_vec()).prop_map(read).boxed()
}

/// Nothing, mostly, or `name` and one of `values`.
pub(crate) fn option(name: &'static str, values: &[&'static str]) -> Words {
    let given = join(vec![text(name), pick(values)]);
    Union::new_weighted(vec![(3, text("")), (1, given)]).boxed()
}

pub(crate) fn join(parts: Vec<Words>) -> Words {
    parts.prop_map(|parts| parts.concat()).boxed()
}

pub(crate) fn repeat(part: Words, least: usize, most: usize) -> Words {
    vec(part, least..=most).prop_map(|parts| parts.concat()).boxed()
}

pub(crate) fn shuffled(parts: Vec<Words>) -> Words {
    parts.prop_shuffle().prop_map(|parts| parts.concat()).boxed()
}
