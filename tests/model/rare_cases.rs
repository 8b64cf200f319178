//! Cases that random scripts meet too seldom to rely on, each with a script that leads to it. `coverage` counts them
//! together with the random ones, so that it does not depend on their luck.

use super::compare::compare;
use super::engine::Primary;
use super::model::Model;
use super::script::{Script, Step};

/// What a script shows, in the words of `coverage` and `limit_cases`, and its commands.
pub(crate) struct RareCase {
    pub(crate) shows: &'static [&'static str],
    commands: &'static str,
}

impl RareCase {
    pub(crate) fn script(&self) -> Script {
        let lines = self.commands.lines().map(str::trim).filter(|line| !line.is_empty());
        Script(lines.map(Step::read).collect())
    }
}

const fn case(shows: &'static [&'static str], commands: &'static str) -> RareCase {
    RareCase { shows, commands }
}

pub(crate) const RARE_CASES: &[RareCase] = &[
    case(
        &["ACK -4 waiting"],
        "@1000 JQ.ADD q a x SET f1 y
         @1000 JQ.CLAIM q w LEASE 10
         @1010 JQ.ACK q $a a UNLESS f1",
    ),
    case(
        &["ADD (JQSHARDS)", "MADD (JQSHARDS)", "ADD duplicate waiting"],
        "@1000 JQ.CONFIG q shards 3 max-jobs 1
         @1000 JQ.ADD q a x SHARDS 3
         @1000 JQ.ADD q a x SHARDS 2
         @1000 JQ.ADD q b x SHARDS 2
         @1000 JQ.MADD q 2 a x b x SHARDS 2",
    ),
    case(
        &["RERUN (JQFULL)"],
        "@1000 JQ.CONFIG q max-jobs 1 keep-completed 1000
         @1000 JQ.ADD q a x
         @1000 JQ.CLAIM q w
         @1000 JQ.ACK q $a a
         @1000 JQ.ADD q b x
         @1000 JQ.RERUN q a",
    ),
    case(
        &["EXTEND 10 active", "EXTEND 2 active"],
        "@1000 JQ.ADD q a x MAXRUN 20
         @1000 JQ.CLAIM q w LEASE 15
         @1010 JQ.EXTEND q 100 $a a
         @1018 JQ.EXTEND q 100 $a a",
    ),
    case(
        &["EXTEND 1 waiting", "EXTEND 0 delayed"],
        "@1000 JQ.ADD q a x
         @1000 JQ.CLAIM q w LEASE 10
         @1010 JQ.EXTEND q 10 $a a
         @1010 JQ.NACK q $a a DELAY 50
         @1010 JQ.EXTEND q 10 $a a",
    ),
    case(
        &[
            "PROGRESS -3 active",
            "EXTEND -3 active",
            "ACK -3 active",
            "RELEASE -3 active",
            "EXTEND -3 remembered-cancelled",
        ],
        "@1000 JQ.MADD q 2 a x b x
         @1000 JQ.CLAIM q w COUNT 2
         @1000 JQ.CANCEL q a b
         @1000 JQ.CANCEL q a
         @1000 JQ.PROGRESS q $a a half
         @1000 JQ.EXTEND q 10 $a a
         @1000 JQ.ACK q $a a
         @1000 JQ.EXTEND q 10 $a a
         @1000 JQ.RELEASE q $b b",
    ),
    case(
        &["PROGRESS -2 active"],
        "@1000 JQ.ADD q a x
         @1000 JQ.CLAIM q w LEASE 10
         @1010 JQ.CLAIM q v
         @1010 JQ.PROGRESS q $a~1 a half",
    ),
    case(
        &["ACK 1 failed", "NACK 2 failed"],
        "@1000 JQ.CONFIG q max-losses 0
         @1000 JQ.MADD q 2 a x b x
         @1000 JQ.CLAIM q w COUNT 2 LEASE 10
         @1010 JQ.ACK q $a a
         @1010 JQ.NACK q $b b ERROR broken",
    ),
    case(
        &["CLAIM 4", "ACK NEXT 2", "RELEASE 2"],
        "@1000 JQ.MADD q 7 a x b x c x d x e x f x g x
         @1000 JQ.CLAIM q w COUNT 4
         @1000 JQ.ACK q $a a $b b $c c NEXT v COUNT 2
         @1000 JQ.RELEASE q WORKER v",
    ),
    case(
        &["RETRY 2", "AWAIT failed", "PURGE 3", "purge failed"],
        "@1000 JQ.CONFIG q attempts 1 dedup-window 0
         @1000 JQ.MADD q 3 a x b x c x
         @1000 JQ.CLAIM q w COUNT 2
         @1000 JQ.NACK q $a a $b b
         @1000 JQ.AWAIT q JOB a 10
         @1000 JQ.RETRY q *
         @1000 JQ.CLAIM q w COUNT 3
         @1000 JQ.NACK q $a a $b b $c c
         @1000 JQ.PURGE q failed",
    ),
    case(
        &["RETRY 0 remembered-failed"],
        "@1000 JQ.CONFIG q attempts 1 keep-failed 0
         @1000 JQ.ADD q a x
         @1000 JQ.CLAIM q w
         @1000 JQ.NACK q $a a
         @1000 JQ.RETRY q a",
    ),
    case(
        &["AWAIT completed", "records go with a lower limit", "purge completed"],
        "@1000 JQ.CONFIG q keep-completed 1000 dedup-window 0
         @1000 JQ.MADD q 2 a x b x
         @1000 JQ.CLAIM q w COUNT 2
         @1000 JQ.ACK q $a a $b b
         @1000 JQ.AWAIT q JOB a 10
         @1000 JQ.CONFIG q keep-completed-max 1
         @1000 JQ.PURGE q completed",
    ),
    case(
        &["AWAIT blocked", "purge lets blocked jobs go on", "ADD added failed"],
        "@1000 JQ.ADD q a x BATCH b1
         @1000 JQ.ADD q b x AFTER b1
         @1000 JQ.SEAL q b1
         @1000 JQ.AWAIT q JOB b 10
         @1000 JQ.PURGE q waiting
         @1000 JQ.ADD q c x AFTEROK b1",
    ),
    case(
        &["ADD rerun delayed"],
        "@1000 JQ.ADD q a x
         @1000 JQ.CLAIM q w LEASE 10
         @1010 JQ.ADD q a y DELAY 50 ONDUP RERUN",
    ),
    case(
        &["LOG 0", "LOG 3"],
        "@1000 JQ.ADD q a x
         @1000 JQ.LOG q a one two three
         @1000 JQ.ADD q b x
         @1000 JQ.CONFIG q max-log-bytes 0
         @1000 JQ.LOG q b one",
    ),
    case(
        &[
            "SERIES (ERR)",
            "EXTEND (ERR)",
            "RETRY (ERR)",
            "RELEASE (ERR)",
            "LIST (ERR)",
            "CLAIM (ERR)",
            "CLAIMANY (ERR)",
        ],
        "@1000 JQ.SERIES q 0
         @1000 JQ.EXTEND q 0 1 a
         @1000 JQ.RETRY q * SET f v
         @1000 JQ.RELEASE q 1
         @1000 JQ.LIST q nowhere
         @1000 JQ.CLAIM q w COUNT 0
         @1000 JQ.CLAIMANY 0 q w",
    ),
    case(
        &["lane that was remembered gets a job", "lane that was remembered is gone by time"],
        "@1000 JQ.CONFIG q group-rate 1/1000
         @1000 JQ.ADD q a x GROUP g1
         @1000 JQ.CLAIM q w
         @1000 JQ.ACK q $a a
         @1500 JQ.ADD q b x GROUP g1
         @3000 JQ.CLAIM q w
         @3000 JQ.ACK q $b b
         @9000 JQ.GET q b",
    ),
    case(
        &["from 1 to 0 with jobs behind a holder"],
        "@1000 JQ.MADD q 2 a x b x GROUP g1
         @1000 JQ.CLAIM q w
         @1000 JQ.CONFIG q group-concurrency 0",
    ),
    case(
        &["from n to 1 with several active"],
        "@1000 JQ.CONFIG q group-concurrency 2
         @1000 JQ.MADD q 2 a x b x GROUP g1
         @1000 JQ.CLAIM q w COUNT 2
         @1000 JQ.CONFIG q group-concurrency 1",
    ),
    case(
        &["holder delayed -> ended by ADD", "holder of a lane goes to another lane by ADD"],
        "@1000 JQ.ADD q a x GROUP g1
         @1000 JQ.CLAIM q w
         @1000 JQ.NACK q $a a DELAY 50
         @1000 JQ.ADD q a y GROUP g2 ONDUP REPLACE",
    ),
    case(
        &["holder waiting -> ended by ADD", "holder of a lane goes to no lane by ADD"],
        "@1000 JQ.ADD q a x GROUP g1
         @1000 JQ.CLAIM q w LEASE 10
         @1010 JQ.ADD q a y ONDUP RERUN",
    ),
    case(
        &["holder active -> ended by RELEASE"],
        "@1000 JQ.ADD q a x GROUP g1
         @1000 JQ.CLAIM q w
         @1000 JQ.CANCEL q a
         @1000 JQ.RELEASE q $a a",
    ),
    case(
        &[
            "holder active -> waiting by NACK",
            "holder delayed -> waiting by PROMOTE",
            "holder delayed -> ended by REMOVE",
            "holder delayed -> ended by CANCEL",
            "holder delayed -> ended by PURGE",
        ],
        "@1000 JQ.ADD q a x GROUP g1
         @1000 JQ.ADD q b x GROUP g2
         @1000 JQ.ADD q c x GROUP g3
         @1000 JQ.ADD q d x GROUP g4
         @1000 JQ.CLAIM q w COUNT 4
         @1000 JQ.NACK q $a a DELAY 0
         @1000 JQ.CLAIM q w
         @1000 JQ.NACK q $a a $b b $c c $d d DELAY 50
         @1000 JQ.PROMOTE q a
         @1000 JQ.REMOVE q b
         @1000 JQ.CANCEL q c
         @1000 JQ.PURGE q delayed",
    ),
];

#[test]
fn the_queue_agrees_with_the_model_about_rare_cases() {
    for case in RARE_CASES {
        let parted = compare(&case.script(), &mut Model::default(), &mut Primary::default()).err();
        assert_eq!(parted, None, "{:?}", case.shows);
    }
}
