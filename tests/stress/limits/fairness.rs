//! Lanes take turns: a lane with many jobs delays the others by one job at a time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use testkit::client::{claimed, Client};
use testkit::Server;

use super::super::consistency::check_all;
use super::super::BASICS;
use super::QUEUE;

const WORKERS: usize = 8;
const SMALL_LANES: usize = 19;
const SMALL: usize = 40;
const LARGE: usize = 4000;

#[test]
fn a_lane_with_many_jobs_does_not_starve_the_others() {
    let server = Server::start(&BASICS).expect("a server");
    let mut client = Client::of(&server);
    client.ask::<()>(&format!("JQ.CONFIG {QUEUE} concurrency 5 group-concurrency 3"));
    add(&mut client, "large", LARGE);
    for lane in 0..SMALL_LANES {
        add(&mut client, &format!("small{lane}"), SMALL);
    }
    let order = work(&server);
    assert_eq!(order.len(), LARGE + SMALL_LANES * SMALL);
    // Since each lane has its turn after all others, all small ones are through when the large one has had as
    // many turns as each of them, but for those that could not run because their lane was full.
    let shared = (SMALL_LANES + 1) * SMALL;
    let late = order[shared + shared / 50..].iter().filter(|lane| *lane != "large").count();
    assert_eq!(late, 0, "jobs of small lanes came after their turn");
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    for lane in &order[..shared / 2] {
        *claims.entry(lane).or_default() += 1;
    }
    let shares = (claims.values().min().copied(), claims.values().max().copied());
    println!("{} lanes had {shares:?} turns of {}", claims.len(), shared / 2);
    assert_eq!(claims.len(), SMALL_LANES + 1);
    assert!(shares.0 >= Some(SMALL / 2 - 2) && shares.1 <= Some(SMALL / 2 + 2), "{claims:?}");
    check_all("at the end", &mut client);
}

fn add(client: &mut Client, lane: &str, count: usize) {
    let items: Vec<_> = (0..count).map(|number| format!("{lane}-{number} x")).collect();
    client.ask::<()>(&format!("JQ.MADD {QUEUE} {count} {} GROUP {lane}", items.join(" ")));
}

/// Lets workers do everything; the lanes of the jobs in the order in which they were claimed.
fn work(server: &Server) -> Vec<String> {
    let claims = Mutex::new(BTreeMap::new());
    let work = |name: usize| {
        let mut client = Client::of(server);
        while client.stat(QUEUE, "waiting") > 0 {
            for job in claimed(&client.ask(&format!("JQ.CLAIM {QUEUE} w{name} BLOCK 50"))) {
                let id = String::from_utf8_lossy(&job.id).into_owned();
                let lane = id.split_once('-').expect("lane and number").0.to_owned();
                claims.lock().expect("no thread panics with it").insert(job.token, lane);
                client.send(&job.words("JQ.ACK", QUEUE)).expect("an answer");
            }
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|name| drop(scope.spawn(move || work(name)))));
    claims.into_inner().expect("no thread panics with it").into_values().collect()
}
