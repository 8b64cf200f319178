//! Seeded bugs of producers that count on different numbers of shards.

use super::{is_engine_noticed, is_noticed_on};
use crate::model::Model;
use crate::strategy::shard_scripts;
use crate::value::{Engine, Value};

/// A model that refuses every ADD of a producer that counts on another number of shards, also those with known ids.
struct RefusingKnownIds(Model);

impl Engine for RefusingKnownIds {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        match self.0.call(now_us, words) {
            Value::Array(_) if words.ends_with(&[b"SHARDS", b"3"]) && self.0.settings.shards == 2 => {
                Value::Error("JQSHARDS".into())
            }
            reply => reply,
        }
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_known_id_that_is_refused_because_of_the_shards_is_noticed() {
    assert!(is_engine_noticed(&shard_scripts(60), RefusingKnownIds));
}

#[test]
fn an_unknown_id_that_is_added_whatever_the_shards_is_noticed() {
    assert!(is_noticed_on(&shard_scripts(60), |model, _| model.settings.shards = 0));
}
