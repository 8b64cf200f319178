//! The real queue behind its commands, with what a server puts around it: a replica that applies the effects,
//! and restarts.

use redis_jq::codec::effects::JournalWriter;
use redis_jq::codec::replay;
use redis_jq::codec::snapshot::{save, save_state, Loader};
use redis_jq::commands::standalone::Standalone;
use redis_jq::commands::{ArgLimits, Env, NoWorkers};
use redis_jq::queue::{Now, Queue};

use super::recorder::Recorder;
use super::value::{Engine, Value};

/// A primary with its replica.
#[derive(Default)]
pub(crate) struct Primary {
    queue: Queue,
    replica: Queue,
    /// What the replica could not do.
    refused: Vec<String>,
}

impl Engine for Primary {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let now = Now::from_micros(now_us);
        let mut log = JournalWriter::new(now, Vec::new());
        let mut reply = Recorder::default();
        let outcome = Standalone {
            queue: &mut self.queue,
            journal: &mut log,
            env: Env { now, workers: &NoWorkers, may_block: false },
            limits: ArgLimits { max_payload: 1 << 20 },
        }
        .call(words, &mut reply);
        log.finish(|blob| {
            let done = replay(&mut self.replica, blob);
            self.refused.extend(done.err().map(|refusal| refusal.reason.to_string()));
        });
        match outcome {
            None => Value::Error("ERR".into()),
            Some(Ok(_)) => reply.value(),
            Some(Err(error)) => Value::Error(error.as_str().into()),
        }
    }

    fn check(&self) -> Vec<String> {
        let mut wrong = self.queue.check();
        wrong.extend(self.refused.iter().map(|refused| format!("replica: {refused}")));
        wrong.extend(self.replica.check().into_iter().map(|found| format!("replica: {found}")));
        if written(&self.queue, save_state) != written(&self.replica, save_state) {
            wrong.push("the replica differs".into());
        }
        wrong
    }
}

/// A primary that is restarted after every command.
#[derive(Default)]
pub(crate) struct Restarted(Primary);

impl Engine for Restarted {
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value {
        let reply = self.0.call(now_us, words);
        let saved = written(&self.0.queue, save);
        // What nothing has happened to is no key.
        if saved == written(&Queue::default(), save) {
            return reply;
        }
        let mut loader = Loader::default();
        for section in saved {
            let taken = loader.section(&section);
            self.0.refused.extend(taken.err().map(|refused| refused.to_string()));
        }
        match loader.finish() {
            Ok(queue) => self.0.queue = queue,
            Err(refused) => self.0.refused.push(refused.to_string()),
        }
        reply
    }

    fn check(&self) -> Vec<String> {
        self.0.check()
    }
}

/// A way to write a queue down, section by section.
type Writer = fn(&Queue, &mut dyn FnMut(&[u8]));

fn written(queue: &Queue, write: Writer) -> Vec<Vec<u8>> {
    let mut sections = Vec::new();
    write(queue, &mut |section| sections.push(section.to_vec()));
    sections
}
