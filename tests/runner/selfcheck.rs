//! Transcripts that must fail, and how: a runner that finds nothing wrong would be green for ever.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use super::script::Script;
use super::{matching, Outcome, Settings};

/// (name, transcript, what the failure says; "" when there must be none).
const CASES: [(&str, &str, &str); 14] = [
    ("replies", "> SET a 1\nOK\n> GET a\n\"1\"\n", ""),
    ("a_different_reply", "> SET a 1\nOK\n> GET a\n\"2\"\n", ":3: > GET a\n  - \"2\"\n  + \"1\""),
    ("a_missing_line", "> KEYS x\n", "+ (empty array)"),
    ("a_surplus_line", "> PING\nPONG\nPONG\n", "- PONG"),
    ("wildcards", "> SET abc 1\nOK\n> KEYS *\n1) \"*c\"\n> ECHO abcabc\n\"*b*b*\"\n", ""),
    ("a_wildcard_that_does_not_match", "> ECHO abc\n\"*b*b*\"\n", "+ \"abc\""),
    ("multi", "> MULTI\nOK\n> PING\nQUEUED\n> EXEC\n1) PONG\n", ""),
    ("resp3", "! resp3 anna\nanna> HSET h f v\n(integer) 1\nanna> HGETALL h\n1# \"f\" => \"v\"\n", ""),
    ("a_reply_that_waits", "bert> BLPOP l 0\n(waits)\nbert<\n(waits)\n> RPUSH l x\n(integer) 1\nbert<\n*l*\n*x*\n", ""),
    ("a_reply_that_does_not_wait", "bert> PING\n(waits)\n", "+ PONG"),
    ("a_client_that_vanishes", "bert> BLPOP l 0\n(waits)\n! hang up bert\n> CLIENT LIST TYPE normal\n*blpop*\n", "- *blpop*"),
    ("messages", "s> SUBSCRIBE c\n*\n*\n*\n> PUBLISH c hi\n(integer) 1\ns<\n*\n*\n3) \"hi\"\n> PUBLISH c ho\n(integer) 1\ns<\n", "+ 3) \"ho\""),
    ("propagation", "> SELECT 1\nOK\n> SET a \"\\x00 b\"\nOK\n! propagated\nSELECT 1\nSET a \"\\x00 b\"\n> DEL a\n(integer) 1\n! propagated\n", "+ DEL a"),
    ("a_condition", "> PSETEX a 1 b\nOK\n! wait bert> GET a => (n*)\n", ""),
];

/// One trial for each case; those that compare nothing when updating are left out then.
pub(crate) fn trials(settings: &Arc<Settings>) -> Vec<Trial> {
    let trial = |(name, text, failure): &(&'static str, &'static str, &'static str)| {
        let settings = Settings { update: false, module: None, ..Settings::clone(settings) };
        let (name, text, failure) = (*name, *text, *failure);
        Trial::test(format!("runner/{name}"), move || {
            run(name, text, failure, &settings).map_err(Failed::from)
        })
    };
    let rewrites = Trial::test("runner/rewriting_keeps_what_matches", || rewriting().map_err(Failed::from));
    CASES.iter().map(trial).chain([rewrites]).collect()
}

fn run(name: &str, text: &str, failure: &str, settings: &Settings) -> Outcome<()> {
    let script = Script::parse(name, text, text)?;
    match super::run_script(&script, settings) {
        Ok(_) if failure.is_empty() => Ok(()),
        Ok(_) => Err(format!("it passed instead of failing with {failure:?}")),
        Err(why) if !failure.is_empty() && why.contains(failure) => Ok(()),
        Err(why) => Err(format!("it should have failed with {failure:?}, but said\n{why}")),
    }
}

fn rewriting() -> Outcome<()> {
    let text = "# prose\n\n> A\n1) *\n2) old\n> B\n\n! propagated\n";
    let script = Script::parse("rewriting", text, text)?;
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = script.with_printed(&[lines("1) one\n2) new\n3) more"), lines("b"), lines("DEL a")]);
    let wanted = "# prose\n\n> A\n1) *\n2) new\n3) more\n> B\nb\n\n! propagated\nDEL a\n";
    if printed == wanted && !matching::matches("ab*b", "ab") {
        return Ok(());
    }
    Err(format!("rewritten as\n{printed}"))
}
