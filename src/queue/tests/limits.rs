//! Lanes, concurrency and rates, and what one claim may cost.

use super::*;

fn of(group: &'static str) -> JobSpec<&'static [u8]> {
    JobSpec { group: Some(group.as_bytes()), ..job() }
}

fn rate(max: u64, ms: u64) -> Option<Rate> {
    Rate::new(max, ms)
}

impl TestQueue {
    /// The ids that one claim after the other gets, until there is none.
    fn claim_all(&mut self) -> Vec<String> {
        let mut ids = Vec::new();
        let options = ClaimOptions { worker: b"w".as_slice(), count: 1, lease: Some(1000), max_bytes: None };
        while let Some(claimed) = self.session(|session| session.claim(&options, 0)).first().copied() {
            ids.push(String::from_utf8_lossy(self.queue.id(claimed.job)).into_owned());
        }
        ids
    }

    fn ack(&mut self, id: &str) {
        let token = self.queue.view(id.as_bytes()).and_then(|job| job.token).unwrap_or_default();
        assert_eq!(
            self.session(|session| session.ack(token, id.as_bytes(), &AckOptions::default())),
            Acked::Done,
            "{id}"
        );
    }

    fn nack(&mut self, id: &str, delay: u64) {
        let token = self.queue.view(id.as_bytes()).and_then(|job| job.token).unwrap_or_default();
        assert_eq!(
            self.session(|session| session.nack(
                token,
                id.as_bytes(),
                &NackOptions { delay: Some(delay), ..NackOptions::default() }
            )),
            Nacked::Again
        );
    }
}

#[test]
fn lanes_take_turns_and_each_is_in_order() {
    let mut test = TestQueue::at(1000);
    for (id, group) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")] {
        test.add(id, of(group));
    }
    test.add("alone", job());
    assert_eq!(test.queue.claimable(), 4);
    assert_eq!(test.claim_all(), ["a1", "b1", "c1", "alone"], "one of each lane at a time");
    test.ack("b1");
    test.ack("a1");
    assert_eq!(test.claim_all(), ["a2", "b2"], "in the order in which they had their turns");
}

#[test]
fn a_job_that_waits_for_its_retry_holds_its_lane() {
    let mut test = TestQueue::at(1000);
    test.add("a1", of("a"));
    test.add("a2", JobSpec { priority: Some(-1), ..of("b") });
    test.add("a3", JobSpec { priority: Some(-1), ..of("a") });
    assert_eq!(test.claim_all(), ["a2", "a3"]);
    test.nack("a3", 500);
    assert_eq!(test.claim_all(), [""; 0]);
    test.ms = 1500;
    test.add("urgent", JobSpec { priority: Some(-9), ..of("a") });
    assert_eq!(test.claim_all(), ["a3"], "before all others of its lane");
    test.ack("a3");
    assert_eq!(test.claim_all(), ["urgent"]);
    test.nack("urgent", 500);
    assert_eq!(test.session(|session| session.cancel(b"urgent")), Changed::Done);
    assert_eq!(test.claim_all(), ["a1"], "a cancelled job holds nothing");
}

#[test]
fn a_wider_lane_only_limits() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.group_concurrency = 2);
    for id in ["a1", "a2", "a3", "a4"] {
        test.add(id, of("a"));
    }
    assert_eq!((test.queue.claimable(), test.claim_all()), (2, vec!["a1".into(), "a2".into()]));
    test.nack("a1", 500);
    assert_eq!(test.claim_all(), ["a3"], "a retry holds nothing");
    test.configure(|settings| settings.group_concurrency = 0);
    assert_eq!(test.claim_all(), ["a4"], "no limit");
    test.configure(|settings| settings.group_concurrency = 1);
    test.add("a5", of("a"));
    assert_eq!(test.claim_all(), [""; 0], "three are active");
}

#[test]
fn no_more_are_active_than_concurrency_allows() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.concurrency = 2);
    for id in ["1", "2", "3", "4"] {
        test.add(id, job());
    }
    assert_eq!((test.queue.claimable(), test.claim_all()), (2, vec!["1".into(), "2".into()]));
    test.ms = 2000;
    assert_eq!(test.claim_all(), ["1", "2"], "lost leases free their slots");
    test.ack("2");
    assert_eq!((test.queue.claimable(), test.claim_all()), (1, vec!["3".into()]));
}

#[test]
fn the_rate_is_a_bucket_and_the_queue_is_due_when_it_refills() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.rate = rate(2, 1000));
    for id in ["1", "2", "3", "4", "5"] {
        test.add(id, job());
    }
    assert_eq!(test.claim_all(), ["1", "2"]);
    assert_eq!((test.queue.claimable(), test.due()), (0, Some(1500)));
    test.ms = 1499;
    assert_eq!(test.claim_all(), [""; 0]);
    test.ms = 1500;
    let effects = test.effects;
    test.session(|_| ());
    assert_eq!((test.queue.claimable(), test.effects - effects), (1, 0), "nothing to tell replicas");
    assert_eq!(test.claim_all(), ["3"]);
}

#[test]
fn a_lane_that_used_up_its_rate_lets_others_pass() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| {
        settings.group_concurrency = 0;
        settings.group_rate = rate(1, 100);
    });
    for id in ["a1", "a2", "a3"] {
        test.add(id, of("a"));
    }
    test.add("b1", of("b"));
    assert_eq!(test.claim_all(), ["a1", "b1"]);
    assert_eq!(test.due(), Some(1100));
    test.ms = 1100;
    assert_eq!(test.claim_all(), ["a2"]);
    test.ms = 1150;
    test.ack("b1");
    test.configure(|settings| settings.dedup_window = DedupWindow::NONE);
    test.ack("a1");
    test.ack("a2");
    assert_eq!(test.queue.groups(), 1, "the bucket of b is full again: nothing is left of it");
    test.ms = 1300;
    assert_eq!(test.claim_all(), ["a3"]);
    test.ack("a3");
    assert_eq!(test.queue.groups(), 1, "the bucket of a lane without jobs is remembered until it is full");
    test.ms = 1400;
    test.session(|_| ());
    assert_eq!(test.queue.groups(), 0);
}

#[test]
fn a_clock_that_is_set_back_gives_no_tokens_to_lanes() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| {
        settings.group_concurrency = 0;
        settings.group_rate = rate(1, 100);
    });
    for id in ["a1", "a2", "a3"] {
        test.add(id, of("a"));
    }
    assert_eq!(test.claim_all(), ["a1"]);
    test.ms = 1100;
    test.session(|_| ());
    assert_eq!(test.queue.claimable(), 1);
    test.ms = 1050;
    assert_eq!(test.claim_all(), ["a2"], "what has come back stays");
    assert_eq!((test.queue.claimable(), test.due()), (0, Some(1200)));
    test.ms = 1199;
    assert_eq!(test.claim_all(), [""; 0]);
    test.ms = 1200;
    assert_eq!(test.claim_all(), ["a3"]);
}

#[test]
fn a_rate_that_was_no_limit_for_a_moment_begins_with_a_full_bucket() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.rate = rate(1, 1_000_000));
    for id in ["one", "two"] {
        test.add(id, job());
    }
    assert_eq!(test.claim_all(), ["one"]);
    test.configure(|settings| settings.rate = rate(1, 50));
    test.ms = 1090;
    assert_eq!(test.claim_all(), [""; 0], "another rate does not help");
    test.configure(|settings| settings.rate = None);
    test.configure(|settings| settings.rate = rate(1, 100));
    assert_eq!(test.claim_all(), ["two"]);
}

#[test]
fn new_rules_bind_lanes_in_bounded_steps() {
    let mut test = TestQueue::at(1000);
    let names: Vec<String> = (0..2500).map(|n| format!("g{n}")).collect();
    for name in &names {
        for id in ["x", "y"] {
            let new = JobSpec { group: Some(name.as_bytes()), ..job() };
            let id = format!("{name}{id}");
            let mut journal = EffectCounter(&mut test.effects);
            Session::begin(&mut test.queue, Now::from_micros(1_000_000), &mut journal)
                .enqueue(Some(id.as_bytes()), &request(new));
        }
    }
    assert_eq!(test.queue.claimable(), 2500);
    test.configure(|settings| settings.group_concurrency = 2);
    let examined = test.queue.claimable();
    assert!((2000..5000).contains(&examined), "{examined}");
    assert_eq!(test.due(), Some(0));
    (0..3).for_each(|_| test.session(|_| ()));
    assert_eq!((test.queue.claimable(), test.due()), (5000, None));
}

#[test]
fn a_claim_settles_no_more_than_it_can_take_whatever_is_promised_to_others() {
    let mut test = TestQueue::at(1000);
    test.session(|session| {
        for n in 0..20_000 {
            let id = format!("j{n}").into_bytes();
            let new = JobSpec { start: Start::After(1000), ..job() };
            session.enqueue(Some(&id), &request(new));
        }
    });
    test.ms = 2000;
    assert_eq!(test.claim_many(1, 1_000_000), [0; 0], "all of it is theirs");
    assert_eq!(test.queue.count(JobState::Waiting), 11_000, "1,000 to begin with, and 10,000 for the claim");
}

#[test]
fn the_job_of_a_claim_is_found_wherever_it_is() {
    let mut test = TestQueue::at(1000);
    let in_lane = JobSpec { priority: Some(-1), ..of("lane") };
    for (id, job) in [("lane", in_lane), ("first", job()), ("second", job())] {
        test.add(id, job);
    }
    let found = |test: &TestQueue, id: &str| {
        let job = test.queue.job_to_claim(id.as_bytes())?;
        Some(String::from_utf8_lossy(test.queue.id(job)).into_owned())
    };
    for id in ["lane", "first", "second"] {
        assert_eq!(found(&test, id).as_deref(), Some(id), "next or not");
    }
    assert_eq!(found(&test, "another"), None);
    let token = test.claim().unwrap();
    assert_eq!(
        found(&test, "lane").as_deref(),
        Some("lane"),
        "a claim of an active job is another rule's business"
    );
    test.session(|session| session.ack(token, b"lane", &AckOptions::default()));
    assert_eq!(found(&test, "lane"), None, "it has ended");
}
