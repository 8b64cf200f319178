//! ADD and MADD.

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::Union;

use super::pieces::{
    batch, join, maybe_front, new_id, option, pick, shuffled, text, Part, Words, IDS, LEASES, NAMES,
    PAYLOADS, SPANS,
};
use crate::script::Word;

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

/// Nothing, mostly, or SHARDS.
fn maybe_shards() -> Words {
    Union::new_weighted(vec![(9, text("")), (1, join(vec![text("SHARDS"), pick(&["2", "3"])]))]).boxed()
}

/// Fields of a new job.
fn set() -> Words {
    let lines = ["SET f1 x", "SET f2 0123456789 SET f1 \"\"", "set f3 yy", "SET SET SET"];
    Union::new_weighted(vec![(5, text("")), (2, pick(&lines))]).boxed()
}
