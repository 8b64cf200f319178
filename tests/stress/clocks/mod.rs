//! A clock that is set back and ahead all the time, under load, with servers that are killed: no job is lost, none
//! runs twice at once, no instant of a schedule ticks twice, and it adds up everywhere.
//!
//! ```text
//!   clock    sets the clock of the primary, and knows how far it went ahead in all
//!   clients  add, claim and end jobs, and write down what they were answered
//!   ledger   that, and what must be true of it
//! ```

mod clients;
mod clock;
mod ledger;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use redis::Value;
use testkit::deadline::{poll, until_true};
use testkit::rng::Rng;
use testkit::Client;

use super::replica_chain::ReplicaChain;
use super::settings::{seed, times};
use clients::Clients;
use clock::Clock;

/// The queue of this test.
const QUEUE: &str = "q";
/// Every id stays known, and a lost lease never ends a job.
const RULES: &str =
    "dedup-window -1 max-losses 60000 attempts 3 backoff exponential/20 jitter 50 events-max 100000";
/// Steps of the clock between two comparisons, at least.
const STEPS: usize = 150;
/// Jobs that producers add meanwhile, and jobs that workers complete, at least.
const ADDED: usize = 100;
const COMPLETED: usize = 20;
/// In which all that is left at the end is done.
const PATIENCE: Duration = Duration::from_secs(60);
/// Words, with commas between them.
const SCHEDULES: [&str; 5] = [
    "EVERY, 7",
    "EVERY, 1000",
    "EVERY, 3600000",
    "CRON, */5 * * * *, TZ, Europe/Berlin",
    "EVERY, 60000, OVERLAP, SKIP",
];

/// The chain of servers, the clock of its primary, and who does what to the queue.
struct Run {
    chain: ReplicaChain,
    client: Client,
    clock: Clock,
    clients: Clients,
    rng: Rng,
    /// Schedules that were ever set.
    schedules: usize,
}

#[test]
fn nothing_is_lost_or_done_twice_while_the_clock_jumps() {
    let mut run = Run::begin(seed("nothing_is_lost_or_done_twice_while_the_clock_jumps"));
    for round in 0..times() {
        run.jump(&format!("round {round}"));
        run.compare(&format!("round {round}"));
        // Of the three the primary more often: it is the one that has a clock.
        run.kill(*[0, 0, 1, 2].get(round % 4).expect("one of four"));
        run.jump(&format!("round {round}, after a restart"));
        run.compare(&format!("round {round}, after a restart"));
    }
    run.finish();
}

impl Run {
    fn begin(seed: u64) -> Self {
        let chain = ReplicaChain::start(&[]);
        let mut client = chain.client(0);
        let clock = Clock::begin(&mut client);
        client.ask::<()>(&format!("JQ.CONFIG {QUEUE} {RULES}"));
        let clients = Clients::begin(chain.port(), clock.reading(), seed);
        let mut run = Self { chain, client, clock, clients, rng: Rng::new(seed), schedules: 0 };
        for timetable in SCHEDULES {
            run.schedule(timetable);
        }
        run
    }

    /// The clock jumps for a while, and so long that enough was added and done: a load that dries up shows nothing.
    fn jump(&mut self, when: &str) {
        let (added, completed) = self.clients.done();
        self.clients.want(added + ADDED);
        (0..STEPS).for_each(|_| self.step());
        until_true(&format!("{when}: the load goes on"), || {
            self.step();
            let now = self.clients.done();
            now.0 >= added + ADDED && now.1 >= completed + COMPLETED
        });
        let now = self.clients.done();
        println!("{when}: {} jobs added, {} completed", now.0 - added, now.1 - completed);
    }

    /// The clock is set, and now and then an operator does something.
    fn step(&mut self) {
        self.clients.assert_well();
        self.clock.step(&mut self.rng, &mut self.client);
        if self.rng.one_in(6) {
            self.operate();
        }
        std::thread::park_timeout(Duration::from_millis(3));
    }

    fn operate(&mut self) {
        let lines = [
            "JQ.PAUSE q FOR 30",
            "JQ.PAUSE q GROUP g1 FOR 200",
            "JQ.RESUME q",
            "JQ.RESUME q GROUP g1",
            "JQ.RESUME q GROUP g1",
            "JQ.CONFIG q rate 20/50",
            "JQ.CONFIG q rate 0",
            "JQ.CONFIG q group-rate 3/20",
            "JQ.CONFIG q group-rate 0",
            "JQ.GROUP q g2 concurrency 3 rate 5/40",
            "JQ.GROUP q g2 concurrency default rate default",
        ];
        if self.schedules < 40 && self.rng.one_in(8) {
            let timetable = *self.rng.pick(&SCHEDULES);
            self.schedule(timetable);
            return;
        }
        let line = *self.rng.pick(&lines);
        self.client.ask::<Value>(line);
    }

    /// A new one, whenever it is by the clock.
    fn schedule(&mut self, timetable: &str) {
        let name = format!("s{}", self.schedules);
        self.schedules += 1;
        let words = ["JQ.SCHEDULE", QUEUE, &name, "x"].into_iter().chain(timetable.split(", "));
        let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
        self.client.ask_words::<Value>(&words);
    }

    /// Kills one of the servers and starts it again; the clock of the primary goes on where it was.
    fn kill(&mut self, which: usize) {
        if which == self.chain.primary {
            self.chain.servers[which].set("module-arguments", &format!("debug {}", self.clock.now()));
        }
        self.chain.servers[which].kill();
        self.chain.servers[which].restart().unwrap_or_else(|why| panic!("server {which}: {why}"));
        self.client = self.chain.client(0);
    }

    /// The servers and their files hold the same, it adds up, and no instant has ticked twice.
    fn compare(&mut self, when: &str) {
        self.chain.compare_files(when);
        let schedules: Vec<BTreeMap<String, Value>> = self.client.ask(&format!("JQ.SCHEDULES {QUEUE}"));
        for schedule in schedules {
            let field = |name: &str| redis::from_redis_value::<String>(&schedule[name]).expect("a text");
            // Ids stay known, so a second tick at an instant would be a duplicate.
            assert_eq!(field("duplicates"), "0", "{when}: an instant of {} ticked twice", field("name"));
        }
        adds_up(when, &mut self.client);
    }

    /// Lets workers do what is left, by a clock that is ahead of everything.
    fn finish(mut self) {
        self.clients.stop_adding();
        for name in 0..self.schedules {
            self.client.ask::<Value>(&format!("JQ.UNSCHEDULE {QUEUE} s{name}"));
        }
        for line in ["JQ.RESUME q", "JQ.RESUME q GROUP g1", "JQ.CONFIG q rate 0 group-rate 0"] {
            self.client.ask::<Value>(line);
        }
        self.clock.leap(&mut self.client);
        let mut left = 0;
        let ended = poll(PATIENCE, || {
            self.clients.assert_well();
            self.clock.go_on(&mut self.client);
            left = self.client.unfinished(QUEUE);
            Ok::<_, Infallible>((left == 0).then_some(()))
        });
        assert!(matches!(ended, Ok(Some(()))), "{left} jobs have not ended");
        let Run { chain, mut client, clients, .. } = self;
        let ledger = clients.end();
        chain.compare_files("at the end");
        adds_up("at the end", &mut client);
        ledger.assert_all_ended(&mut client);
    }
}

/// Every job is somewhere.
fn adds_up(when: &str, client: &mut Client) {
    let stats: BTreeMap<String, String> = client.ask(&format!("JQ.STATS {QUEUE}"));
    let count = |name: &&str| stats[*name].parse::<u64>().expect("a count");
    let sum: u64 = ["waiting", "delayed", "blocked", "active", "acks", "failures"].iter().map(count).sum();
    assert_eq!(count(&"added"), sum, "{when}: {stats:?}");
}
