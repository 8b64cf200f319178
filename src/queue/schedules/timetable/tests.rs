use super::*;
use proptest::prelude::*;

fn every(ms: u64, from: u64) -> Compiled {
    Timetable::<&str>::Every { ms, from }.compile().unwrap()
}

fn cron(expression: &str, from: u64) -> Compiled {
    Timetable::Cron { expression, zone: Zone::default(), from }.compile().unwrap()
}

#[test]
fn a_grid_begins_at_its_first_instant() {
    #[rustfmt::skip]
    let cases = [
        (1000, 0, 0, Some(1000)), (1000, 0, 999, Some(1000)), (1000, 0, 1000, Some(2000)),
        (1000, 300, 0, Some(300)), (1000, 300, 299, Some(300)), (1000, 300, 300, Some(1300)),
        (1000, LATEST_TICK, 5, Some(LATEST_TICK)), (1000, LATEST_TICK, LATEST_TICK, None),
        (MAX_STEP, 0, LATEST_TICK - 1, None), (1, 0, LATEST_TICK - 1, Some(LATEST_TICK)), (1, 0, u64::MAX - 1, None),
    ];
    for (ms, from, after, next) in cases {
        assert_eq!(every(ms, from).next_after(after), next, "every {ms} from {from}, after {after}");
    }
    let outside = [(0, 0), (MAX_STEP + 1, 0), (1, LATEST_TICK + 1)];
    for (ms, from) in outside {
        assert!(Timetable::<&str>::Every { ms, from }.compile().is_none(), "every {ms} from {from}");
    }
}

#[test]
fn an_expression_has_no_instant_before_its_first() {
    let hourly = cron("0 * * * *", 7_200_000);
    assert_eq!(hourly.next_after(0), Some(7_200_000));
    assert_eq!(hourly.next_after(7_200_000), Some(10_800_000));
    assert_eq!(hourly.next_after(7_199_999), Some(7_200_000));
    assert_eq!(hourly.next_after(u64::MAX), None);
    assert_eq!(cron("* * * * *", LATEST_TICK).next_after(0), None);
}

#[test]
fn a_long_expression_is_refused_before_it_is_read() {
    let fits = format!("{} * * * *", vec!["1"; 124].join(","));
    assert!(fits.len() <= MAX_EXPRESSION);
    let timetable = |expression| Timetable::Cron { expression, zone: Zone::default(), from: 0 };
    assert!(timetable(fits.as_str()).compile().is_some());
    let long = format!("{fits}         ");
    assert!(timetable(long.as_str()).compile().is_none());
}

proptest! {
    #[test]
    fn the_last_until_an_instant_has_none_after_it(
        expression in prop::sample::select(vec![
            "* * * * *", "*/7 3 * * *", "0 0 29 2 *", "30 2 * * *", "* * * * * *", "*/10 * 4 1 * *", "0 0 1 1 *",
        ]),
        known in 1_600_000_000_000..2_000_000_000_000_u64,
        more in prop_oneof![0..100_000_u64, 0..200_000_000_000_u64],
    ) {
        let timetable = cron(expression, 0);
        let known = timetable.next_after(known).unwrap();
        let last = timetable.last_until(known, known + more);
        prop_assert!((known..=known + more).contains(&last));
        prop_assert!(timetable.next_after(last).is_none_or(|next| next > known + more));
        prop_assert_eq!(timetable.next_after(last - 1), Some(last));
    }

    #[test]
    fn the_last_of_a_grid_has_none_after_it(
        ms in 1..10_000_u64, from in 0..20_000_u64, known in 0..20_000_u64, more in 0..100_000_u64,
    ) {
        let timetable = every(ms, from);
        let known = timetable.next_after(known).unwrap();
        let last = timetable.last_until(known, known + more);
        prop_assert!((known..=known + more).contains(&last));
        prop_assert!(timetable.next_after(last).is_some_and(|next| next > known + more));
    }
}
