//! Clients that wait in JQ.EVENTS: very many of them, and what one event costs then.

use redis::Value;

use super::awaits::{wait_until_blocked, AwaitingClient};
use super::consistency::{check_all, quiet};
use super::large_moves::start;
use super::many_waiters::raise_limit;

/// `[next, missed, events]`, each event with its id, instant, name, job and fields.
type Page = (String, u64, Vec<Vec<Value>>);

fn page(reader: &mut AwaitingClient) -> Page {
    redis::from_owned_redis_value(reader.reply().expect("an answer")).expect("a page")
}

fn texts(event: &[Value], places: [usize; 2]) -> [String; 2] {
    places.map(|place| redis::from_redis_value(&event[place]).unwrap_or_default())
}

#[test]
fn two_thousand_readers_get_what_they_want_and_nothing_else() {
    const JOBS: usize = 1000;
    raise_limit();
    let (server, mut client) = start(&[]);
    client.ask::<()>("JQ.CONFIG q events-max 5000");
    let begin = |line: String| AwaitingClient::begin(&server, &line);
    let mut of_any: Vec<_> = (0..JOBS).map(|_| begin("JQ.EVENTS q BLOCK 0 COUNT 5000".into())).collect();
    let mut of_jobs: Vec<_> = (0..JOBS)
        .map(|n| begin(format!("JQ.EVENTS q BLOCK 600000 ID job-{n} ONLY expired,claimed")))
        .collect();
    wait_until_blocked(&mut client, 2 * JOBS);

    let items: Vec<String> = (0..JOBS).map(|n| format!("job-{n} x")).collect();
    client.ask::<()>(&format!("JQ.MADD q {JOBS} {}", items.join(" ")));
    for reader in &mut of_any {
        let (next, missed, events) = page(reader);
        assert!(next.ends_with("-1000"), "{next}");
        assert_eq!((missed, events.len()), (0, JOBS));
    }
    wait_until_blocked(&mut client, JOBS);

    client.ask::<Value>(&format!("JQ.CLAIM q w COUNT {JOBS}"));
    for (n, reader) in of_jobs.iter_mut().enumerate() {
        let (_, missed, events) = page(reader);
        assert_eq!((missed, events.len()), (0, 1));
        assert_eq!(texts(&events[0], [2, 3]), ["claimed".to_owned(), format!("job-{n}")]);
    }
    wait_until_blocked(&mut client, 0);
    check_all("at the end", &mut client);
    quiet(&server);
}

/// Readers that hang up, are unblocked, or lose their queue leave nothing behind.
#[test]
fn readers_that_leave_are_forgotten() {
    let (server, mut client) = start(&[]);
    client.ask::<()>("JQ.CONFIG q events-max 10");
    for line in ["CLIENT KILL TYPE normal SKIPME yes", "DEL q", "FLUSHALL", "SWAPDB 0 3"] {
        client.ask::<()>("JQ.CONFIG q events-max 10");
        let readers: Vec<_> = (0..20)
            .map(|n| AwaitingClient::begin(&server, &format!("JQ.EVENTS q AFTER $ BLOCK 0 ID j{}", n % 3)))
            .collect();
        wait_until_blocked(&mut client, readers.len());
        client.ask::<Value>(line);
        wait_until_blocked(&mut client, 0);
        client.ask::<()>("JQ.CONFIG q events-max 10");
        client.ask::<Value>("JQ.EMIT q told ID j1");
        drop(readers);
    }
    check_all("at the end", &mut client);
    quiet(&server);
}
