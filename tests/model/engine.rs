//! The real queue behind its commands, with what a server puts around it: a replica that applies the effects,
//! and restarts.

use redis_jq::codec::effects::JournalWriter;
use redis_jq::codec::replay;
use redis_jq::codec::snapshot::{save, save_state, Loader};
use redis_jq::commands::args::Args;
use redis_jq::commands::{Env, Flow, Limits, Request, COMMANDS};
use redis_jq::queue::{Now, Queue, Session};

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
        let [verb, rest @ ..] = words else { return Value::Error("ERR".into()) };
        let known = COMMANDS.iter().find(|command| command.spec.name.as_bytes().eq_ignore_ascii_case(verb));
        let Some(command) = known else { return Value::Error("ERR".into()) };
        let parsed = command.parse(Args::new(rest), &Limits { max_payload: 1 << 20 });
        let now = Now::from_micros(now_us);
        let mut log = JournalWriter::new(now);
        let mut reply = Recorder::default();
        let outcome = parsed.and_then(|request| {
            let mut session = Session::begin(&mut self.queue, now, &mut log);
            let env = Env { now, promised: 0, waiters: 0, may_block: false };
            match request {
                Request::Read(read) => read.run(session.queue(), &env, &mut reply).map(|()| Flow::Done),
                Request::Write(write) => write.run(&mut session, &env, &mut reply),
                Request::Await(request) => {
                    assert!(request.is_answered(session.queue(), &env, &mut reply), "no client waits here");
                    Ok(Flow::Done)
                }
            }
        });
        for blob in log.into_blobs() {
            let done = replay(&mut self.replica, &blob);
            self.refused.extend(done.err().map(|refused| refused.to_string()));
        }
        match outcome {
            Ok(_) => reply.value(),
            Err(error) => Value::Error(error.as_str().into()),
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
