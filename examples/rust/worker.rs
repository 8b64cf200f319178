//! A whole program with nothing but the crate redis (1.8) and tokio: it enqueues ten jobs, twice, and works until none
//! is left.
//! usage: cargo run -- [QUEUE]    with the address of the server in REDIS_URL

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{sleep, timeout};

/// ms until a job whose worker has died runs elsewhere; EXTEND prolongs it. In earnest rather 30,000.
const LEASE: u64 = 3000;
/// ms that a claim waits for a job: less than the timeout of its connection, at most a third of the lease.
const BLOCK: u64 = 1000;
/// For any reply. The default of the crate is half a second.
const TIMEOUT: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Token, id, attempt, payload.
type Job = (i64, String, u32, Vec<u8>);

/// A connection that is made when it is needed. It sends nothing again by itself.
struct Link {
    client: Client,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    /// Sends a command once.
    async fn send<R: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<R> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(TIMEOUT))
                    .set_response_timeout(Some(TIMEOUT));
                self.client.get_multiplexed_async_connection_with_config(&config).await?
            }
        };
        let reply = command.query_async(&mut connection).await;
        // After a lost connection or a timeout the next command gets a new one.
        if !reply.as_ref().is_err_and(|error: &RedisError| error.is_io_error()) {
            self.connection = Some(connection);
        }
        reply
    }

    /// Sends a command until it is answered. Everything but a claim may be sent twice: the second answer says so.
    async fn ask<R: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<R> {
        let mut tries = 1;
        loop {
            match self.send(command).await {
                // More than half a minute: whoever has started this program should know.
                Err(error) if is_away(&error) && tries < 100 => sleep(Duration::from_millis(300)).await,
                reply => return reply,
            }
            tries += 1;
        }
    }
}

/// No connection, or the server is loading its files or is a replica for the moment: it will be there again.
fn is_away(error: &RedisError) -> bool {
    error.is_io_error() || matches!(error.code(), Some("LOADING" | "READONLY" | "MASTERDOWN"))
}

fn jq(command: &str, queue: &str) -> Cmd {
    let mut words = redis::cmd(command);
    words.arg(queue);
    words
}

struct Worker {
    queue: String,
    name: String,
    claims: Link, // a claim that waits occupies its connection, so that nothing else should be sent on it
    commands: Link,
    is_stop_asked: Arc<AtomicBool>,
}

impl Worker {
    /// Runs a job in a task of its own while this one extends its lease, and answers for it.
    async fn run(&mut self, (token, id, attempt, payload): Job) -> Result<(), Failure> {
        let mut handler = tokio::spawn(handle(payload));
        let result = loop {
            if let Ok(ended) = timeout(Duration::from_millis(LEASE / 3), &mut handler).await {
                break ended.unwrap_or_else(|panic| Err(panic.into()));
            }
            let answer = self.answer(jq("JQ.EXTEND", &self.queue).arg(LEASE).arg(token).arg(&id)).await?;
            if answer <= 0 {
                handler.abort(); // it was cancelled (-3), or is another worker's by now
                println!("{id} is not ours any more ({answer})");
                return Ok(());
            }
        };
        if let Err(error) = result {
            let error = error.to_string();
            let mut nack = jq("JQ.NACK", &self.queue);
            let answer = self.answer(nack.arg(token).arg(&id).arg("ERROR").arg(&error)).await?;
            println!("{id} failed, attempt {attempt}: {error} ({answer})"); // 1: it is tried again, 2: it is not
        } else {
            let answer = self.answer(jq("JQ.ACK", &self.queue).arg(token).arg(&id)).await?;
            let outcome = if answer < 0 { "was lost" } else { "completed" };
            println!("{id} {outcome}, attempt {attempt} ({answer})"); // 0: done by an ACK before
        }
        Ok(())
    }

    /// The answer of a command about one job.
    async fn answer(&mut self, command: &Cmd) -> RedisResult<i64> {
        let (answer,) = self.commands.ask(command).await?;
        Ok(answer)
    }

    async fn work_until_nothing_is_left(&mut self) -> Result<(), Failure> {
        let mut is_reply_lost = false;
        while !self.is_stop_asked.load(Ordering::Relaxed) {
            let mut claim = jq("JQ.CLAIM", &self.queue);
            claim.arg(&self.name).arg("LEASE").arg(LEASE);
            if is_reply_lost {
                claim.arg("HELD"); // the job whose reply was lost is leased to our name
            } else {
                claim.arg("BLOCK").arg(BLOCK);
            }
            let jobs: Vec<Job> = match self.claims.send::<Option<_>>(&claim).await {
                Err(error) if is_away(&error) => {
                    is_reply_lost = true;
                    // So long the server may still give a job to the claim whose connection is gone.
                    sleep(Duration::from_millis(BLOCK)).await;
                    continue;
                }
                reply => reply?.unwrap_or_default(),
            };
            is_reply_lost = false;
            if jobs.is_empty() && self.unfinished().await? == 0 {
                break; // only an example ends when there is nothing left to do
            }
            for job in jobs {
                if !self.is_stop_asked.load(Ordering::Relaxed) {
                    self.run(job).await?;
                }
            }
        }
        Ok(())
    }

    async fn unfinished(&mut self) -> RedisResult<u64> {
        let mut sum = 0;
        for state in ["waiting", "delayed", "active"] {
            sum += self.commands.ask::<u64>(jq("JQ.COUNT", &self.queue).arg(state)).await?;
        }
        Ok(sum)
    }

    async fn enqueue(&mut self) -> RedisResult<()> {
        let mut add = jq("JQ.MADD", &self.queue);
        add.arg(10);
        for n in 1..=10 {
            let payload = match n {
                4 => "slow@example.org".to_owned(),
                7 => "nobody".to_owned(),
                _ => format!("user{n}@example.org"),
            };
            add.arg(format!("mail:{n}")).arg(payload);
        }
        add.arg(&["ATTEMPTS", "2", "BACKOFF", "FIXED", "200"]);
        let replies: Vec<(String, String, String)> = self.commands.ask(&add).await?;
        let mut outcomes = BTreeMap::<String, usize>::new();
        for (outcome, _id, _state) in replies {
            *outcomes.entry(outcome).or_default() += 1;
        }
        println!("enqueued: {outcomes:?}");
        Ok(())
    }
}

/// The work. Its error is the error of the job.
async fn handle(payload: Vec<u8>) -> Result<(), Failure> {
    let address = String::from_utf8(payload)?;
    if !address.contains('@') {
        return Err(format!("no address: {address}").into());
    }
    sleep(Duration::from_millis(if address.starts_with("slow") { 4000 } else { 50 })).await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let client = Client::open(url)?;
    let link = || Link { client: client.clone(), connection: None };
    let mut worker = Worker {
        queue: std::env::args().nth(1).unwrap_or_else(|| "example".to_owned()),
        // No other process may have it. The time: a process id comes again, in a container always.
        name: format!("{}:{}", std::process::id(), SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos()),
        claims: link(),
        commands: link(),
        is_stop_asked: Arc::default(),
    };
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut asked, is_stop_asked) = (signal(kind)?, Arc::clone(&worker.is_stop_asked));
        tokio::spawn(async move {
            asked.recv().await; // the job that runs is finished first
            is_stop_asked.store(true, Ordering::Relaxed);
        });
    }
    worker.enqueue().await?;
    worker.enqueue().await?; // what is known already is refused, so it does no harm to enqueue again
    worker.work_until_nothing_is_left().await?;
    // Hands back what was claimed and not begun. It costs these jobs no attempt.
    let released: u64 =
        worker.commands.ask(jq("JQ.RELEASE", &worker.queue).arg("WORKER").arg(&worker.name)).await?;
    println!("{} ends, {released} handed back", worker.name);
    Ok(())
}
