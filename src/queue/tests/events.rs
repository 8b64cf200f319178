//! What the event log holds that commands of ordinary size do not show.

use super::*;
use crate::queue::events::{EventField, LoggedEvent};

impl TestQueue {
    fn events_of(&self, job: &[u8]) -> Vec<LoggedEvent<'_>> {
        let filter = EventFilter { job: Some(job), names: None };
        self.queue.events(EventStart::Oldest, &filter, 100).events
    }
}

#[test]
fn a_result_or_progress_that_is_too_long_for_the_log_is_told_by_its_length() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.events_max = 10);
    test.add("j", job());
    let token = test.claim().unwrap();
    let (fits, too_long) = (vec![7; MAX_EVENT_VALUE], vec![7; MAX_EVENT_VALUE + 1]);
    test.session(|session| session.progress(token, b"j", &fits));
    test.session(|session| {
        session.ack(token, b"j", &AckOptions { result: Some(&too_long), ..AckOptions::default() })
    });
    let events = test.events_of(b"j");
    let last_of = |place: usize| events[place].fields.last().copied();
    assert_eq!(last_of(2), Some(EventField::bytes(Fact::Progress, &fits)));
    assert_eq!(last_of(3), Some(EventField::number(Fact::ResultBytes, too_long.len() as u64)));
}

#[test]
fn what_time_does_has_its_own_instant_and_ids_follow_it() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| (settings.events_max, settings.max_losses) = (10, 0));
    test.add("j", job());
    test.claim();
    test.ms = 900_000;
    test.add("other", job());
    let page = test.queue.events(EventStart::Oldest, &EventFilter::<&[u8]>::default(), 100);
    let shown: Vec<_> =
        page.events.iter().map(|event| (event.id.to_string(), event.name.bytes(), event.at)).collect();
    let expected: [(&str, &[u8], u64); 6] = [
        ("1000-1", b"added", 1000),
        ("1000-2", b"claimed", 1000),
        ("1100-3", b"lost", 1100),
        ("1100-4", b"failed", 1100),
        ("1100-5", b"drained", 1100),
        ("900000-6", b"added", 900_000),
    ];
    assert_eq!(shown, expected.map(|(id, name, at)| (id.to_owned(), name, at)));
}

#[test]
fn a_page_is_bounded_in_bytes() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.events_max = 100_000);
    let value = vec![7; MAX_EVENT_VALUE];
    let packed = EmittedFields::pack([(&b"f"[..], &value[..])]);
    for _ in 0..200 {
        test.session(|session| session.emit(b"large", None, EmittedFields::new(&packed).unwrap()));
    }
    let (filter, mut start, mut seen) = (EventFilter::<&[u8]>::default(), EventStart::Oldest, Vec::new());
    loop {
        let page = test.queue.events(start, &filter, 10_000);
        assert!(page.events.len() <= 65, "{}", page.events.len());
        seen.extend(page.events.iter().map(|event| event.id.n));
        start = EventStart::After(page.next);
        if page.is_last {
            break;
        }
    }
    assert_eq!(seen, (1..=200).collect::<Vec<_>>());
}

#[test]
fn a_reader_that_waits_is_notified_of_what_it_wants_and_once() {
    let wanted = |job: Option<&str>, names: Option<&str>| {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().into());
        Awaited::Logged(EventFilter { job: bytes(job), names: bytes(names) })
    };
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.events_max = 5);
    let [any, of_a, of_b, ends] = [
        wanted(None, None),
        wanted(Some("a"), None),
        wanted(Some("b"), None),
        wanted(None, Some("failed,expired")),
    ];
    let of_a_that_ends = wanted(Some("a"), Some("expired"));
    for awaited in [&any, &of_a, &of_b, &ends, &of_a_that_ends] {
        test.queue.subscribe(awaited.clone());
    }
    test.add("a", JobSpec { expires: Some(Until::After(5)), ..job() });
    let notified = |test: &mut TestQueue| {
        test.queue.take_await_events().into_iter().map(|(awaited, _)| awaited).collect::<Vec<_>>()
    };
    assert_eq!(notified(&mut test), [any.clone(), of_a]);
    test.add("c", job());
    assert_eq!(notified(&mut test), []);
    test.ms = 1005;
    test.session(|_| ());
    assert_eq!(notified(&mut test), [ends.clone(), of_a_that_ends]);
    // More happens at once than is kept: whoever waits has missed some.
    test.queue.subscribe(ends.clone());
    for id in ["d", "e", "f", "g", "h", "i"] {
        test.add(id, job());
    }
    assert_eq!(notified(&mut test), [ends, of_b]);
    assert!(!test.queue.has_subscribers());
}
