//! What producers, workers and operators send: every command with every option, on few ids and with short
//! spans, so that everything meets everything and time has much to do.

mod batches;
mod events;
mod fields;
mod limits;
mod selected;

use crate::rng::Rng;

/// The words of one command, its name first.
pub type Words = Vec<Vec<u8>>;

const IDS: usize = 48;
const WORKERS: [&str; 5] = ["w1", "w2", "w3", "a-worker-with-a-longer-name", "w\u{0}5"];
/// Milliseconds.
const SPANS: [&str; 9] = ["0", "1", "2", "5", "10", "20", "50", "100", "3000"];
/// Milliseconds where 0 is refused.
const LEASES: [&str; 7] = ["1", "2", "5", "20", "50", "200", "30000"];
/// Leases remembered, good or stale.
const LEASES_KEPT: usize = 64;

/// A job that a worker holds, as far as the sender knows.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The key of the queue.
    pub queue: Vec<u8>,
    /// Proves the claim.
    pub token: u64,
    /// The id of the job.
    pub id: Vec<u8>,
}

/// A source of commands.
#[derive(Debug)]
pub struct Traffic {
    /// Decides everything.
    pub rng: Rng,
    leases: Vec<Lease>,
    schedules: bool,
}

impl Traffic {
    /// The same commands for the same seed, as long as the same leases are learned.
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), leases: Vec::new(), schedules: false }
    }

    /// Sets schedules too: only for clocks that stand still, because a queue that has one is never at rest.
    #[must_use]
    pub fn with_schedules(self) -> Self {
        Self { schedules: true, ..self }
    }

    /// A claim was answered.
    pub fn learn(&mut self, lease: Lease) {
        if self.leases.len() >= LEASES_KEPT {
            self.leases.remove(0);
        }
        self.leases.push(lease);
    }

    /// A command on `queue`.
    pub fn command(&mut self, queue: &str) -> Words {
        if self.schedules && self.rng.one_in(25) {
            return self.schedule(queue);
        }
        match self.rng.below(114) {
            0..26 => self.add(queue),
            26..32 => self.madd(queue),
            32..50 => self.claim(queue),
            50..52 => self.claim_any(queue),
            52..54 => self.held(queue),
            54..66 => self.ack(queue),
            66..74 => self.nack(queue),
            74..77 => self.release(queue),
            77..80 => self.extend(queue),
            80..83 => self.progress(queue),
            83..85 => self.setting(queue),
            85..88 => self.view(queue),
            88 => self.limit(queue),
            89 => self.pause(queue),
            90..93 => self.resume(queue),
            93 => self.change_selected(queue),
            94 if self.rng.one_in(2) => self.log(queue),
            94..99 => self.admin(queue),
            99 => self.purge(queue),
            110.. => self.event(queue),
            _ => self.batch(queue),
        }
    }

    /// The settings of a new queue.
    pub fn settings(queue: &str) -> Words {
        let line = "lease 20 attempts 3 backoff exponential/1 max-backoff 20 jitter 50 max-losses 3 \
                    dedup-window 100 keep-completed 50 keep-completed-max 0 keep-failed 200 keep-failed-max 20 \
                    keep-batches 200 concurrency 0 rate 0 group-concurrency 1 group-rate 0 events-max 300";
        join(words("JQ.CONFIG", queue), line)
    }

    fn add(&mut self, queue: &str) -> Words {
        let id = self.new_id();
        let mut command = words("JQ.ADD", queue);
        command.extend([id, self.payload()]);
        let command = self.shards(command);
        self.job_options(command)
    }

    fn madd(&mut self, queue: &str) -> Words {
        let count = 1 + self.rng.below(6);
        let mut command = join(words("JQ.MADD", queue), &count.to_string());
        for _ in 0..count {
            let id = self.new_id();
            command.extend([id, self.payload()]);
        }
        command = self.shards(command);
        command = self.job_options(command);
        let own = ["JOB 1 PRIORITY 3", "JOB 1 FRONT DELAY 5", "JOB 1 KEEP 50 GROUP g2 ATTEMPTS 1"];
        let own = *self.rng.pick(&own);
        // A PX or a MAXWAIT of all might not fit its delay.
        let fits = !command.iter().any(|word| word == b"PX" || word == b"MAXWAIT" || word == b"HOLD");
        if fits && self.rng.one_in(5) {
            return join(command, own);
        }
        command
    }

    /// How many shards the producer counts on, now and then.
    fn shards(&mut self, command: Words) -> Words {
        self.option(command, 10, "SHARDS", &["1", "2"])
    }

    fn job_options(&mut self, mut command: Words) -> Words {
        if self.rng.one_in(12) {
            let debounces = ["DELAY 5 MAXWAIT 20 ONDUP REPLACE", "ONDUP REPLACE DELAY 20 PX 101 MAXWAIT 30"];
            let debounce = *self.rng.pick(&debounces);
            return self.group(join(command, debounce));
        }
        if self.rng.one_in(20) {
            return self.option(join(command, "HOLD"), 3, "PX", &["30", "1000"]);
        }
        command = self.option(command, 4, "DELAY", &SPANS[..8]);
        let command = self.set(command);
        self.common_options(command)
    }

    /// The options of a job but for its start.
    fn common_options(&mut self, mut command: Words) -> Words {
        command = self.option(command, 4, "PRIORITY", &["-2147483648", "-3", "0", "3", "2147483647"]);
        command = self.option(command, 6, "FRONT", &[""]);
        command = self.option(command, 5, "ATTEMPTS", &["1", "2", "5"]);
        command = self.option(command, 6, "BACKOFF", &["FIXED 0", "FIXED 3", "EXPONENTIAL 2"]);
        command = self.option(command, 4, "DEDUP", &["-1", "0", "1", "20", "3000", "KEPT"]);
        command = self.group(command);
        // What a known id means, and batches, do not go together.
        command = match self.rng.below(4) {
            0..2 => self.option(command, 1, "ONDUP", &["IGNORE", "REPLACE", "RERUN"]),
            2 => self.batch_options(command),
            _ => command,
        };
        command = self.option(command, 4, "NAME", &["mail", "sms", "a-longer-name-of-a-kind"]);
        command = self.option(command, 6, "PX", &["1", "2", "30", "101", "1000"]);
        command = self.option(command, 6, "MAXRUN", &["-1", "1", "20", "100"]);
        self.option(command, 5, "KEEP", &["-1", "0", "5", "50", "3000"])
    }

    fn schedule(&mut self, queue: &str) -> Words {
        let name = *self.rng.pick(&["s1", "s2", "s3", "s\u{0}4"]);
        let verb = *self.rng.pick(&["SET", "SET", "SET", "JQ.UNSCHEDULE", "JQ.SCHEDULES"]);
        let mut command = words(if verb == "SET" { "JQ.SCHEDULE" } else { verb }, queue);
        if verb != "JQ.SCHEDULES" {
            command.push(name.into());
        }
        if verb != "SET" {
            return command;
        }
        command.push(self.payload());
        let timetables = [
            "EVERY 1",
            "EVERY 7 FROM 1704067200003",
            "EVERY 3600000",
            "EVERY 20 UNTIL 1704067200100",
            "CRON @hourly",
            "CRON @daily TZ Australia/Lord_Howe FROM 1704067200001",
            "CRON @weekly TZ Europe/Berlin UNTIL 4102444800000",
        ];
        let timetable = *self.rng.pick(&timetables);
        let command = self.option(join(command, timetable), 2, "OVERLAP", &["ALLOW", "SKIP"]);
        self.common_options(command)
    }

    fn claim(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIM", queue);
        command.push(self.worker());
        command = self.option(command, 2, "COUNT", &["2", "3", "10"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        command = self.option(command, 8, "MAXBYTES", &["0", "10", "100"]);
        command = self.option(command, 6, "FULL", &[""]);
        self.option(command, 4, "BLOCK", &["1", "5", "30", "30 MIN 1"])
    }

    /// Of this queue, before it of one that does not exist, behind it of itself.
    fn claim_any(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIMANY", "3");
        command.extend([b"nowhere".to_vec(), queue.into(), queue.into(), self.worker()]);
        command = self.option(command, 2, "COUNT", &["2", "3", "10"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        self.option(command, 4, "BLOCK", &["1", "5", "30"])
    }

    fn held(&mut self, queue: &str) -> Words {
        let mut command = words("JQ.CLAIM", queue);
        command.extend([self.worker(), b"HELD".to_vec()]);
        command = self.option(command, 3, "FULL", &[""]);
        self.option(command, 2, "LEASE", &LEASES)
    }

    fn ack(&mut self, queue: &str) -> Words {
        let most = 1 + self.rng.below(3);
        let command = self.with_leases(words("JQ.ACK", queue), queue, most);
        let results = ["done", "r s", "done r NEXT"];
        let command = self.option(command, 3, "RESULT", &results[most - 1..most]);
        let command = self.keep(command);
        let command = self.answer_fields(command);
        self.next(command)
    }

    fn nack(&mut self, queue: &str) -> Words {
        let most = 1 + self.rng.below(3);
        let command = self.with_leases(words("JQ.NACK", queue), queue, most);
        let command = self.option(command, 2, "ERROR", &["broken", "x"]);
        let or = self.rng.one_in(2);
        let wait = if or { "DELAY" } else { "FATAL" };
        let command = if self.rng.one_in(6) {
            self.option(join(command, "FRONT"), 2, "DELAY", &SPANS)
        } else {
            self.option(command, 4, wait, if or { &SPANS } else { &[""] })
        };
        let command = self.keep(command);
        let command = self.answer_fields(command);
        self.next(command)
    }

    /// How long the record is kept, now and then.
    fn keep(&mut self, command: Words) -> Words {
        self.option(command, 6, "KEEP", &["-1", "0", "5", "50 MAX 3", "-1 MAX 5", "0 MAX 2"])
    }

    /// Claims the next jobs, now and then.
    fn next(&mut self, mut command: Words) -> Words {
        if !self.rng.one_in(3) {
            return command;
        }
        command.extend([b"NEXT".to_vec(), self.worker()]);
        command = self.option(command, 3, "COUNT", &["2", "3"]);
        command = self.option(command, 3, "LEASE", &LEASES);
        command = self.option(command, 8, "MAXBYTES", &["0", "10", "100"]);
        self.option(command, 6, "FULL", &[""])
    }

    fn release(&mut self, queue: &str) -> Words {
        if self.rng.one_in(4) {
            let mut command = join(words("JQ.RELEASE", queue), "WORKER");
            command.push(self.worker());
            return command;
        }
        let command = self.with_leases(words("JQ.RELEASE", queue), queue, 2);
        if self.rng.one_in(6) {
            return join(command, "HOLD");
        }
        let command = self.option(command, 4, "FRONT", &[""]);
        let command = self.option(command, 3, "DELAY", &SPANS);
        self.change_fields(command)
    }

    fn extend(&mut self, queue: &str) -> Words {
        let span = *self.rng.pick(&LEASES);
        self.with_leases(join(words("JQ.EXTEND", queue), span), queue, 2)
    }

    fn progress(&mut self, queue: &str) -> Words {
        let mut command = self.with_leases(words("JQ.PROGRESS", queue), queue, 1);
        command.push(self.payload());
        command
    }

    fn setting(&mut self, queue: &str) -> Words {
        let settings = [
            "lease 5",
            "lease 50",
            "attempts 1",
            "attempts 3",
            "backoff fixed/2",
            "backoff exponential/1",
            "max-losses 0",
            "max-losses 3",
            "dedup-window 0",
            "dedup-window 100",
            "dedup-window -1",
            "dedup-window kept",
            "max-ids 30 max-jobs 20",
            "max-ids 0 max-jobs 0",
            "keep-completed 0",
            "keep-completed 50 keep-completed-max 3",
            "keep-failed -1 keep-failed-max 2",
            "keep-failed 100 keep-failed-max 0",
            "keep-batches 0",
            "keep-batches 100",
            "keep-batches -1",
            "max-run 30",
            "max-field-bytes 0",
            "max-field-bytes 40",
            "max-field-bytes 16384",
            "max-log-bytes 0",
            "max-log-bytes 60",
            "max-log-bytes 65536",
            "max-run -1",
            "shards 2 shards-before 1",
            "shards 0",
        ];
        let setting = *self.rng.pick(&settings);
        join(words("JQ.CONFIG", queue), setting)
    }

    fn view(&mut self, queue: &str) -> Words {
        match self.rng.below(12) {
            0 => self.on_ids("JQ.GET", queue, 1),
            11 => {
                let command = self.on_ids("JQ.LOGS", queue, 1);
                self.option(command, 2, "COUNT", &["1", "2 SKIP 1", "100 REV"])
            }
            10 => self.option(words("JQ.NAMES", queue), 2, "COUNT", &["1", "2 CURSOR =mail"]),
            1 => self.on_ids("JQ.EXPLAIN", queue, 1),
            2 => words("JQ.STATS", queue),
            3 => words("JQ.CONFIG", queue),
            4 => words("JQ.CHECK", queue),
            5 => join(words("JQ.STATS", queue), "JSON"),
            6 => self.option(words("JQ.WORKERS", queue), 2, "COUNT", &["1", "2 CURSOR =w1", "100 JSON"]),
            7 => words("JQ.SERIES", queue),
            8 => self.count(queue),
            _ => self.list(queue),
        }
    }

    fn admin(&mut self, queue: &str) -> Words {
        if self.rng.one_in(4) {
            return self.change(queue);
        }
        let verb =
            *self.rng.pick(&["JQ.REMOVE", "JQ.CANCEL", "JQ.CANCEL", "JQ.PROMOTE", "JQ.RETRY", "JQ.RERUN"]);
        let most = 1 + self.rng.below(3);
        let mut command = self.on_ids(verb, queue, most);
        if verb == "JQ.PROMOTE" {
            command = self.option(command, 3, "DELAY", &SPANS);
        }
        let command = self.front(verb, command);
        if matches!(verb, "JQ.RETRY" | "JQ.RERUN") {
            self.change_fields(command)
        } else {
            command
        }
    }

    fn change(&mut self, queue: &str) -> Words {
        let mut command = self.on_ids("JQ.CHANGE", queue, 1);
        command.extend([b"PROGRESS".to_vec(), self.payload()]);
        if self.rng.one_in(2) {
            command.extend([b"PAYLOAD".to_vec(), self.payload()]);
        }
        command = self.option(command, 3, "PRIORITY", &["-3", "0", "3"]);
        command = self.option(command, 3, "DELAY", &SPANS);
        command = self.option(command, 4, "FRONT", &[""]);
        command = self.option(command, 4, "NAME", &["mail", "fax"]);
        self.change_fields(command)
    }

    /// Adds FRONT to some of the commands that have it.
    fn front(&mut self, verb: &str, command: Words) -> Words {
        if matches!(verb, "JQ.PROMOTE" | "JQ.RETRY" | "JQ.RERUN") {
            self.option(command, 4, "FRONT", &[""])
        } else {
            command
        }
    }

    fn on_ids(&mut self, verb: &str, queue: &str, count: usize) -> Words {
        let mut command = words(verb, queue);
        command.extend((0..count).map(|_| self.id()).collect::<Vec<_>>());
        command
    }

    /// Adds `name` and one of `values`, once in `times`.
    pub fn option(&mut self, command: Words, times: usize, name: &str, values: &[&str]) -> Words {
        if !self.rng.one_in(times) {
            return command;
        }
        let value = *self.rng.pick(values);
        join(command, &format!("{name} {value}"))
    }

    /// Adds up to `most` pairs of token and id: mostly good ones, then stale ones, then made-up ones.
    fn with_leases(&mut self, mut command: Words, queue: &str, most: usize) -> Words {
        for _ in 0..most {
            let mine = |lease: &Lease| lease.queue == queue.as_bytes();
            let lease = if self.rng.one_in(12) {
                let token = *self.rng.pick(&[0, 1, u64::MAX >> 11]);
                Lease { queue: Vec::new(), token, id: self.id() }
            } else if let Some(at) = self.leases.iter().rposition(mine) {
                // Some are kept, to be sent again when they are no longer good.
                if self.rng.one_in(4) {
                    self.leases[at].clone()
                } else {
                    self.leases.remove(at)
                }
            } else {
                Lease { queue: Vec::new(), token: 7, id: self.id() }
            };
            command.extend([lease.token.to_string().into_bytes(), lease.id]);
        }
        command
    }

    /// An id, or what asks for one.
    fn new_id(&mut self) -> Vec<u8> {
        match self.rng.below(20) {
            0..2 => b"*".to_vec(),
            2 => b"#".to_vec(),
            _ => self.id(),
        }
    }

    /// One of few ids, some of them unusual bytes.
    pub fn id(&mut self) -> Vec<u8> {
        match self.rng.below(IDS) {
            0 => b"\x00\xff binary\r\n".to_vec(),
            1 => vec![b'l'; 512],
            n => format!("job-{n}").into_bytes(),
        }
    }

    fn payload(&mut self) -> Vec<u8> {
        let len = match self.rng.below(40) {
            0 => 0,
            1 => 9000,
            n => n,
        };
        self.rng.bytes(len)
    }

    fn worker(&mut self) -> Vec<u8> {
        self.rng.pick(&WORKERS).as_bytes().to_vec()
    }
}

/// `verb` on `queue`.
pub fn words(verb: &str, queue: &str) -> Words {
    vec![verb.into(), queue.into()]
}

/// `command` with the words of `more`, which spaces separate.
pub fn join(mut command: Words, more: &str) -> Words {
    command.extend(more.split_whitespace().map(|word| word.as_bytes().to_vec()));
    command
}
