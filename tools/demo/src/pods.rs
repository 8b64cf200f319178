//! The pods: each hears every expiry and asks for the same follow-up job, as 72 copies of one application do.

use std::iter;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use redis::{cmd, pipe, Connection, Msg, Value};
use testkit::Failure;
use testkit::Server;

use crate::story::QUEUE;
use crate::tally::Tally;

/// Where Redis announces the keys of database 0 that expired.
const CHANNEL: &str = "__keyevent@0__:expired";

/// A pod that hears nothing for this long has lost its connection or its messages.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// At most this many calls in one write, as clients that pipeline by themselves do it.
const PIPELINE_LIMIT: usize = 1_000;

/// One pod: a connection that listens and one that calls. A connection that has subscribed can do nothing
/// else.
pub(crate) struct Pod {
    ears: Connection,
    hands: Connection,
}

impl Pod {
    /// Connects and subscribes; every expiry from now on is heard.
    pub(crate) fn open(server: &Server) -> Result<Self, Failure> {
        let (mut ears, hands) = (server.connect()?, server.connect()?);
        cmd("SUBSCRIBE").arg(CHANNEL).query::<Value>(&mut ears)?;
        ears.set_read_timeout(Some(SILENCE_LIMIT))?;
        Ok(Self { ears, hands })
    }

    /// Enqueues a job for each of `keys` expiries and returns when all are answered.
    ///
    /// # Errors
    /// When Redis cut the subscriber off, an expiry was not heard or a call failed.
    pub(crate) fn run(self, keys: u64, tally: &Tally) -> Result<(), Failure> {
        let Self { mut ears, mut hands } = self;
        let (names, heard) = mpsc::channel();
        thread::scope(|scope| {
            // Moved in: the channel closes, and the calling side ends, when the listener is done.
            let listener = scope.spawn(move || listen(&mut ears, keys, &names, tally));
            enqueue(&mut hands, &heard, tally)?;
            listener.join().map_err(|_| "a listener broke down")?
        })
    }
}

/// Passes on the names of `keys` expired keys.
fn listen(ears: &mut Connection, keys: u64, names: &Sender<String>, tally: &Tally) -> Result<(), Failure> {
    for number in 0..keys {
        let message = ears.recv_response().map_err(|error| {
            format!("a pod heard {number} of {keys} expiries, then its subscription broke: {error}")
        })?;
        let message =
            Msg::from_owned_value(message).ok_or("a subscriber got something that is no message")?;
        tally.heard.add(1);
        names.send(message.get_payload()?)?;
    }
    Ok(())
}

/// Calls `JQ.ADD` for each name; what came together goes out together. Ends when the listener has.
fn enqueue(hands: &mut Connection, heard: &Receiver<String>, tally: &Tally) -> Result<(), Failure> {
    while let Ok(first) = heard.recv() {
        let mut calls = pipe();
        for name in iter::once(first).chain(heard.try_iter()).take(PIPELINE_LIMIT) {
            calls.cmd("JQ.ADD").arg(QUEUE).arg(&name).arg(&name);
        }
        for (outcome, id, state) in calls.query::<Vec<(String, String, String)>>(hands)? {
            match outcome.as_str() {
                "added" => tally.added.add(1),
                "duplicate" => tally.duplicates.add(1),
                _ => return Err(format!("JQ.ADD of {id} answered {outcome}, {state}").into()),
            }
        }
    }
    Ok(())
}
