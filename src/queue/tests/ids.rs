//! How long an id is known, the ids that the queue makes, and the limits that count them.

use super::*;

#[test]
fn records_over_the_limit_go_oldest_first_and_leave_their_windows() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| (settings.keep_completed, settings.keep_completed_max) = (FOREVER, 2));
    for id in ["a", "b", "c"] {
        test.add(id, job());
        test.ms += 1;
        let token = test.claim().unwrap();
        assert_eq!(
            test.session(|session| session.ack(token, id.as_bytes(), &AckOptions::default())),
            Acked::Done
        );
    }
    assert_eq!(test.ids(JobState::Completed), ["b", "c"]);
    assert_eq!(test.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    assert_eq!(test.queue.remembered(), 1);
}

#[test]
fn a_window_is_exact_to_the_millisecond_and_a_record_outlives_it() {
    let mut test = TestQueue::at(1);
    let options =
        JobOptions { dedup: Some(DedupWindow::For(100)), keep: Some(1000), ..JobOptions::default() };
    test.add("a", JobSpec { options, ..job() });
    let token = test.claim().unwrap();
    test.session(|session| {
        session.ack(token, b"a", &AckOptions { result: Some(b"result"), ..AckOptions::default() })
    });
    test.ms = 100;
    assert_eq!(test.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    test.ms = 101;
    assert_eq!(test.queue.view(b"a").unwrap().result, Some(&b"result"[..]));
    assert_eq!(test.add("a", job()), (Outcome::Added, JobState::Waiting));
    assert_eq!(test.queue.view(b"a").unwrap().result, None, "the new job has taken the record's place");
}

#[test]
fn an_id_the_queue_makes_is_new_and_not_remembered() {
    let mut test = TestQueue::at(7);
    test.add("7-1", job());
    let options = JobOptions { dedup: Some(DedupWindow::NONE), ..JobOptions::default() };
    let added = test.session(|session| session.enqueue(None, &request(JobSpec { options, ..job() })));
    assert_eq!(added.made_id.as_deref(), Some(&b"7-2"[..]), "7-1 is taken");
    test.claim();
    let token = test.claim().unwrap();
    assert_eq!(test.session(|session| session.ack(token, b"7-2", &AckOptions::default())), Acked::Done);
    assert_eq!((test.queue.known(), test.queue.remembered()), (1, 0));
}

#[test]
fn limits_count_new_ids_only_and_are_asked_before_anything_changes() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| settings.max_jobs = 2);
    test.add("a", job());
    let room = |test: &mut TestQueue, ids: &[&'static str]| {
        test.session(|session| session.room_for(ids.len(), ids.iter().map(|id| Some(id.as_bytes())), None))
    };
    assert_eq!(room(&mut test, &["a", "b", "b", "a"]), Ok(()));
    assert_eq!(room(&mut test, &["b", "c"]), Err(Refusal::MaxJobs(2)));
    assert_eq!(
        test.session(|session| session.room_for(2, [None, None].into_iter(), None)),
        Err(Refusal::MaxJobs(2))
    );
    test.configure(|settings| (settings.max_jobs, settings.max_ids) = (0, 1));
    assert_eq!(room(&mut test, &["a"]), Ok(()));
    assert_eq!(room(&mut test, &["b"]), Err(Refusal::MaxIds(1)));
}

#[test]
fn refused_adds_are_counted_at_once_and_journaled_together() {
    let mut test = TestQueue::at(1000);
    test.add("a", job());
    for _ in 0..5 {
        test.add("a", job());
    }
    assert_eq!((test.effects, test.queue.counters().get(Count::Duplicates)), (1, 5));
    assert_eq!(test.queue.clone().counters().get(Count::Duplicates), 0, "a copy has what replicas have");
    test.add("b", job());
    assert_eq!(test.effects, 3, "journaled with the next change");
    test.add("a", job());
    assert_eq!(test.due(), Some(1100));
    test.ms = 1100;
    test.session(|_| ());
    assert_eq!((test.effects, test.queue.clone().counters().get(Count::Duplicates)), (4, 6));
    assert_eq!(test.due(), None);
}
