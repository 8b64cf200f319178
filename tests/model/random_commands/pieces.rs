//! The pieces that random commands are made of: few ids, few workers, few distinct spans of time, so that everything
//! meets everything and instants coincide.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};

use crate::script::Word;

/// Some more often than others: a job has to be met again and again to get through its lives.
pub(crate) const IDS: [&str; 16] =
    ["a", "a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "d", "e", "f", "g", "h\\x00\\xff"];

pub(crate) const PAYLOADS: [&str; 4] = ["x", "yy", "0123456789", "\"\""];

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

pub(crate) fn id() -> Words {
    pick(&IDS)
}

/// An id, or what asks for a number; some are numbers already.
pub(crate) fn new_id() -> Words {
    Union::new_weighted(vec![(20, id()), (2, text("#")), (1, pick(&["1", "2", "3"]))]).boxed()
}

pub(crate) fn batch() -> Words {
    pick(&BATCHES)
}

pub(crate) fn worker() -> Words {
    pick(&["w1", "w2", "w3"])
}

/// Nothing, mostly, or FRONT.
pub(crate) fn maybe_front() -> Words {
    Union::new_weighted(vec![(5, text("")), (1, text("FRONT"))]).boxed()
}

/// Nothing, mostly, or IDS.
pub(crate) fn maybe_ids() -> Words {
    Union::new_weighted(vec![(3, text("")), (1, text("IDS"))]).boxed()
}

/// Nothing, or `name` and an id.
pub(crate) fn join_option(name: &'static str) -> Words {
    Union::new_weighted(vec![(2, text("")), (1, join(vec![text(name), id()]))]).boxed()
}

pub(crate) fn read(line: &str) -> Vec<Part> {
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
