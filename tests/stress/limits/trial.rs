//! One limit under fifty workers, from the first job to the last.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use testkit::deadline::until_true;
use testkit::Client;
use testkit::Server;

use super::super::consistency::{check_all, quiet};
use super::super::settings::{seed, times};
use super::super::BASICS;
use super::event_log::now;
use super::observations::Observations;
use super::postconditions::{each_job_ended_once, nothing_leaked};
use super::worker::Profile;
use super::workers::Workers;
use super::{Rate, QUEUE};

/// Jobs that always wait in each lane, or without lanes.
const BACKLOG: usize = 40;
/// How long jobs are added, for each of `STRESS_TIMES`.
const SPAN: Duration = Duration::from_secs(3);
/// Between two workers that are killed.
const KILL_EVERY: Duration = Duration::from_millis(150);

/// What the queue allows; 0: anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) concurrency: usize,
    pub(super) rate: Option<Rate>,
    pub(super) lane_concurrency: usize,
    pub(super) lane_rate: Option<Rate>,
}

impl Limits {
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

/// A queue, its limits, and how its workers behave.
pub(super) struct Trial {
    pub(super) limits: Limits,
    /// 0: jobs have no GROUP.
    pub(super) lanes: usize,
    pub(super) profile: Profile,
    pub(super) trouble: Trouble,
}

/// A trial that goes on: adds jobs, kills workers and the server.
struct InProgress<'a> {
    trial: &'a Trial,
    server: Server,
    replica: Option<Server>,
    client: Client,
    workers: Workers,
    /// How many jobs were added to each lane.
    added: u64,
    killed: usize,
    /// How long there was no server, microseconds.
    down: u64,
}

impl Trial {
    /// From the first job to the last; fails if a limit was exceeded, or a job was lost or done twice.
    pub(super) fn play(&self, name: &str) -> Observations {
        let mut trial = InProgress::prepare(self, name);
        let begun = Instant::now();
        let span = SPAN * u32::try_from(times()).expect("a small number");
        let (mut kill_next, mut is_troubled) = (KILL_EVERY, false);
        while begun.elapsed() < span {
            trial.top_up();
            if begun.elapsed() > kill_next {
                trial.kill_a_worker_with_a_job();
                kill_next = begun.elapsed() + KILL_EVERY;
            }
            if !is_troubled && begun.elapsed() > span / 2 {
                is_troubled = true;
                trial.make_trouble();
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let until = now();
        until_true("every job has ended", || trial.unfinished() == 0);
        trial.conclude(name, until)
    }
}

impl<'a> InProgress<'a> {
    fn prepare(trial: &'a Trial, name: &str) -> Self {
        let mut settings = BASICS.to_vec();
        settings.extend([("appendonly", "yes"), ("appendfsync", "always")]);
        let server = Server::start(&settings).expect("a server");
        let followed = format!("127.0.0.1 {}", server.port());
        let replica = (trial.trouble == Trouble::Failover).then(|| {
            settings.push(("replicaof", &followed));
            Server::start(&settings).expect("a server")
        });
        let mut client = Client::of(&server);
        client.ask::<()>(&trial.limits.settings());
        let workers = Workers::start(server.port(), seed(name), trial.profile);
        let mut trial = Self { trial, server, replica, client, workers, added: 0, killed: 0, down: 0 };
        trial.top_up();
        trial
    }

    /// Adds jobs to all lanes alike before any of them runs out.
    fn top_up(&mut self) {
        let lanes = self.trial.lanes.max(1);
        let waiting = self.client.stat(QUEUE, "waiting") + self.client.stat(QUEUE, "delayed");
        if usize::try_from(waiting).expect("a count") > lanes * BACKLOG / 2 {
            return;
        }
        let numbers = self.added..self.added + BACKLOG as u64;
        for lane in 0..lanes {
            let items: Vec<_> = numbers.clone().map(|number| format!("{lane}-{number} x")).collect();
            let group = if self.trial.lanes == 0 { String::new() } else { format!(" GROUP lane-{lane}") };
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

    fn kill_a_worker_with_a_job(&mut self) {
        let (_, workers): (String, Vec<BTreeMap<String, String>>) =
            self.client.ask(&format!("JQ.WORKERS {QUEUE} COUNT 10000"));
        let holds = |worker: &&BTreeMap<String, String>| worker["active"] != "0";
        let names: Vec<String> =
            workers.iter().filter(holds).map(|worker| worker["worker"].clone()).collect();
        self.killed += usize::from(self.workers.kill_one(&names));
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
        self.workers.switch_to(replica.port());
        self.server.kill();
        self.server = replica;
    }

    /// Looks at what is left, and at what the workers have seen until then.
    fn conclude(mut self, name: &str, until: u64) -> Observations {
        let runs = self.workers.finish();
        let (trial, client) = (self.trial, &mut self.client);
        check_all("at the end", client);
        each_job_ended_once(client, trial.lanes.max(1), self.added, &runs);
        let losses = usize::try_from(client.stat(QUEUE, "losses")).expect("a count");
        let observations = Observations::new(trial.limits, runs, until, self.down, losses);
        observations.print(name, self.killed);
        observations.assert_within_limits(trial.lanes > 0);
        nothing_leaked(client, trial);
        quiet(&self.server);
        assert!(self.killed > 0, "no worker was killed");
        observations
    }
}
