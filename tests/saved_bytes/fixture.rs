//! A queue behind its commands, without a server: what it journals is collected.

use redis_jq::codec::effects::JournalWriter;
use redis_jq::codec::snapshot::{save, save_state, Loader};
use redis_jq::codec::DecodeError;
use redis_jq::commands::reply::Reply;
use redis_jq::commands::standalone::Standalone;
use redis_jq::commands::{ArgLimits, Env, NoWorkers};
use redis_jq::queue::{Now, Queue, Session};
use testkit::traffic::{Lease, Traffic};

/// 2024, in microseconds.
pub(crate) const START: u64 = 1_704_067_200_000_000;

/// A queue at which commands are done.
pub(crate) struct Fixture {
    pub(crate) queue: Queue,
    /// What was journalled, in order.
    pub(crate) blobs: Vec<Vec<u8>>,
    traffic: Traffic,
    now: u64,
}

impl Fixture {
    /// A queue with short spans.
    pub(crate) fn new(seed: u64) -> Self {
        let mut fixture = Self::over(Queue::default(), seed, START);
        fixture.call(&Traffic::settings("q"));
        fixture
    }

    /// A queue with a job in every state and every field of a job in use.
    pub(crate) fn with_one_of_everything() -> Self {
        let mut fixture = Self::over(Queue::default(), 0, START);
        let script =
            "JQ.CONFIG q lease 50 dedup-window 100 keep-completed 50 keep-failed 60 max-ids 99 max-jobs 99
            JQ.CONFIG q concurrency 99 rate 50/100000 group-concurrency 1 group-rate 3/100000
            JQ.CONFIG q events-max 12 max-field-bytes 500 max-log-bytes 60 shards 3 shards-before 2
            JQ.ADD q completed p KEEP 20 DEDUP 40
            JQ.ADD q remembered p DEDUP 60 KEEP 0
            JQ.ADD q endless p DEDUP -1 KEEP 0
            JQ.ADD q failed p ATTEMPTS 1 BATCH open
            JQ.CLAIM q w COUNT 4
            JQ.PROGRESS q $completed completed half
            JQ.ACK q $completed completed RESULT r
            JQ.ACK q $remembered remembered $endless endless
            JQ.NACK q $failed failed ERROR e SET why e UNSET kind
            JQ.ADD q lapsed p
            JQ.CLAIM q w LEASE 1
            JQ.ADD q active p PRIORITY -1
            JQ.CLAIM q w2
            JQ.ADD q active again DELAY 5 PX 9 ATTEMPTS 2 ONDUP RERUN
            JQ.ADD q active later DELAY 6 MAXWAIT 9 PRIORITY 0 ONDUP REPLACE SET next life NAME later
            JQ.ADD q lost p PRIORITY -1 BATCH open
            JQ.CLAIM q w2 LEASE 1
            JQ.ADD q lost again DELAY 90 ONDUP RERUN
            JQ.ADD q debounced p DELAY 30 MAXWAIT 35 ONDUP REPLACE
            JQ.ADD q debounced again DELAY 30 MAXWAIT 35 PX 90 KEEP 3 GROUP lane PRIORITY 1 ONDUP REPLACE
            JQ.ADD q rerun p PRIORITY -1
            JQ.CLAIM q w2
            JQ.ADD q rerun again DELAY 25 ONDUP RERUN
            JQ.ACK q $rerun rerun
            JQ.ADD q cancelled p PRIORITY -1
            JQ.CLAIM q w2
            JQ.CANCEL q cancelled
            JQ.ADD q noted p SET kind mail SET other value PRIORITY 9 NAME sms
            JQ.ADD q noted p ONDUP REPLACE SET more x NAME mail
            JQ.LOG q noted one two
            JQ.LOG q failed why
            JQ.ADD q waiting p PX 30 ATTEMPTS 7 BACKOFF FIXED 3
            JQ.ADD q delayed p DELAY 20 PX 30 BACKOFF EXPONENTIAL 2
            JQ.ADD q first p FRONT PRIORITY 9 GROUP lane
            JQ.ADD q first-soon p DELAY 900 FRONT
            JQ.ADD q held p HOLD PX 900 BATCH open
            JQ.ADD q handed p PRIORITY -9
            JQ.CLAIM q w2
            JQ.RELEASE q $handed handed HOLD
            JQ.CHANGE q handed PAYLOAD other PROGRESS half PRIORITY 2
            JQ.ADD q 1 p HOLD
            JQ.ADD q # p HOLD
            JQ.ADD q member p BATCH open
            JQ.ADD q blocked p AFTER open BATCH later PX 30 DELAY 9
            JQ.ADD q blocked-ok p AFTEROK open
            JQ.ADD q holder p GROUP lane PRIORITY -2
            JQ.CLAIM q w2
            JQ.NACK q $holder holder DELAY 9 FRONT
            JQ.ADD q behind p GROUP lane
            JQ.ADD q other p GROUP other PRIORITY -2 DEDUP 0
            JQ.CLAIM q w2
            JQ.ADD q other again GROUP lane ONDUP RERUN
            JQ.ADD q gone p GROUP faded PRIORITY -3 DEDUP 0
            JQ.CLAIM q w2
            JQ.ACK q $gone gone
            JQ.SEAL q later
            JQ.SEAL q finished
            JQ.SCHEDULE q gone p EVERY 1000
            JQ.SCHEDULE q every p EVERY 2 UNTIL 1704067300000 OVERLAP SKIP PRIORITY 9 PX 30 ATTEMPTS 2 ONDUP RERUN
            JQ.SCHEDULE q cron p CRON @hourly TZ Europe/Berlin FROM 1704067200001 BACKOFF FIXED 3 DEDUP 5 KEEP 4 NAME ticked
            JQ.UNSCHEDULE q gone
            JQ.PAUSE q
            JQ.RESUME q
            JQ.EMIT q told ID waiting field value other value
            JQ.EMIT q tick
            JQ.ADD q spoken p PRIORITY -9 GROUP faded
            JQ.CLAIM q w2 LEASE 1
            JQ.EXTEND q 900 $spoken spoken
            JQ.PAUSE q GROUP lane FOR 5000
            JQ.PAUSE q GROUP lane
            JQ.PAUSE q GROUP without-jobs
            JQ.PAUSE q GROUP short FOR 1000
            JQ.RESUME q GROUP short
            JQ.PAUSE q FOR 70
            JQ.PAUSE q
            JQ.RESUME q ONLY PAUSE
            JQ.GROUP q lane concurrency 2 rate 5/1000/window
            JQ.GROUP q limited rate 0
            JQ.GROUP q set-back concurrency 7
            JQ.GROUP q set-back concurrency default
            JQ.ONEXPIRE q t: DELAY 5 PX 50 BACKOFF FIXED 3
            JQ.ONEXPIRE q t:lull DELAY 5 MAXWAIT 9 PRIORITY 0 ONDUP REPLACE
            JQ.ONEXPIRE q t:longer KEEP 5 GROUP lane ONDUP IGNORE";
        fixture.script(script);
        fixture
    }

    /// Does the commands of a script, one a line and a millisecond.
    pub(crate) fn script(&mut self, script: &str) {
        for line in script.lines() {
            self.now += 1000;
            let words: Vec<_> = line.split_whitespace().map(|word| self.resolve(word)).collect();
            self.call(&words);
        }
    }

    /// `$id` is the token of the job's latest claim.
    fn resolve(&self, word: &str) -> Vec<u8> {
        let Some(id) = word.strip_prefix('$') else { return word.into() };
        let token = self.queue.view(id.as_bytes()).and_then(|view| view.token);
        token.expect("it was claimed").to_string().into_bytes()
    }

    /// An existing queue, at `now` in Unix microseconds.
    pub(crate) fn over(queue: Queue, seed: u64, now: u64) -> Self {
        Self { queue, blobs: Vec::new(), traffic: Traffic::new(seed).with_schedules(), now }
    }

    /// Does random commands, a few milliseconds one after the other.
    pub(crate) fn work(&mut self, commands: usize) {
        for _ in 0..commands {
            let ms = *self.traffic.rng.pick(&[0, 0, 0, 0, 1, 1, 2, 5, 20]);
            self.now += ms * 1000 + 1;
            let words = self.traffic.command("q");
            self.call(&words);
        }
    }

    /// Lets time pass to the next instant at which it does something, so many times or until there is none.
    pub(crate) fn sleep(&mut self, times: usize) {
        for _ in 0..times {
            let Some(due) = self.queue.next_due() else { return };
            self.now = self.now.max(due.0.saturating_mul(1000));
            let now = Now::from_micros(self.now);
            let mut log = JournalWriter::new(now, Vec::new());
            Session::begin(&mut self.queue, now, &mut log);
        }
    }

    fn call(&mut self, words: &[Vec<u8>]) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let now = Now::from_micros(self.now);
        let mut log = JournalWriter::new(now, Vec::new());
        let mut reply = ExpiryOutcome::default();
        let outcome = Standalone {
            queue: &mut self.queue,
            journal: &mut log,
            env: Env { now, workers: &NoWorkers, may_block: false },
            limits: ArgLimits { max_payload: 1 << 20 },
        }
        .call(&words, &mut reply);
        // A refusal by a limit is an answer like others.
        let _ = outcome.expect("a command of the manual");
        log.finish(|blob| self.blobs.push(blob.to_vec()));
        if words[0] == b"JQ.CLAIM" {
            self.learn(&reply);
        }
    }

    /// A claim is answered with token, id, attempt and payload of each job. Leases of one with FULL are not learned.
    fn learn(&mut self, reply: &ExpiryOutcome) {
        let is_full = reply.bytes.iter().any(|text| text == b"lease-until");
        if is_full {
            return;
        }
        for (ints, bytes) in reply.ints.chunks_exact(2).zip(reply.bytes.chunks_exact(2)) {
            self.traffic.learn(Lease { queue: b"q".to_vec(), token: ints[0], id: bytes[0].clone() });
        }
    }
}

/// The integers and the strings of a reply, each in order.
#[derive(Default)]
struct ExpiryOutcome {
    ints: Vec<u64>,
    bytes: Vec<Vec<u8>>,
}

impl Reply for ExpiryOutcome {
    fn ok(&mut self) {}

    fn int(&mut self, value: i64) {
        self.ints.push(value.unsigned_abs());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.bytes.push(value.to_vec());
    }

    fn null(&mut self) {}

    fn null_string(&mut self) {}

    fn array(&mut self, _: usize) {}

    fn map(&mut self, _: usize) {}
}

/// A queue in sections.
pub(crate) fn saved(queue: &Queue) -> Vec<Vec<u8>> {
    let mut sections = Vec::new();
    save(queue, &mut |section| sections.push(section.to_vec()));
    sections
}

/// The state of a queue in sections: what is equal on every server.
pub(crate) fn state(queue: &Queue) -> Vec<Vec<u8>> {
    let mut sections = Vec::new();
    save_state(queue, &mut |section| sections.push(section.to_vec()));
    sections
}

/// The queue that sections hold.
pub(crate) fn load(sections: &[Vec<u8>]) -> Result<Queue, DecodeError> {
    let mut loader = Loader::default();
    sections.iter().try_for_each(|section| loader.section(section))?;
    loader.finish()
}
