//! The commands of random scripts about schedules: few names, short periods and long ones, and jobs that are claimed
//! and finished between their ticks.

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use super::configuring::maybe_events;
use super::consuming::{ack, claim, leases};
use super::limits::maybe_grouped;
use super::pieces::{batch, join, maybe_front, option, pick, repeat, shuffled, text, Words, LEASES, NAMES};

const SCHEDULES: [&str; 4] = ["s1", "s1", "s2", "s\\x00"];

/// Of ticks, some of which will come.
const TICKS: [&str; 5] = ["s1@1000010", "s1@1000020", "s1@1000050", "s1@1000100", "s2@1000050"];

/// Few ids and jobs, so that ticks are dropped, too.
pub(crate) fn schedule_settings() -> Words {
    let limits = shuffled(vec![option("max-jobs", &["0", "2", "4"]), option("max-ids", &["0", "5"])]);
    join(vec![
        text("JQ.CONFIG q lease 200 attempts 2 dedup-window"),
        pick(&["0", "50", "1000"]),
        limits,
        maybe_events(),
    ])
}

/// Any command that such scripts have.
pub(crate) fn about_schedules() -> Words {
    let ids = |verb: &'static str| join(vec![text(verb), repeat(pick(&TICKS), 1, 2)]);
    let choices = vec![
        (10, set()),
        (2, join(vec![text("JQ.UNSCHEDULE q"), pick(&SCHEDULES)])),
        (1, pick(&["JQ.SCHEDULES q", "JQ.SCHEDULES q s1", "JQ.UNSCHEDULE q", "JQ.STATS q"])),
        (8, claim()),
        (6, ack()),
        (2, join(vec![text("JQ.NACK q"), leases()])),
        (3, join(vec![text("JQ.ADD q"), pick(&TICKS), text("early"), option("DEDUP", &["0", "-1"])])),
        (1, ids("JQ.REMOVE q")),
        (1, ids("JQ.CANCEL q")),
        (2, join(vec![text("JQ.SEAL q"), batch()])),
        (1, join(vec![text("JQ.FORGET q"), batch()])),
        (1, pick(&["JQ.PAUSE q", "JQ.RESUME q", "JQ.PAUSE q FOR 20"])),
        (2, join(vec![text("JQ.CONFIG q max-jobs"), pick(&["0", "1", "3"])])),
    ];
    Union::new_weighted(choices).boxed()
}

fn set() -> Words {
    let every = join(vec![text("EVERY"), pick(&["1", "10", "10", "20", "50", "1000", "86400000"])]);
    let cron = [
        "*\\x20*\\x20*\\x20*\\x20*\\x20*",
        "*/20\\x20*\\x20*\\x20*\\x20*\\x20*",
        "*\\x20*\\x20*\\x20*\\x20*",
        "@hourly",
        "30\\x204\\x20*\\x20*\\x20*",
        "0\\x200\\x20*\\x20*\\x20SUN",
        "0\\x2099\\x20*\\x20*\\x20*",
    ];
    let cron = join(vec![text("CRON"), pick(&cron), option("TZ", &["UTC", "Asia/Tokyo", "Mars"])]);
    let times =
        Union::new_weighted(vec![(12, every), (5, cron), (1, text("EVERY 10 CRON @hourly")), (1, text(""))]);
    let options = vec![
        times.boxed(),
        option("FROM", &["5", "7", "1000030", "1000100", "1002000"]),
        option("UNTIL", &["1000", "1000060", "1000200", "1100000"]),
        option("OVERLAP", &["SKIP", "SKIP", "ALLOW", "NEVER"]),
        options_of_jobs(),
    ];
    join(vec![text("JQ.SCHEDULE q"), pick(&SCHEDULES), pick(&["x", "yy"]), shuffled(options)])
}

fn options_of_jobs() -> Words {
    let member = join(vec![text("BATCH"), batch()]);
    let dependency = join(vec![pick(&["AFTER", "AFTEROK"]), batch()]);
    let on_dup = join(vec![text("ONDUP"), pick(&["IGNORE", "RERUN", "REPLACE"])]);
    let tied = Union::new_weighted(vec![(4, text("")), (2, on_dup), (1, member), (1, dependency)]).boxed();
    shuffled(vec![
        tied,
        option("PRIORITY", &["-1", "0", "7"]),
        maybe_front(),
        option("ATTEMPTS", &["1", "3"]),
        option("BACKOFF", &["FIXED 10", "EXPONENTIAL 5"]),
        option("DEDUP", &["-1", "0", "20", "KEPT"]),
        option("PX", &LEASES),
        option("KEEP", &["0", "100", "-1"]),
        option("MAXRUN", &["50", "-1"]),
        maybe_grouped(),
        option("NAME", &NAMES),
        Union::new_weighted(vec![(30, text("")), (1, pick(&["DELAY 5", "HOLD", "SET f1 x", "MAXWAIT 5"]))])
            .boxed(),
    ])
}
