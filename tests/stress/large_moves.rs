//! What happens to keys however large they are, to servers that are busy, and to a clock that is set back.

use std::thread;
use std::time::Duration;

use redis::Value;
use testkit::client::{claimed, Claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

use super::consistency::check_all;
use super::BASICS;

/// Far in the future.
const DELAY: u64 = 86_400_000;
/// How long a client may have to wait for a job while others move a million.
const LONG: Duration = Duration::from_secs(120);

/// A server and a client of it.
pub(crate) fn start(more: &[(&str, &str)]) -> (Server, Client) {
    let server = Server::start(&[&BASICS[..], more].concat()).expect("a server");
    let client = Client::of(&server);
    (server, client)
}

/// Adds jobs, thousands at a time, with `options`.
pub(crate) fn fill(client: &mut Client, queue: &str, jobs: usize, options: &str) {
    const AT_ONCE: usize = 10_000;
    for from in (0..jobs).step_by(AT_ONCE) {
        let count = AT_ONCE.min(jobs - from);
        let mut command = redis::cmd("JQ.MADD");
        command.arg(queue).arg(count);
        for number in from..from + count {
            command.arg(format!("job-{number}")).arg("payload");
        }
        for option in options.split_whitespace() {
            command.arg(option);
        }
        command.query::<()>(client.connection()).expect("room");
    }
}

/// A client that waits at `queue` until it gets a job, and acknowledges it.
fn waiter(server: &Server, queue: &str) -> thread::JoinHandle<Claimed> {
    let (mut client, queue) = (Client::of(server), queue.to_owned());
    client.connection().set_read_timeout(Some(LONG)).expect("a socket");
    thread::spawn(move || {
        let job = claimed(&client.ask(&format!("JQ.CLAIM {queue} w BLOCK 0"))).pop().expect("a job");
        client.send(&job.words("JQ.ACK", &queue)).expect("an answer");
        job
    })
}

fn wait_for_waiters(client: &mut Client, count: i64) {
    until_true("clients wait", || client.number("jq_blocked_claim_clients") == count);
}

/// Both sides of a million jobs: clients wait where nothing can be claimed, and are served where something
/// comes.
#[test]
fn a_million_jobs_are_moved_and_dropped_under_waiting_clients() {
    const JOBS: usize = 1_000_000;
    let (server, mut client) = start(&[("lazyfree-lazy-user-del", "no")]);
    let delay = format!("DELAY {DELAY}");
    // Each drops the queue `big`; the waiters at `q` and `big` stay.
    let drops =
        ["UNLINK big", "DEL big", "FLUSHALL ASYNC", "FLUSHDB SYNC", "RENAME small big", "SET big text"];
    let waiters: Vec<_> = ["q", "q", "big", "big"].iter().map(|queue| waiter(&server, queue)).collect();
    wait_for_waiters(&mut client, 4);
    for (round, drop) in drops.iter().enumerate() {
        // Not each time: filling takes longer than everything else.
        fill(&mut client, "big", if round == 0 { JOBS } else { JOBS / 40 }, &delay);
        client.ask::<()>(&format!("JQ.ADD small a x {delay}"));
        for line in ["COPY big q", "RENAME q other", "MOVE other 1", "SWAPDB 0 1", "SWAPDB 1 0"] {
            client.ask::<()>(line);
        }
        client.ask::<()>("SELECT 1");
        assert_eq!(client.stat("other", "delayed"), client_in(&server, 0).stat("big", "delayed"));
        client.ask::<()>("UNLINK other");
        client.ask::<()>("SELECT 0");
        client.ask::<()>(drop);
        assert_eq!(client.number("jq_blocked_claim_clients"), 4, "after {drop}");
    }
    client.ask::<()>("DEL big");
    for queue in ["q", "big", "q", "big"] {
        client.ask::<()>(&format!("JQ.ADD {queue} * x"));
    }
    for waiter in waiters {
        waiter.join().expect("a job");
    }
    wait_for_waiters(&mut client, 0);
    check_all("at the end", &mut client);
    until_true("what was dropped is freed", || client.number("lazyfree_pending_objects") == 0);
    until_true("its memory is back", || client.number("used_memory") < 20 << 20);
}

fn client_in(server: &Server, db: usize) -> Client {
    let mut client = Client::of(server);
    client.ask::<()>(&format!("SELECT {db}"));
    client
}

/// Whatever brings a queue with jobs under a name serves those who wait there.
#[test]
fn a_queue_that_appears_serves_the_clients_that_wait_for_it() {
    let (server, mut client) = start(&[]);
    client.ask::<()>("JQ.ADD source a x");
    let dump: Vec<u8> = client.ask("DUMP source");
    client.ask::<()>("DEL source");
    let restore = move |client: &mut Client| client.ask_words::<()>(&[b"RESTORE", b"q", b"0", &dump]);
    type Step = Box<dyn Fn(&mut Client)>;
    let ask = |lines: &'static [&'static str]| -> Step {
        Box::new(move |client| lines.iter().for_each(|line| client.ask::<()>(line)))
    };
    let steps: Vec<Step> = vec![
        ask(&["JQ.ADD source a x", "RENAME source q"]),
        ask(&["JQ.ADD source a x", "COPY source q"]),
        ask(&["SELECT 1", "JQ.ADD q a x", "MOVE q 0", "SELECT 0"]),
        ask(&["SELECT 1", "JQ.ADD q a x", "SELECT 0", "SWAPDB 0 1"]),
        Box::new(restore),
        ask(&["MULTI", "JQ.ADD q a x", "JQ.PAUSE q", "JQ.RESUME q", "EXEC"]),
        // What time moves after the name changed.
        ask(&["JQ.ADD source a x DELAY 30", "RENAME source q"]),
        ask(&["SELECT 1", "JQ.ADD q a x DELAY 30", "MOVE q 0", "SELECT 0"]),
        ask(&["SELECT 1", "JQ.ADD q a x DELAY 30", "SELECT 0", "SWAPDB 0 1"]),
        ask(&["JQ.ADD source a x DELAY 30", "COPY source q"]),
    ];
    for (number, step) in steps.iter().enumerate() {
        let waiter = waiter(&server, "q");
        wait_for_waiters(&mut client, 1);
        step(&mut client);
        assert_eq!(waiter.join().unwrap_or_else(|_| panic!("step {number}")).id, b"a", "step {number}");
        client.ask::<()>("FLUSHALL");
    }
}

/// A script that runs so long that the server answers others in between is still one thing that happens.
#[test]
fn no_client_is_served_inside_a_long_script() {
    let (server, mut client) = start(&[("busy-reply-threshold", "1")]);
    let waiter = waiter(&server, "q");
    wait_for_waiters(&mut client, 1);
    client.ask::<()>("JQ.ADD q due x DELAY 20");
    let script: &[u8] = b"
        redis.call('JQ.ADD', 'q', 'now', 'x')
        local most, n = tonumber(ARGV[1]), 0
        while n < most do n = n + 1 end
        local list = redis.call('JQ.LIST', 'q', 'waiting')
        return #list[2]";
    let mut other = Client::of(&server);
    let busy = thread::spawn(move || {
        until_true("others are refused as busy", || {
            other.try_ask::<()>("PING").is_err_and(|why| why.code() == Some("BUSY"))
        });
    });
    let waiting: i64 = client.ask_words(&[b"EVAL", script, b"1", b"q", b"5000000"]);
    assert_eq!(waiting, 1, "the job was taken away from under the script");
    busy.join().expect("a long script");
    assert_eq!(waiter.join().expect("a job").id, b"now");
}

/// What is read back from a file goes on by itself.
#[test]
fn time_goes_on_after_a_reload() {
    let (server, mut client) = start(&[]);
    let waiter = waiter(&server, "q");
    wait_for_waiters(&mut client, 1);
    client.ask::<()>("JQ.ADD q due x DELAY 50");
    client.ask::<()>("JQ.ADD p due x PX 50");
    client.ask::<()>("DEBUG RELOAD");
    assert_eq!(waiter.join().expect("a job").id, b"due");
    until_true("it expires", || client.stat("p", "expirations") == 1);
}

#[test]
fn a_clock_set_back_breaks_neither_tokens_nor_order() {
    let (_server, mut client) = start(&[]);
    client.ask::<()>("JQ.CONFIG q lease 60000");
    let mut tokens = Vec::new();
    let mut order = Vec::new();
    for (round, hours) in [40, 50, 10, 0, 45, 30].into_iter().enumerate() {
        client.ask::<()>(&format!("JQ.DEBUG CLOCK {}", 1_704_067_200_000_u64 + hours * 3_600_000));
        for number in 0..4 {
            client.ask::<()>(&format!("JQ.ADD q {round}-{number} x"));
        }
        let jobs = claimed(&client.ask("JQ.CLAIM q w COUNT 3"));
        tokens.extend(jobs.iter().map(|job| job.token));
        for job in jobs {
            assert_eq!(client.send(&job.words("JQ.ACK", "q")).unwrap(), Value::Array(vec![Value::Int(1)]));
            order.push(String::from_utf8(job.id).unwrap());
        }
        check_all("after a jump", &mut client);
    }
    assert!(tokens.is_sorted_by(|a, b| a < b), "{tokens:?}");
    assert!(order.is_sorted(), "{order:?}");
    client.ask::<()>("JQ.DEBUG CLOCK OFF");
    let newest = *tokens.last().unwrap();
    let next = claimed(&client.ask("JQ.CLAIM q w"));
    assert!(next[0].token > newest);
}
