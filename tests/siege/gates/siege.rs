//! One gate under fifty workers, from the first job to the last.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::audit::{check_all, quiet};
use super::super::client::Client;
use super::super::deadline::{seed, times, until_true};
use super::super::support::server::Server;
use super::super::BASICS;
use super::aftermath::{each_job_ended_once, nothing_leaked};
use super::crew::Crew;
use super::evidence::Evidence;
use super::record::now;
use super::worker::Temper;
use super::{Rate, QUEUE};

/// Jobs that always wait in each lane, or without lanes.
const BACKLOG: usize = 40;
/// How long jobs are added, for each of `SIEGE_TIMES`.
const SPAN: Duration = Duration::from_secs(3);
/// Between two workers that are killed.
const KILL_EVERY: Duration = Duration::from_millis(150);

/// What the queue allows; 0: anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gates {
    pub(super) concurrency: usize,
    pub(super) rate: Option<Rate>,
    pub(super) lane_concurrency: usize,
    pub(super) lane_rate: Option<Rate>,
}

impl Gates {
    pub(super) fn open() -> Self {
        Self { concurrency: 0, rate: None, lane_concurrency: 0, lane_rate: None }
    }

    /// Every id stays known. A strict lane loses some jobs to lost leases for good; elsewhere they come back.
    fn settings(self) -> String {
        let rate =
            |rate: Option<Rate>| rate.map_or("0".to_owned(), |rate| format!("{}/{}", rate.max, rate.ms));
        let losses = if self.lane_concurrency == 1 { 1 } else { 60_000 };
        format!(
            "JQ.CONFIG {QUEUE} concurrency {} rate {} group-concurrency {} group-rate {} max-losses {losses} dedup-window -1",
            self.concurrency,
            rate(self.rate),
            self.lane_concurrency,
            rate(self.lane_rate),
        )
    }
}

/// What happens in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server is killed and started again.
    Restart,
    /// Its replica takes its place.
    Failover,
}

/// A queue and who works at it.
pub(super) struct Siege {
    pub(super) gates: Gates,
    /// 0: jobs have no GROUP.
    pub(super) lanes: usize,
    pub(super) temper: Temper,
    pub(super) trouble: Trouble,
}

/// Who adds jobs and makes trouble, while it goes on.
struct Field<'a> {
    siege: &'a Siege,
    server: Server,
    replica: Option<Server>,
    client: Client,
    crew: Crew,
    /// How many jobs were added to each lane.
    added: u64,
    killed: usize,
    /// How long there was no server, microseconds.
    down: u64,
}

impl Siege {
    /// From the first job to the last; fails if a gate did not hold, or a job was lost or done twice.
    pub(super) fn fight(&self, name: &str) -> Evidence {
        let mut field = Field::prepare(self, name);
        let begun = Instant::now();
        let span = SPAN * u32::try_from(times()).expect("a small number");
        let (mut kill_next, mut is_troubled) = (KILL_EVERY, false);
        while begun.elapsed() < span {
            field.top_up();
            if begun.elapsed() > kill_next {
                field.kill_one_who_holds();
                kill_next = begun.elapsed() + KILL_EVERY;
            }
            if !is_troubled && begun.elapsed() > span / 2 {
                is_troubled = true;
                field.make_trouble();
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let until = now();
        until_true("every job has ended", || field.unfinished() == 0);
        field.conclude(name, until)
    }
}

impl<'a> Field<'a> {
    fn prepare(siege: &'a Siege, name: &str) -> Self {
        let mut settings = BASICS.to_vec();
        settings.extend([("appendonly", "yes"), ("appendfsync", "always")]);
        let server = Server::start(&settings).expect("a server");
        let followed = format!("127.0.0.1 {}", server.port());
        let replica = (siege.trouble == Trouble::Failover).then(|| {
            settings.push(("replicaof", &followed));
            Server::start(&settings).expect("a server")
        });
        let mut client = Client::of(&server);
        client.ask::<()>(&siege.gates.settings());
        let crew = Crew::gather(server.port(), seed(name), siege.temper);
        let mut field = Self { siege, server, replica, client, crew, added: 0, killed: 0, down: 0 };
        field.top_up();
        field
    }

    /// Adds jobs to all lanes alike before any of them runs out.
    fn top_up(&mut self) {
        let lanes = self.siege.lanes.max(1);
        let waiting = self.client.stat(QUEUE, "waiting") + self.client.stat(QUEUE, "delayed");
        if usize::try_from(waiting).expect("a count") > lanes * BACKLOG / 2 {
            return;
        }
        let numbers = self.added..self.added + BACKLOG as u64;
        for lane in 0..lanes {
            let items: Vec<_> = numbers.clone().map(|number| format!("{lane}-{number} x")).collect();
            let group = if self.siege.lanes == 0 { String::new() } else { format!(" GROUP lane-{lane}") };
            self.client.ask::<()>(&format!("JQ.MADD {QUEUE} {BACKLOG} {}{group}", items.join(" ")));
        }
        self.added = numbers.end;
    }

    /// As of one instant: jobs move while this is asked.
    fn unfinished(&mut self) -> i64 {
        let stats: BTreeMap<String, String> = self.client.ask(&format!("JQ.STATS {QUEUE}"));
        ["waiting", "delayed", "active"]
            .iter()
            .map(|state| stats[*state].parse::<i64>().expect("a number"))
            .sum()
    }

    fn kill_one_who_holds(&mut self) {
        let workers: Vec<BTreeMap<String, String>> = self.client.ask(&format!("JQ.WORKERS {QUEUE}"));
        let holds = |worker: &&BTreeMap<String, String>| worker["active"] != "0";
        let names: Vec<String> =
            workers.iter().filter(holds).map(|worker| worker["worker"].clone()).collect();
        self.killed += usize::from(self.crew.kill_one(&names));
    }

    fn make_trouble(&mut self) {
        let since = now();
        match self.replica.take() {
            None => {
                self.server.kill();
                self.server.restart().unwrap_or_else(|why| panic!("{why}"));
            }
            Some(replica) => self.let_take_over(replica),
        }
        self.client = Client::of(&self.server);
        self.down += now() - since;
    }

    /// Nothing that was answered is lost on the way: the old primary stops writing before it is killed.
    fn let_take_over(&mut self, replica: Server) {
        let mut new = Client::of(&replica);
        until_true("the replica follows", || new.info("master_link_status") == "up");
        self.client.ask::<()>("CLIENT PAUSE 600000 WRITE");
        until_true("it has everything", || {
            new.info("master_repl_offset") == self.client.info("master_repl_offset")
        });
        new.ask::<()>("REPLICAOF NO ONE");
        self.crew.turn_to(replica.port());
        self.server.kill();
        self.server = replica;
    }

    /// Looks at what is left, and at what the workers have seen until then.
    fn conclude(mut self, name: &str, until: u64) -> Evidence {
        let runs = self.crew.disband();
        let (siege, client) = (self.siege, &mut self.client);
        check_all("at the end", client);
        each_job_ended_once(client, siege.lanes.max(1), self.added, &runs);
        let losses = usize::try_from(client.stat(QUEUE, "losses")).expect("a count");
        let evidence = Evidence::new(siege.gates, runs, until, self.down, losses);
        evidence.print(name, self.killed);
        evidence.gates_held(siege.lanes > 0);
        nothing_leaked(client, siege);
        quiet(&self.server);
        assert!(self.killed > 0, "nobody was killed");
        evidence
    }
}
