use super::*;
use crate::queue::schedules::{
    Overlap, Plan, SavedSchedule, Schedules, Set, TickCounts, Timetable, Zone, LATEST_TICK, MAX_NAME,
};
use crate::queue::session::MemoryPressure;
use crate::queue::{BatchRefs, Effect, JobOptions, JobState, Journal, NewJob, Now, OnDup, Queue, Session};

/// A queue at an instant that the test sets.
#[derive(Default)]
struct Stage {
    queue: Queue,
    ms: u64,
    effects: usize,
}

struct Counting<'a>(&'a mut usize);

impl Journal for Counting<'_> {
    fn record(&mut self, _: &Queue, _: &Effect<'_>) {
        *self.0 += 1;
    }
}

impl Stage {
    fn at(ms: u64) -> Self {
        Stage { ms, ..Stage::default() }
    }

    fn session<R>(&mut self, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        self.session_with(MemoryPressure::Normal, act)
    }

    fn session_with<R>(&mut self, memory: MemoryPressure, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        let now = Now::from_micros(self.ms * 1000);
        let mut journal = Counting(&mut self.effects);
        let result = act(&mut Session::begin_with(memory, &mut self.queue, now, &mut journal));
        assert_eq!(self.queue.check(), Vec::<String>::new());
        result
    }

    fn set(&mut self, name: &str, plan: &Plan<'_>) -> Set {
        self.session(|session| session.schedule(name.as_bytes(), plan))
    }

    fn ids(&self) -> Vec<String> {
        let (jobs, _) = self.queue.list(JobState::Waiting, None, None, 100);
        jobs.iter().map(|job| String::from_utf8_lossy(self.queue.id(*job)).into_owned()).collect()
    }

    fn tally(&self, name: &str) -> TickCounts {
        self.queue.schedules.get(name.as_bytes()).map(|schedule| schedule.tally).unwrap()
    }
}

fn every(ms: u64) -> Plan<'static> {
    Plan {
        timetable: Timetable::Every { ms, from: 0 },
        until: FOREVER,
        overlap: Overlap::Allow,
        addition: Addition {
            job: NewJob {
                payload: b"x",
                start: Start::Now,
                after: None,
                priority: 0,
                recipe: JobOptions::default(),
                group: None,
                expires: None,
            },
            batch_refs: BatchRefs::default(),
            on_dup: OnDup::Ignore,
        },
    }
}

fn with_job(job: NewJob<'_>) -> Addition<'_> {
    Addition { job, batch_refs: BatchRefs::default(), on_dup: OnDup::Ignore }
}

#[test]
fn ticks_that_were_missed_are_one_and_each_instant_is_one_job() {
    let mut stage = Stage::at(500);
    assert_eq!(stage.set("s", &every(1000)), Set::Next(1000));
    stage.ms = 1000;
    stage.session(|_| ());
    stage.session(|_| ());
    stage.ms = 7777;
    stage.session(|_| ());
    assert_eq!(stage.ids(), ["s@1000", "s@7000"]);
    assert_eq!((stage.queue.next_due(), stage.tally("s")), (Some(8000), [2, 0, 0, 0]));
    stage.ms = 100;
    stage.session(|_| ());
    assert_eq!(stage.queue.next_due(), Some(8000), "a clock that is set back repeats nothing");
}

#[test]
fn what_is_set_already_stays_and_what_differs_replaces_it() {
    let mut stage = Stage::at(1);
    stage.set("s", &every(1000));
    let before = stage.effects;
    assert_eq!((stage.set("s", &every(1000)), stage.effects), (Set::Next(1000), before));
    stage.ms = 999;
    let other = Plan { addition: with_job(NewJob { payload: b"y", ..every(1).addition.job }), ..every(1000) };
    assert_eq!((stage.set("s", &other), stage.effects), (Set::Next(1000), before + 1));
    stage.ms = 1500;
    assert_eq!(stage.set("s", &every(400)), Set::Next(1600), "after the tick at 1000, which was due");
    assert_eq!((stage.ids(), stage.tally("s")), (vec!["s@1000".into()], [1, 0, 0, 0]));
    assert_eq!(stage.set("s", &Plan { until: 1599, ..every(400) }), Set::Over);
    assert_eq!(stage.queue.schedules().len(), 0);
    let never = Timetable::Cron { expression: "0 0 30 2 *", zone: Zone::default(), from: 0 };
    stage.set("s", &every(400));
    assert_eq!(stage.set("s", &Plan { timetable: never, ..every(1) }), Set::Never);
    assert_eq!(stage.queue.next_due(), Some(1600), "what was there stays");
}

#[test]
fn the_last_tick_is_at_until_at_the_latest() {
    let mut stage = Stage::at(1);
    stage.set("on", &Plan { until: 3000, ..every(1000) });
    stage.set("off", &Plan { until: 3999, ..every(1000) });
    stage.ms = 100_000;
    stage.session(|_| ());
    assert_eq!(stage.ids(), ["off@3000", "on@3000"]);
    assert_eq!((stage.queue.schedules().len(), stage.queue.schedules.bytes()), (0, 0));
}

#[test]
fn a_turn_ticks_a_bounded_number_and_a_named_schedule_all_the_same() {
    let mut stage = Stage::at(1);
    for n in 0..100 {
        stage.set(&format!("{n:02}"), &every(1000));
    }
    stage.ms = 1000;
    stage.session(|_| ());
    assert_eq!(stage.ids().len(), 16);
    assert_eq!(stage.queue.next_due(), Some(1000));
    assert!(stage.session(|session| session.unschedule(b"99")));
    assert_eq!(stage.ids().len(), 33);
    assert_eq!(stage.ids().last().map(String::as_str), Some("99@1000"), "what was due happens first");
    assert!(!stage.session(|session| session.unschedule(b"99")));
}

#[test]
fn an_unfinished_job_stops_the_next_tick_only_where_it_should() {
    let mut stage = Stage::at(1);
    stage.set("allow", &every(1000));
    stage.set("skip", &Plan { overlap: Overlap::Skip, ..every(1000) });
    for ms in [1000, 2000, 3000] {
        stage.ms = ms;
        stage.session(|_| ());
    }
    assert_eq!((stage.tally("allow"), stage.tally("skip")), ([3, 0, 0, 0], [1, 0, 2, 0]));
    stage.session(|session| session.cancel(b"skip@1000"));
    stage.ms = 4000;
    stage.session(|_| ());
    assert_eq!(stage.tally("skip"), [2, 0, 2, 0]);
}

#[test]
fn limits_drop_ticks_and_a_known_id_makes_a_duplicate() {
    let mut stage = Stage::at(1);
    stage.set("s", &every(1000));
    stage.ms = 1000;
    stage.session_with(MemoryPressure::AtLimit, |_| ());
    assert_eq!((stage.ids().len(), stage.tally("s")), (0, [0, 0, 0, 1]));
    stage.session(|session| {
        session.enqueue(Some(b"s@2000"), &every(1).addition.job, &BatchRefs::default(), OnDup::Ignore)
    });
    stage.ms = 2000;
    stage.session(|_| ());
    assert_eq!(stage.tally("s"), [0, 1, 0, 1]);
    let mut settings = *stage.queue.settings();
    settings.max_jobs = 1;
    stage.session(|session| session.configure(settings));
    stage.ms = 3000;
    stage.session(|_| ());
    assert_eq!((stage.ids(), stage.tally("s")), (vec!["s@2000".into()], [0, 1, 0, 2]));
}

#[test]
fn what_cannot_be_is_not_restored() {
    let plan = every(1000);
    let long = [b'n'; MAX_NAME + 1];
    let late = NewJob { start: Start::At(1), ..plan.addition.job };
    let wrong_cron = Timetable::Cron { expression: "* * * *", zone: Zone::default(), from: 0 };
    #[rustfmt::skip]
    let cases: [(&[u8], Plan<'_>, u64); 9] = [
        (b"", plan, 1000), (&long, plan, 1000), (b"s", plan, 0), (b"s", plan, LATEST_TICK + 1),
        (b"s", Plan { until: 999, ..plan }, 1000), (b"s", Plan { until: FOREVER - 1, ..plan }, 1000),
        (b"s", Plan { timetable: Timetable::Every { ms: 0, from: 0 }, ..plan }, 1000),
        (b"s", Plan { timetable: wrong_cron, ..plan }, 1000), (b"s", Plan { addition: with_job(late), ..plan }, 1000),
    ];
    for (name, plan, next) in cases {
        let saved = SavedSchedule { name, plan, next, last: 0, tally: TickCounts::default() };
        assert!(!Schedules::default().restore(&saved), "{saved:?}");
    }
    let saved = SavedSchedule { name: b"s", plan, next: 1000, last: 0, tally: TickCounts::default() };
    let mut schedules = Schedules::default();
    assert!(schedules.restore(&saved));
    assert!(!schedules.restore(&saved), "a name twice");
}
