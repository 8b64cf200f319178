use super::*;

type ClaimNames = ClaimWaiters<char, (), ahash::RandomState>;

fn q() -> Location {
    Location { db: 0, name: (*b"q").into() }
}

/// Waiters named by letters, with their MIN and COUNT; tickets are counted from 1.
fn waiting(demands: &[(char, usize, usize)]) -> ClaimNames {
    let mut waiters = ClaimNames::new(ahash::RandomState::new());
    for &(name, min, max) in demands {
        let ticket = waiters.next_ticket();
        let demand = Demand { min, max };
        waiters.insert(ticket, vec![q()], demand, Some(Uptime(100 + ticket)), name, ());
    }
    waiters
}

/// Waiters named by letters, each with the names of its queues in its order, for one job.
fn waiting_at(waits: &[(char, &str)]) -> ClaimNames {
    let mut waiters = ClaimNames::new(ahash::RandomState::new());
    for (name, queues) in waits {
        let ticket = waiters.next_ticket();
        let locations =
            queues.chars().map(|queue| Location { db: 0, name: (*queue.to_string().as_bytes()).into() });
        waiters.insert(ticket, locations.collect(), Demand { min: 1, max: 1 }, None, *name, ());
    }
    waiters
}

fn granted(waiters: &mut ClaimNames, claimable: usize) -> String {
    waiters.grant(&[(q().into(), claimable)].into(), 99).into_iter().collect()
}

/// Those that are granted jobs at the queues of these names, and in the end how many wait at `a`, `b` and `c`.
fn granted_at(waiters: &mut ClaimNames, claimable: &[(&str, usize)], most: usize) -> (String, [usize; 3]) {
    let claimable = claimable
        .iter()
        .map(|(queue, jobs)| (Arc::new(Location { db: 0, name: queue.as_bytes().into() }), *jobs));
    let granted = waiters.grant(&claimable.collect(), most).into_iter().collect();
    (granted, [b"a", b"b", b"c"].map(|queue| waiters.waiting_at(0, queue)))
}

#[test]
fn first_come_first_served_and_each_takes_what_it_asked_for() {
    let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 3), ('c', 1, 1), ('d', 1, 1)]);
    assert_eq!(granted(&mut waiters, 3), "ab");
    assert_eq!(granted(&mut waiters, 3), "", "all three are promised");
    waiters.take_request(1);
    waiters.take_request(2);
    assert_eq!(granted(&mut waiters, 1), "c");
}

#[test]
fn a_large_min_keeps_its_place_and_stops_no_other() {
    let mut waiters = waiting(&[('a', 5, 5), ('b', 1, 1), ('c', 1, 1)]);
    assert_eq!(granted(&mut waiters, 1), "b");
    waiters.take_request(2);
    assert_eq!(granted(&mut waiters, 6), "ac");
}

#[test]
fn no_more_are_granted_than_asked_for() {
    let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
    assert_eq!(waiters.grant(&[(q().into(), 3)].into(), 2), ['a', 'b']);
    assert_eq!(waiters.take_marked(), [q().into()], "for c");
    assert_eq!(granted(&mut waiters, 3), "c");
}

#[test]
fn what_is_promised_counts_those_that_can_be_served() {
    let mut waiters = waiting(&[('a', 1, 2), ('b', 4, 4)]);
    assert_eq!((waiters.waiting_at(0, b"q"), waiters.promised(0, b"q", 3)), (2, 2));
    assert_eq!((waiters.waiting_at(0, b"q"), waiters.promised(0, b"q", 4)), (2, 6));
    assert_eq!(granted(&mut waiters, 3), "a");
    assert_eq!((waiters.waiting_at(0, b"q"), waiters.promised(0, b"q", 3)), (1, 2));
    assert_eq!((waiters.waiting_at(1, b"q"), waiters.promised(1, b"q", 3)), (0, 0));
}

#[test]
fn the_grant_of_a_client_that_vanishes_is_given_to_the_next() {
    let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1)]);
    assert_eq!(granted(&mut waiters, 1), "a");
    assert!(waiters.remove(1));
    assert_eq!(waiters.take_marked(), [q().into()]);
    assert_eq!(granted(&mut waiters, 1), "b");
}

#[test]
fn a_deadline_that_is_over_is_told_apart_from_a_grant() {
    let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1), ('c', 1, 1)]);
    assert_eq!(granted(&mut waiters, 1), "a");
    assert_eq!(waiters.first_deadline(), Some(Uptime(102)));
    assert_eq!(waiters.take_overdue(Uptime(102)), ['b']);
    assert!(matches!(waiters.take_request(2), Some((WaiterStage::Overdue, _, ()))));
    waiters.remove(3);
    assert_eq!((waiters.first_deadline(), waiters.take_overdue(Uptime(999))), (None, vec![]));
}

#[test]
fn who_goes_at_its_deadline_passes_on_what_it_is_granted_then() {
    let mut waiters = waiting(&[('a', 1, 1), ('b', 1, 1)]);
    assert_eq!(waiters.take_overdue(Uptime(101)), ['a']);
    assert_eq!(granted(&mut waiters, 1), "", "it is for a, which is unblocked already");
    assert!(waiters.remove(1), "a had no reply");
    assert_eq!(waiters.take_marked(), [q().into()]);
    assert_eq!(granted(&mut waiters, 1), "b");
}

#[test]
fn a_client_that_gives_up_gets_no_grant_and_leaves_nothing_behind() {
    let mut waiters = waiting(&[('a', 1, 1)]);
    assert!(waiters.mark_if_servable(0, b"q", 1));
    assert!(!waiters.mark_if_servable(0, b"q", 1), "once is enough");
    assert!(matches!(waiters.take_request(1), Some((WaiterStage::Waiting, _, ()))));
    assert!(waiters.take_request(1).is_none());
    assert!(!waiters.remove(1));
    assert_eq!((waiters.len(), waiters.at.len()), (0, 0));
    assert_eq!(waiters.take_marked(), [q().into()], "a mark without a waiter does no harm");
    assert_eq!(granted(&mut waiters, 1), "");
}

#[test]
fn who_waits_at_several_keys_is_served_once_and_leaves_all_of_them() {
    let mut waiters = waiting_at(&[('x', "abc"), ('y', "ba")]);
    assert_eq!(granted_at(&mut waiters, &[("a", 0), ("b", 1)], 99), ("x".into(), [1, 1, 0]));
    assert_eq!(granted_at(&mut waiters, &[("b", 1)], 99), (String::new(), [1, 1, 0]), "it is promised to x");
    let (stage, location, ()) = waiters.take_request(1).unwrap();
    assert_eq!((stage, &*location.name), (WaiterStage::Granted, &b"b"[..]));
    waiters.remove(1);
    waiters.remove(2);
    assert_eq!((waiters.len(), waiters.at.len()), (0, 0));
}

#[test]
fn of_several_keys_the_first_in_the_order_of_the_waiter_serves_it() {
    let mut waiters = waiting_at(&[('x', "cb"), ('y', "bc"), ('z', "c")]);
    assert_eq!(granted_at(&mut waiters, &[("b", 1), ("c", 2)], 99), ("xyz".into(), [0, 0, 0]));
    let at =
        |waiters: &mut ClaimNames, ticket| waiters.take_request(ticket).map(|(_, at, ())| at.name.clone());
    let served: Vec<_> = (1..=3).filter_map(|ticket| at(&mut waiters, ticket)).collect();
    assert_eq!(served, [(*b"c").into(), (*b"b").into(), (*b"c").into()] as [Box<[u8]>; 3]);
}

#[test]
fn who_came_first_is_first_at_each_of_its_keys() {
    let mut waiters = waiting_at(&[('x', "ab"), ('y', "b"), ('z', "ba")]);
    assert_eq!(granted_at(&mut waiters, &[("b", 3)], 1), ("x".into(), [1, 2, 0]));
    assert_eq!(waiters.take_marked().len(), 1, "for y and z there was no room");
    assert_eq!(granted_at(&mut waiters, &[("a", 1), ("b", 3)], 99), ("yz".into(), [0, 0, 0]));
}

#[test]
fn a_key_that_is_named_twice_counts_once() {
    let mut waiters = waiting_at(&[('x', "aab")]);
    assert_eq!((waiters.waiting_at(0, b"a"), waiters.promised(0, b"a", 5)), (1, 1));
    assert!(waiters.mark_for(1, b"a"));
    assert!(!waiters.mark_for(1, b"elsewhere"));
    assert!(waiters.take_request(1).is_some());
    assert_eq!(waiters.at.len(), 0);
}

#[test]
fn the_grant_of_a_vanished_client_is_given_to_the_next_where_it_was() {
    let mut waiters = waiting_at(&[('x', "ab"), ('y', "b")]);
    assert_eq!(granted_at(&mut waiters, &[("b", 1)], 99).0, "x");
    assert!(waiters.remove(1));
    assert_eq!(waiters.take_marked(), [Location { db: 0, name: (*b"b").into() }.into()]);
    assert_eq!(granted_at(&mut waiters, &[("b", 1)], 99), ("y".into(), [0, 0, 0]));
}
