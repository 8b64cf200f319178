//! One limit under fifty workers, from the first job to the last.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redis::Value;
use testkit::deadline::until_true;
use testkit::Client;
use testkit::Server;

use super::super::consistency::{check_all, quiet, same};
use super::super::settings::{seed, times};
use super::super::BASICS;
use super::event_log::now;
use super::in_force::InForce;
use super::observations::Observations;
use super::operator::{Duty, Operator};
use super::postconditions::{each_job_ended_once, nothing_leaked};
use super::worker::Profile;
use super::workers::Workers;
use super::{Rate, QUEUE};

/// Jobs that always wait in each lane, or without lanes.
const BACKLOG: u64 = 40;
/// How long jobs are added, for each of `STRESS_TIMES`.
const SPAN: Duration = Duration::from_secs(3);
/// Between two workers that are killed.
const KILL_EVERY: Duration = Duration::from_millis(150);
/// Between two changes of an operator.
const CHANGE_EVERY: Duration = Duration::from_millis(20);

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
        let rate = |rate: Option<Rate>| rate.map_or("0".to_owned(), Rate::setting);
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
    /// What an operator does meanwhile, with lanes.
    pub(super) duties: &'static [Duty],
}

/// A trial that goes on: adds jobs, kills workers and the server.
struct InProgress<'a> {
    trial: &'a Trial,
    server: Server,
    replica: Option<Server>,
    /// Follows whoever is the primary in the end.
    follower: Server,
    client: Client,
    workers: Workers,
    operator: Operator,
    /// How many jobs were added to each lane, or without lanes.
    added: Vec<u64>,
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
        let (mut kill_next, mut change_next, mut is_troubled) = (KILL_EVERY, CHANGE_EVERY, false);
        while begun.elapsed() < span {
            trial.top_up();
            if begun.elapsed() > kill_next {
                trial.kill_a_worker_with_a_job();
                kill_next = begun.elapsed() + KILL_EVERY;
            }
            if begun.elapsed() > change_next {
                trial.operator.act(&mut trial.client);
                change_next = begun.elapsed() + CHANGE_EVERY;
            }
            if !is_troubled && begun.elapsed() > span / 2 {
                is_troubled = true;
                trial.make_trouble();
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let until = now();
        let made = trial.operator.leave(&mut trial.client);
        until_true("every job has ended", || trial.client.unfinished(QUEUE) == 0);
        trial.conclude(name, until, InForce::new(made, self.limits))
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
        let last = format!("127.0.0.1 {}", replica.as_ref().unwrap_or(&server).port());
        let follower = Server::start(&[&BASICS[..], &[("replicaof", &last)]].concat()).expect("a server");
        let mut client = Client::of(&server);
        client.ask::<()>(&trial.limits.settings());
        let seed = seed(name);
        let workers = Workers::start(server.port(), seed, trial.profile);
        let operator = Operator::new(trial.duties, trial.lanes, trial.limits, seed);
        let added = vec![0; trial.lanes.max(1)];
        let mut trial =
            Self { trial, server, replica, follower, client, workers, operator, added, killed: 0, down: 0 };
        trial.top_up();
        trial
    }

    /// Adds jobs to each lane before it runs out.
    fn top_up(&mut self) {
        for (lane, waiting) in self.waiting().into_iter().enumerate() {
            if waiting > BACKLOG / 2 {
                continue;
            }
            let numbers = self.added[lane]..self.added[lane] + BACKLOG;
            let items: Vec<_> = numbers.clone().map(|number| format!("{lane}-{number} x")).collect();
            let group = if self.trial.lanes == 0 { String::new() } else { format!(" GROUP lane-{lane}") };
            self.client.ask::<()>(&format!("JQ.MADD {QUEUE} {BACKLOG} {}{group}", items.join(" ")));
            self.added[lane] = numbers.end;
        }
    }

    /// How many jobs wait in each lane, or without lanes.
    fn waiting(&mut self) -> Vec<u64> {
        if self.trial.lanes == 0 {
            let stat = |state| self.client.stat(QUEUE, state);
            return vec![["waiting", "delayed"].map(stat).iter().sum::<i64>().unsigned_abs()];
        }
        let (_, groups): (String, Vec<BTreeMap<String, Value>>) =
            self.client.ask(&format!("JQ.GROUPS {QUEUE} COUNT 10000"));
        let mut waiting = vec![0; self.trial.lanes];
        for group in groups {
            let name: String = redis::from_redis_value(&group["group"]).expect("a name");
            let lane: usize = name.trim_start_matches("lane-").parse().expect("a lane");
            waiting[lane] = redis::from_redis_value(&group["waiting"]).expect("a count");
        }
        waiting
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
    fn conclude(mut self, name: &str, until: u64, in_force: InForce) -> Observations {
        let runs = self.workers.finish();
        check_all("at the end", &mut self.client);
        compare(&mut self.client, &mut Client::of(&self.follower));
        let (trial, client) = (self.trial, &mut self.client);
        each_job_ended_once(client, &self.added, &runs);
        let losses = usize::try_from(client.stat(QUEUE, "losses")).expect("a count");
        let observations = Observations::new(trial.limits, in_force, runs, until, self.down, losses);
        observations.print(name, self.killed);
        observations.assert_within_limits(trial.lanes > 0);
        nothing_leaked(client, trial);
        quiet(&self.server);
        assert!(self.killed > 0, "no worker was killed");
        observations
    }
}

/// Fails if the replica does not hold what its primary holds, in which nothing happens meanwhile.
fn compare(primary: &mut Client, replica: &mut Client) {
    primary.ask::<()>("CLIENT PAUSE 600000 WRITE");
    until_true("the replica has everything", || {
        replica.info("master_link_status") == "up"
            && replica.info("master_repl_offset") == primary.info("master_repl_offset")
    });
    same("the primary and its replica", primary, replica);
    check_all("the replica", replica);
    primary.ask::<()>("CLIENT UNPAUSE");
}
