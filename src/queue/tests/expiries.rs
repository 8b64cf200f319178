//! Expiry rules: which keys become jobs.

use super::*;

fn rerun(job: JobSpec<&'static [u8]>) -> AddRequest<&'static [u8]> {
    AddRequest { on_dup: OnDup::Rerun, ..request(JobSpec { payload: b"", ..job }) }
}

#[test]
fn an_expired_key_is_a_job_by_its_longest_prefix_whatever_the_limits_say() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| (settings.max_jobs, settings.max_ids) = (1, 1));
    let template = |priority| rerun(JobSpec { priority: Some(priority), ..job() });
    for (prefix, priority) in [(&b"t:"[..], 1), (b"t:long", 2), (b"t:long", 3)] {
        assert!(test.session(|session| session.set_expiry_rule(prefix, &template(priority))));
    }
    let effects = test.effects;
    assert!(test.session(|session| session.set_expiry_rule(b"t:", &template(1))));
    assert_eq!(test.effects, effects, "set again to the same, nothing changes");
    let key_expired = |test: &mut TestQueue, name: &[u8]| test.session(|session| session.key_expired(name));
    assert_eq!(key_expired(&mut test, b"s"), None);
    assert_eq!(key_expired(&mut test, b"t:longer"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Coalesced));
    assert_eq!(key_expired(&mut test, &[b"t:", &[b'x'; MAX_ID][..]].concat()), Some(ExpiryOutcome::Dropped));
    assert_eq!(test.queue.view(b"t:longer").unwrap().priority, Some(3));
    assert_eq!(test.queue.view(b"t:lo").unwrap().payload, Some(&b"t:lo"[..]));
    test.claim();
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Enqueued), "it is active: a rerun");
    let tallies: Vec<ExpiryCounts> = test.queue.expiry_rules().iter().map(|(_, rule)| rule.counts).collect();
    let expected = [(2, 1, 1), (1, 0, 0)];
    let expected =
        expected.map(|(enqueued, coalesced, dropped)| ExpiryCounts { enqueued, coalesced, dropped });
    assert_eq!(tallies, expected);
    assert!(
        test.session(|session| session.remove_expiry_rule(b"t:long"))
            && !test.session(|session| session.remove_expiry_rule(b"t:long"))
    );
}

#[test]
fn a_queue_listens_for_so_many_prefixes_and_no_more() {
    let mut test = TestQueue::at(1);
    let template = rerun(job());
    let mut journal = EffectCounter(&mut test.effects);
    let mut session = Session::begin(&mut test.queue, Now::from_micros(1000), &mut journal);
    assert!((0..MAX_PREFIXES).all(|n| session.set_expiry_rule(n.to_string().as_bytes(), &template)));
    assert!(!session.set_expiry_rule(b"more", &template));
    assert!(
        session.set_expiry_rule(b"0", &AddRequest { on_dup: OnDup::Ignore, ..template }),
        "one it has may change"
    );
    assert_eq!(test.queue.check(), Vec::<String>::new());
}
