//! Schedules: what is set, what ticks, and what becomes of a tick.

use super::*;
use crate::queue::schedules::{
    Overlap, Plan, SavedSchedule, ScheduleSet, Schedules, TickCounts, Timetable, Zone, LATEST_TICK, MAX_NAME,
};
use crate::queue::store::Empty;

impl TestQueue {
    fn set(&mut self, name: &str, plan: &Plan<'_>) -> ScheduleSet {
        self.session(|session| session.schedule(name.as_bytes(), plan))
    }

    fn counts(&self, name: &str) -> TickCounts {
        self.queue.schedules.get(name.as_bytes()).map(|schedule| schedule.counts).unwrap()
    }
}

fn every(ms: u64) -> Plan<'static> {
    Plan {
        timetable: Timetable::Every { ms, from: 0 },
        until: FOREVER,
        overlap: Overlap::Allow,
        request: request(job()),
    }
}

#[test]
fn ticks_that_were_missed_are_one_and_each_instant_is_one_job() {
    let mut test = TestQueue::at(500);
    assert_eq!(test.set("s", &every(1000)), ScheduleSet::Next(1000));
    test.ms = 1000;
    test.session(|_| ());
    test.session(|_| ());
    test.ms = 7777;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Waiting), ["s@1000", "s@7000"]);
    assert_eq!((test.due(), test.counts("s")), (Some(8000), [2, 0, 0, 0]));
    test.ms = 100;
    test.session(|_| ());
    assert_eq!(
        test.due(),
        Some(2000),
        "a clock that is set back repeats nothing, but what was passed over comes"
    );
    test.ms = 6000;
    test.session(|_| ());
    assert_eq!(test.due(), Some(8000), "7000 has ticked");
}

#[test]
fn what_was_set_while_the_clock_was_ahead_begins_where_the_clock_is() {
    const DAY: u64 = 86_400_000;
    let mut test = TestQueue::at(20_000 * DAY + 500);
    let nightly = Timetable::Cron { expression: "0 0 2 * * *", zone: Zone::default(), from: 0 };
    let late = Timetable::Every { ms: 1000, from: 19_998 * DAY };
    test.set("s", &every(3_600_000));
    test.set("nightly", &Plan { timetable: nightly, ..every(1) });
    test.set("late", &Plan { timetable: late, ..every(1) });
    test.ms += 3_600_000;
    test.session(|_| ());
    let next = |test: &TestQueue| {
        ["s", "nightly", "late"].map(|name| test.queue.schedule(name.as_bytes()).unwrap().next())
    };
    let missed = |test: &TestQueue| test.queue.schedule(b"s").unwrap().missed();
    test.ms = 19_000 * DAY + 500;
    test.session(|_| ());
    let tonight = 19_000 * DAY + 2 * 3_600_000;
    assert_eq!(next(&test), [19_000 * DAY + 3_600_000, tonight, 19_998 * DAY]);
    test.ms = tonight;
    test.session(|_| ());
    assert_eq!(next(&test), [tonight + 3_600_000, tonight + DAY, 19_998 * DAY]);
    assert_eq!(
        (missed(&test), test.counts("s")),
        (1, [2, 0, 0, 0]),
        "one of two, and one while it was ahead"
    );
    test.ms = 20_000 * DAY + 3 * 3_600_000 - 1;
    test.session(|_| ());
    let ids = test.ids(JobState::Waiting);
    assert_eq!(ids.iter().filter(|id| **id == format!("s@{}", 20_000 * DAY + 3_600_000)).count(), 1);
}

#[test]
fn a_schedule_that_was_just_set_waits_out_a_small_step() {
    let mut test = TestQueue::at(10_000_000);
    test.set("s", &every(100));
    test.ms -= 900;
    test.session(|_| ());
    assert_eq!(test.due(), Some(10_000_100), "the instant that was replied");
}

#[test]
fn instants_without_a_tick_are_counted_as_missed() {
    let mut test = TestQueue::at(500);
    test.set("s", &every(1000));
    let hourly = Timetable::Cron { expression: "0 0 * * * *", zone: Zone::default(), from: 0 };
    test.set("hourly", &Plan { timetable: hourly, ..every(1) });
    let missed =
        |test: &TestQueue| ["s", "hourly"].map(|name| test.queue.schedule(name.as_bytes()).unwrap().missed());
    test.ms = 1000;
    test.session(|_| ());
    assert_eq!(missed(&test), [0, 0], "on time");
    test.ms = 7777;
    test.session(|_| ());
    assert_eq!(missed(&test), [5, 0], "2000 to 6000");
    test.ms = 3 * 3_600_000;
    test.session(|_| ());
    assert_eq!(missed(&test), [5 + 10_800 - 8, 2]);
    assert_eq!(test.counts("s"), [3, 0, 0, 0]);
}

#[test]
fn what_is_set_already_stays_and_what_differs_replaces_it() {
    let mut test = TestQueue::at(1);
    test.set("s", &every(1000));
    let before = test.effects;
    assert_eq!((test.set("s", &every(1000)), test.effects), (ScheduleSet::Next(1000), before));
    test.ms = 999;
    let other = Plan { request: request(JobSpec { payload: b"y", ..job() }), ..every(1000) };
    assert_eq!((test.set("s", &other), test.effects), (ScheduleSet::Next(1000), before + 1));
    test.ms = 1500;
    assert_eq!(test.set("s", &every(400)), ScheduleSet::Next(1600), "after the tick at 1000, which was due");
    assert_eq!((test.ids(JobState::Waiting), test.counts("s")), (vec!["s@1000".into()], [1, 0, 0, 0]));
    assert_eq!(test.set("s", &Plan { until: 1599, ..every(400) }), ScheduleSet::Over);
    assert_eq!(test.queue.schedules().len(), 0);
    let never = Timetable::Cron { expression: "0 0 30 2 *", zone: Zone::default(), from: 0 };
    test.set("s", &every(400));
    assert_eq!(test.set("s", &Plan { timetable: never, ..every(1) }), ScheduleSet::Never);
    assert_eq!(test.due(), Some(1600), "what was there stays");
}

#[test]
fn the_last_tick_is_at_until_at_the_latest() {
    let mut test = TestQueue::at(1);
    test.set("on", &Plan { until: 3000, ..every(1000) });
    test.set("off", &Plan { until: 3999, ..every(1000) });
    test.ms = 100_000;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Waiting), ["off@3000", "on@3000"]);
    assert_eq!((test.queue.schedules().len(), test.queue.schedules.heap_bytes()), (0, 0));
}

#[test]
fn a_turn_ticks_a_bounded_number_and_a_named_schedule_all_the_same() {
    let mut test = TestQueue::at(1);
    for n in 0..100 {
        test.set(&format!("{n:02}"), &every(1000));
    }
    test.ms = 1000;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Waiting).len(), 16);
    assert_eq!(test.due(), Some(1000));
    assert!(test.session(|session| session.unschedule(b"99")));
    assert_eq!(test.ids(JobState::Waiting).len(), 33);
    assert_eq!(
        test.ids(JobState::Waiting).last().map(String::as_str),
        Some("99@1000"),
        "what was due happens first"
    );
    assert!(!test.session(|session| session.unschedule(b"99")));
}

#[test]
fn an_unfinished_job_stops_the_next_tick_only_where_it_should() {
    let mut test = TestQueue::at(1);
    test.set("allow", &every(1000));
    test.set("skip", &Plan { overlap: Overlap::Skip, ..every(1000) });
    for ms in [1000, 2000, 3000] {
        test.ms = ms;
        test.session(|_| ());
    }
    assert_eq!((test.counts("allow"), test.counts("skip")), ([3, 0, 0, 0], [1, 0, 2, 0]));
    test.session(|session| session.cancel(b"skip@1000"));
    test.ms = 4000;
    test.session(|_| ());
    assert_eq!(test.counts("skip"), [2, 0, 2, 0]);
}

#[test]
fn limits_drop_ticks_and_a_known_id_makes_a_duplicate() {
    let mut test = TestQueue::at(1);
    test.set("s", &every(1000));
    test.ms = 1000;
    test.session_with(MemoryPressure::AtLimit, |_| ());
    assert_eq!((test.ids(JobState::Waiting).len(), test.counts("s")), (0, [0, 0, 0, 1]));
    test.session(|session| session.enqueue(Some(b"s@2000"), &request(job())));
    test.ms = 2000;
    test.session(|_| ());
    assert_eq!(test.counts("s"), [0, 1, 0, 1]);
    let mut settings = *test.queue.settings();
    settings.max_jobs = 1;
    test.session(|session| session.configure(settings));
    test.ms = 3000;
    test.session(|_| ());
    assert_eq!((test.ids(JobState::Waiting), test.counts("s")), (vec!["s@2000".into()], [0, 1, 0, 2]));
}

#[test]
fn what_cannot_be_is_not_restored() {
    let plan = every(1000);
    let long = [b'n'; MAX_NAME + 1];
    let late = JobSpec { start: Start::At(1), ..job() };
    let wrong_cron = Timetable::Cron { expression: "* * * *", zone: Zone::default(), from: 0 };
    #[rustfmt::skip]
    let cases: [(&[u8], Plan<'_>, u64); 9] = [
        (b"", plan, 1000), (&long, plan, 1000), (b"s", plan, 0), (b"s", plan, LATEST_TICK + 1),
        (b"s", Plan { until: 999, ..plan }, 1000), (b"s", Plan { until: FOREVER - 1, ..plan }, 1000),
        (b"s", Plan { timetable: Timetable::Every { ms: 0, from: 0 }, ..plan }, 1000),
        (b"s", Plan { timetable: wrong_cron, ..plan }, 1000), (b"s", Plan { request: request(late), ..plan }, 1000),
    ];
    for (name, plan, next) in cases {
        let saved = SavedSchedule { name, plan, next, last: 0, counts: TickCounts::default() };
        assert!(!Schedules::new().restore(&saved), "{saved:?}");
    }
    let saved = SavedSchedule { name: b"s", plan, next: 1000, last: 0, counts: TickCounts::default() };
    let mut schedules = Schedules::new();
    assert!(schedules.restore(&saved));
    assert!(!schedules.restore(&saved), "a name twice");
}

#[test]
fn a_claim_ticks_until_it_has_its_jobs() {
    let mut test = TestQueue::at(1);
    let skipping = Plan { overlap: Overlap::Skip, ..every(1000) };
    for n in 0..100 {
        test.set(&format!("{n:02}"), &skipping);
    }
    test.ms = 1000;
    assert_eq!(test.claim_many(100, 0).len(), 100);
    test.set("99", &every(500));
    test.ms = 1001;
    test.set("zz", &every(999));
    test.ms = 2000;
    test.queue.settings.lease = 100_000;
    assert_eq!(test.claim_many(1, 0).len(), 1, "behind ticks that are skipped");
}
