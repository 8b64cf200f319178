use super::*;
use chrono::{LocalResult, NaiveDateTime, Timelike};
use proptest::prelude::*;

/// The instants after `from` (UTC) at which `expression` matches, as wall clock times with their offset.
fn walk(expression: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
    let calendar = Calendar::parse(expression).unwrap();
    let mut next = seconds(from);
    let mut found = Vec::new();
    for _ in 0..count {
        next = calendar.next_from(zone, next + 1).unwrap();
        let local = DateTime::from_timestamp(next, 0).unwrap().with_timezone(&zone);
        let ahead = offset(zone, next).unwrap() / 60;
        let ahead = format!("{:+03}{:02}", ahead / 60, ahead.abs() % 60);
        found.push(format!("{:02} {:02}:{:02}{ahead}", local.day(), local.hour(), local.minute()));
    }
    found
}

fn seconds(utc: &str) -> i64 {
    NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").unwrap().and_utc().timestamp()
}

const BERLIN: Tz = Tz::Europe__Berlin;
const NEW_YORK: Tz = Tz::America__New_York;
const LORD_HOWE: Tz = Tz::Australia__Lord_Howe;
const TOKYO: Tz = Tz::Asia__Tokyo;

#[test]
fn a_named_time_that_is_skipped_comes_when_the_clock_has_jumped() {
    let tables = [
        // 02:00 becomes 03:00
        (BERLIN, "2026-03-28 12:00", "30 2 * * *", ["29 03:00+0200", "30 02:30+0200", "31 02:30+0200"]),
        (NEW_YORK, "2026-03-07 12:00", "30 2 * * *", ["08 03:00-0400", "09 02:30-0400", "10 02:30-0400"]),
        // 02:00 becomes 02:30
        (LORD_HOWE, "2026-10-02 16:00", "15 2 * * *", ["04 02:30+1100", "05 02:15+1100", "06 02:15+1100"]),
        (LORD_HOWE, "2026-10-02 16:00", "30 2 * * *", ["04 02:30+1100", "05 02:30+1100", "06 02:30+1100"]),
        (TOKYO, "2026-03-28 12:00", "30 2 * * *", ["29 02:30+0900", "30 02:30+0900", "31 02:30+0900"]),
        // Several skipped times are one instant.
        (BERLIN, "2026-03-28 12:00", "0,30 2,3 * * *", ["29 03:00+0200", "29 03:30+0200", "30 02:00+0200"]),
    ];
    for (zone, from, expression, expected) in tables {
        assert_eq!(walk(expression, zone, from, 3), expected, "{expression} in {zone}");
    }
}

#[test]
fn a_named_time_that_is_repeated_comes_the_first_time_only() {
    let tables = [
        (BERLIN, "2026-10-24 12:00", "30 2 * * *", ["25 02:30+0200", "26 02:30+0100", "27 02:30+0100"]),
        (NEW_YORK, "2026-10-31 12:00", "30 1 * * *", ["01 01:30-0400", "02 01:30-0500", "03 01:30-0500"]),
        // 02:00 becomes 01:30
        (LORD_HOWE, "2026-04-04 10:00", "45 1 * * *", ["05 01:45+1100", "06 01:45+1030", "07 01:45+1030"]),
        (TOKYO, "2026-10-24 12:00", "30 2 * * *", ["25 02:30+0900", "26 02:30+0900", "27 02:30+0900"]),
        // Also when the search begins between the two.
        (BERLIN, "2026-10-25 00:45", "30 2 * * *", ["26 02:30+0100", "27 02:30+0100", "28 02:30+0100"]),
    ];
    for (zone, from, expression, expected) in tables {
        assert_eq!(walk(expression, zone, from, 3), expected, "{expression} in {zone}");
    }
}

#[test]
fn with_a_star_it_goes_by_the_clock_on_the_wall() {
    let quarters = |zone, from| walk("*/15 * * * *", zone, from, 8);
    assert_eq!(
        quarters(BERLIN, "2026-03-29 00:15"),
        [
            "29 01:30+0100",
            "29 01:45+0100",
            "29 03:00+0200",
            "29 03:15+0200",
            "29 03:30+0200",
            "29 03:45+0200",
            "29 04:00+0200",
            "29 04:15+0200"
        ],
    );
    assert_eq!(
        quarters(BERLIN, "2026-10-25 00:15"),
        [
            "25 02:30+0200",
            "25 02:45+0200",
            "25 02:00+0100",
            "25 02:15+0100",
            "25 02:30+0100",
            "25 02:45+0100",
            "25 03:00+0100",
            "25 03:15+0100"
        ],
    );
    assert_eq!(
        quarters(LORD_HOWE, "2026-10-03 15:00"),
        [
            "04 01:45+1030",
            "04 02:30+1100",
            "04 02:45+1100",
            "04 03:00+1100",
            "04 03:15+1100",
            "04 03:30+1100",
            "04 03:45+1100",
            "04 04:00+1100"
        ],
    );
    assert_eq!(
        quarters(LORD_HOWE, "2026-04-04 14:30"),
        [
            "05 01:45+1100",
            "05 01:30+1030",
            "05 01:45+1030",
            "05 02:00+1030",
            "05 02:15+1030",
            "05 02:30+1030",
            "05 02:45+1030",
            "05 03:00+1030"
        ],
    );
    // A named hour that is skipped is skipped whole.
    assert_eq!(walk("*/30 2 * * *", BERLIN, "2026-03-28 12:00", 2), ["30 02:00+0200", "30 02:30+0200"]);
}

/// Santiago goes back from midnight to 23:00, so a date comes twice; Apia left out the 30th of December 2011.
#[test]
fn changes_at_midnight_and_of_a_whole_day() {
    let hourly = walk("30 * * * *", Tz::America__Santiago, "2026-04-05 01:45", 4);
    assert_eq!(hourly, ["04 23:30-0300", "04 23:30-0400", "05 00:30-0400", "05 01:30-0400"]);
    let nightly = walk("30 23 * * *", Tz::America__Santiago, "2026-04-05 01:45", 2);
    assert_eq!(nightly, ["04 23:30-0300", "05 23:30-0400"]);
    let skipped = walk("0 12 * * *", Tz::Pacific__Apia, "2011-12-28 23:00", 3);
    assert_eq!(skipped, ["29 12:00-1000", "31 00:00+1400", "31 12:00+1400"]);
}

/// Of more than four years the last are counted: a count has a bound whatever a clock says.
#[test]
fn a_count_of_many_years_is_that_of_the_last_four() {
    let calendar = Calendar::parse("0 0 * * *").unwrap();
    let until = seconds("2030-01-01 00:00");
    assert_eq!(calendar.count(Tz::UTC, seconds("2029-01-01 00:00")..until), 365);
    assert_eq!(calendar.count(Tz::UTC, 0..until), 4 * 366);
    let apia = calendar.count(Tz::Pacific__Apia, seconds("2011-12-29 00:00")..seconds("2012-01-01 12:00"));
    assert_eq!(apia, 4, "the skipped day and the one after begin at one instant");
}

#[test]
fn expressions_mean_what_cron_means() {
    let tables = [
        ("0 0 29 2 *", "2026-01-01 00:00", "29 00:00+0000"),
        ("0 12 L * *", "2026-02-03 00:00", "28 12:00+0000"),
        ("0 12 * * FRI#2", "2026-02-03 00:00", "13 12:00+0000"),
        ("0 12 * * 5L", "2026-02-03 00:00", "27 12:00+0000"),
        ("0 12 * * FRIL", "2026-02-03 00:00", "27 12:00+0000"),
        ("0 12 15W * *", "2026-02-03 00:00", "16 12:00+0000"),
        ("0 12 LW * *", "2026-01-03 00:00", "30 12:00+0000"),
        ("0 12 13 * FRI", "2026-02-03 00:00", "06 12:00+0000"),
        ("0 12 13 * +FRI", "2026-02-03 00:00", "13 12:00+0000"),
        ("0 12 * jan-mar sun", "2026-02-03 00:00", "08 12:00+0000"),
        ("0 12 * * 7", "2026-02-03 00:00", "08 12:00+0000"),
        ("59 59 23 31 12 ?", "2026-02-03 00:00", "31 23:59+0000"),
        ("@Weekly", "2026-02-03 00:00", "08 00:00+0000"),
        ("  @hourly ", "2026-02-03 00:10", "03 01:00+0000"),
        ("5\t4 * * *", "2026-02-03 00:10", "03 04:05+0000"),
    ];
    for (expression, from, expected) in tables {
        assert_eq!(walk(expression, Tz::UTC, from, 1), [expected], "{expression}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    let wrong = [
        "",
        " ",
        "*",
        "* * * *",
        "* * * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        ", * * * *",
        "* , * * *",
        ", * * * * *",
        "MON * * * *",
        "* * * JANFEB *",
        "* * * * MONTUE",
        "* * MON * *",
        "* * * MON *",
        "* * * * JAN",
        "@reboot",
        "@",
        "1.5 * * * *",
        "-1 * * * *",
        "* * * * 1#6",
        "* * * * XL",
        "+1 * * * *",
    ];
    for expression in wrong {
        assert!(Calendar::parse(expression).is_none(), "'{expression}' is taken");
    }
}

#[test]
fn what_never_comes_is_found_out() {
    for expression in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 * +MON#1", "0 0 , * *", "0 0 * , *"] {
        let next =
            Calendar::parse(expression).and_then(|calendar| calendar.next_from(Tz::UTC, 1_767_225_600));
        assert_eq!(next, None, "'{expression}'");
    }
    // And what comes once in 40 years is not taken for it.
    assert_eq!(walk("0 0 29 2 +MON", Tz::UTC, "2072-03-01 00:00", 1), ["29 00:00+0000"]);
}

/// The same as a search by asking chrono about every half minute of the days around.
fn look_at_all(calendar: &Calendar, zone: Tz, first: i64) -> Option<i64> {
    let begin = first - first.rem_euclid(DAY) - 2 * DAY;
    let walls = (begin..begin + 7 * DAY).step_by(30);
    let matching = walls.filter(|wall| {
        let time = DateTime::from_timestamp(*wall, 0).unwrap().naive_utc();
        let second = time.num_seconds_from_midnight();
        calendar.matches_day(time.date()) && calendar.time_from(second) == Some(second)
    });
    matching.flat_map(|wall| instants_of(calendar, zone, wall)).filter(|at| *at >= first).min()
}

fn instants_of(calendar: &Calendar, zone: Tz, wall: i64) -> Vec<i64> {
    let resolve = |wall| {
        let local = DateTime::from_timestamp(wall, 0).unwrap().naive_utc();
        zone.from_local_datetime(&local)
    };
    match (resolve(wall), calendar.change) {
        (LocalResult::Single(at), _) => vec![at.timestamp()],
        (LocalResult::Ambiguous(one, _), Change::OnceADay) => vec![one.timestamp()],
        (LocalResult::Ambiguous(one, other), Change::ByTheClock) => vec![one.timestamp(), other.timestamp()],
        (LocalResult::None, Change::ByTheClock) => vec![],
        (LocalResult::None, Change::OnceADay) => {
            let mut minutes = (wall - wall.rem_euclid(60)..).step_by(60);
            minutes.find_map(|wall| resolve(wall).earliest()).map(|at| at.timestamp()).into_iter().collect()
        }
    }
}

fn field(most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => (1..=most).prop_map(|step| format!("*/{step}")),
        3 => (0..=most).prop_map(|n| n.to_string()),
        1 => (0..=most, 0..=most).prop_map(|(a, b)| format!("{},{}", a.min(b), a.max(b))),
        1 => (0..=most, 0..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
    ]
}

fn around_a_change() -> impl Strategy<Value = (Tz, i64)> {
    let zones =
        [BERLIN, NEW_YORK, LORD_HOWE, TOKYO, Tz::America__Santiago, Tz::Africa__Casablanca, Tz::Asia__Gaza];
    (prop::sample::select(zones.to_vec()), 2024..2030_i32, 1..=12_u32, 0..31 * DAY).prop_map(
        |(zone, year, month, more)| {
            let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
            (zone, first.and_utc().timestamp() + more)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}", first in 0..9_000_000_000_i64) {
        if let Some(calendar) = Calendar::parse(&text) {
            let _ = calendar.next_from(Tz::UTC, first);
        }
    }

    #[test]
    fn what_looks_like_an_expression_is_read_or_refused(
        text in "([0-9LW#?*/,+@-]|JAN|dec|SUN|fri){0,6}( ([0-9LW#?*/,+-]|JAN|dec|SUN|fri){1,6}){4,6}",
        first in 0..9_000_000_000_i64,
    ) {
        if let Some(next) = Calendar::parse(&text).and_then(|calendar| calendar.next_from(BERLIN, first)) {
            prop_assert!(next >= first);
        }
    }

    #[test]
    fn a_search_finds_what_looking_at_all_finds(
        (zone, first) in around_a_change(),
        minute in field(59),
        hour in field(23),
        second in prop::sample::select(vec!["", "0 ", "30 "]),
    ) {
        let calendar = Calendar::parse(&format!("{second}{minute} {hour} * * *")).unwrap();
        prop_assert_eq!(calendar.next_from(zone, first), look_at_all(&calendar, zone, first));
    }

    #[test]
    fn a_count_is_what_a_walk_meets(
        (zone, first) in around_a_change(),
        minute in field(59),
        hour in field(23),
        second in prop::sample::select(vec!["", "0 ", "30 "]),
        span in prop_oneof![0..DAY, 0..9 * DAY],
    ) {
        let calendar = Calendar::parse(&format!("{second}{minute} {hour} * * *")).unwrap();
        let next = |from| calendar.next_from(zone, from).filter(|at| *at < first + span);
        let met = std::iter::successors(next(first), |at| next(at + 1)).count() as u64;
        prop_assert_eq!(calendar.count(zone, first..first + span), met);
    }
}
