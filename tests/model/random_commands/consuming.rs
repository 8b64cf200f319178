//! CLAIM, and what workers answer.

use proptest::prelude::{prop_oneof, Strategy};
use proptest::sample::select;
use proptest::strategy::Union;

use super::changing::fields;
use super::pieces::{
    id, join, maybe_front, option, pick, read, repeat, shuffled, text, worker, Part, Words, IDS, LEASES,
    SPANS,
};

pub(crate) fn claim() -> Words {
    let options = vec![
        option("COUNT", &["1", "2", "3", "10"]),
        option("LEASE", &LEASES),
        option("MAXBYTES", &["0", "2", "3", "12"]),
        full(),
    ];
    join(vec![text("JQ.CLAIM q"), worker(), shuffled(options)])
}

pub(crate) fn full() -> Words {
    Union::new_weighted(vec![(5, text("")), (1, text("FULL"))]).boxed()
}

pub(crate) fn claim_any() -> Words {
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

/// `token id`: mostly one that is good, now and then an older or a foreign one, or none.
pub(crate) fn lease() -> Words {
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

/// When and where a job goes that is handed back.
pub(crate) fn released() -> Words {
    let later = join(vec![option("DELAY", &SPANS), maybe_front()]);
    Union::new_weighted(vec![(5, later), (1, text("HOLD"))]).boxed()
}

pub(crate) fn append_to_log() -> Words {
    let log = join(vec![text("JQ.LOG q"), id()]);
    join(vec![log, pick(&["one", "two \"\"", "a-longer-line", "1 2 3 4"])])
}
