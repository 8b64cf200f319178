//! What producers, workers and operators send: every command with every option, on few ids and with short
//! spans, so that everything meets everything and time has much to do.
//!
//! - Here: which command comes next, and what all are made of: ids, payloads, workers, spans.
//! - What adds: [`producing`], [`schedules`], [`batches`]. What workers send: [`consuming`], [`fields`].
//! - What operators send: [`administration`], [`selected`] (many jobs at once), [`limits`], [`reading`], [`events`].

mod administration;
mod batches;
mod consuming;
mod events;
mod fields;
mod limits;
mod producing;
mod reading;
mod schedules;
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
