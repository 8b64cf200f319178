//! What is seen while things happen.

use redis::Value;
use testkit::Client;

use super::start;
use super::terminal::Terminal;

/// The figure beside `name`; none if it is not on the screen.
fn figure<'a>(screen: &'a [String], name: &str) -> Option<&'a str> {
    let mut lines = screen.iter().filter_map(|line| line.split_once(name));
    lines.next().and_then(|(_, rest)| rest.split_whitespace().next())
}

fn add(client: &mut Client, ids: std::ops::Range<u32>) {
    for id in ids {
        client.ask::<Value>(&format!("JQ.ADD mail job-{id} x BATCH run"));
    }
}

#[test]
fn a_window_of_80_columns_shows_states_workers_batches_and_limits() {
    let (server, mut client) = start();
    client.ask::<()>("JQ.CONFIG mail concurrency 50 rate 100/2000");
    add(&mut client, 0..20);
    client.ask::<Value>("JQ.ADD mail later x DELAY 60000");
    let jobs: Vec<(u64, String, u64, String)> = client.ask("JQ.CLAIM mail anna COUNT 8");
    for (n, (token, id, ..)) in jobs.iter().enumerate().take(6) {
        let verb = if n == 0 { "NACK" } else { "ACK" };
        let end = if n == 0 { " FATAL" } else { "" };
        client.ask::<Value>(&format!("JQ.{verb} mail {token} {id}{end}"));
    }
    client.ask::<Value>("JQ.PAUSE mail");
    let terminal = Terminal::with_top(server.port(), "mail");
    let screen = terminal.wait_for("acks/s          0");
    let shown = screen.join("\n");
    assert_eq!(screen.len(), 24, "{shown}");
    assert!(screen.iter().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(screen[1].starts_with("mail") && screen[1].contains("PAUSED"), "{shown}");
    for (name, number) in
        [("waiting", "12"), ("delayed", "1"), ("active", "2"), ("failed", "1"), ("remembered", "5")]
    {
        assert_eq!(figure(&screen, name), Some(number), "{name}:\n{shown}");
    }
    for text in [
        "limits  concurrency 2 of 50   rate 0/s of 50/s (100 in 2.0 s)",
        "  workers 1",
        "    anna                 2 jobs         lease ends in",
        "  batches 1",
        "    run              [===x............]  30 %            6/20       1 x open",
    ] {
        assert!(shown.contains(text), "no '{text}' in\n{shown}");
    }
    assert!(screen[23].starts_with("q ends"), "{shown}");
    assert_eq!(terminal.flag("cursor_flag"), "0");
}

#[test]
fn groups_show_what_keeps_them_back() {
    let (server, mut client) = start();
    client.ask::<()>("JQ.CONFIG mail group-rate 60/60000");
    for id in 0..3 {
        client.ask::<Value>(&format!("JQ.ADD mail anna-{id} x GROUP anna"));
    }
    client.ask::<Value>("JQ.ADD mail bert-0 x GROUP bert");
    client.ask::<Value>("JQ.CLAIM mail w");
    client.ask::<Value>("JQ.PAUSE mail GROUP bert");
    let terminal = Terminal::with_top(server.port(), "mail");
    let screen = terminal.wait_for("  groups 2");
    let at = screen.iter().position(|line| line.starts_with("  groups 2")).expect("a line");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let anna = words(&screen[at + 1]);
    assert!(anna.starts_with("anna 2 waiting 1 of 1 active 1.0/s job 'anna-0'"), "{}", screen.join("\n"));
    assert_eq!(words(&screen[at + 2]), "bert 1 waiting 0 of 1 active 1.0/s PAUSED");
    client.ask::<Value>("JQ.RESUME mail GROUP bert");
    terminal.wait_for("1 claimable");
}

#[test]
fn numbers_move() {
    let (server, mut client) = start();
    let terminal = Terminal::with_top(server.port(), "mail");
    terminal.wait_for("empty");
    add(&mut client, 0..5);
    let screen = terminal.wait("five jobs", |screen| figure(screen, "waiting") == Some("5"));
    assert!(!screen.join("\n").contains("empty"));
    terminal.wait("a rate", |screen| {
        client.ask::<Value>("JQ.ADD mail * x");
        figure(screen, "added/s").is_some_and(|rate| !["-", "0"].contains(&rate))
    });
    terminal.wait("the rate of nothing", |screen| figure(screen, "added/s") == Some("0"));
}

#[test]
fn a_server_that_goes_is_missed_and_comes_back() {
    let (mut server, mut client) = start();
    add(&mut client, 0..5);
    let terminal = Terminal::with_top(server.port(), "mail");
    terminal.wait("five jobs", |screen| figure(screen, "waiting") == Some("5"));
    server.kill();
    let screen = terminal.wait_for("trying again: Connection refused");
    assert!(screen[1].starts_with("no numbers for "), "{}", screen[1]);
    assert_eq!(figure(&screen, "waiting"), Some("5"), "the last numbers stay");
    server.restart().expect("a server");
    add(&mut Client::of(&server), 0..3);
    let back =
        |screen: &[String]| figure(screen, "waiting") == Some("3") && !screen[1].contains("no numbers");
    terminal.wait("the server is back", back);
}

#[test]
fn names_are_shown_and_not_obeyed() {
    let (server, mut client) = start();
    client.ask_words::<Value>(&[b"JQ.ADD", b"mail", b"id", b"x", b"BATCH", b"\x1b]2;owned\x07\x1b[2J\n"]);
    client.ask_words::<Value>(&[b"JQ.CLAIM", b"mail", b"\x1b[31m\xff"]);
    let terminal = Terminal::with_top(server.port(), "mail");
    let screen = terminal.wait_for("batches 1").join("\n");
    assert!(screen.contains(r"    \x1b]2;owned\x0~ ["), "{screen}");
    assert!(screen.contains(r"    \x1b[31m\xff"), "{screen}");
    assert_ne!(terminal.flag("pane_title"), "owned");
}

#[test]
fn another_size_is_another_frame() {
    let (server, mut client) = start();
    add(&mut client, 0..5);
    let terminal = Terminal::with_top(server.port(), "mail");
    // Until the program has drawn again, the window shows parts of the old frame.
    let is_frame = |screen: &[String], rows: usize, line: &str| {
        screen.len() == rows
            && screen[2].split_whitespace().eq(line.split(' '))
            && screen[rows - 1].starts_with("q ends")
    };
    terminal.resize(160, 40);
    let wide = "waiting 5 delayed 0 blocked 0 active 0 completed 0 failed 0 remembered 0 waiters 0";
    terminal.wait("a wide frame", |screen| is_frame(screen, 40, wide));
    terminal.resize(50, 10);
    terminal.wait("a narrow one", |screen| is_frame(screen, 10, "waiting 5 delayed 0"));
}

#[test]
fn several_queues_share_the_window_or_become_a_table() {
    let (server, mut client) = start();
    for queue in ["a", "b", "c"] {
        client.ask::<Value>(&format!("JQ.ADD {queue} id x"));
    }
    let two = Terminal::with_top(server.port(), "a b").wait_for("q ends");
    assert_eq!(two.iter().filter(|line| line.contains("claims/s")).count(), 2, "{}", two.join("\n"));
    let three = Terminal::with_top(server.port(), "a b c none").wait_for("q ends");
    assert!(three[1].starts_with("queue ") && three[1].ends_with("acks/s"), "{}", three.join("\n"));
    let waiting: Vec<_> = three[2..6].iter().map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(waiting, [Some("1"), Some("1"), Some("1"), Some("0")], "{}", three.join("\n"));
}

#[test]
fn running_batches_are_found_behind_hundreds_of_finished_ones() {
    let (server, mut client) = start();
    for n in 0..450 {
        client.ask::<Value>(&format!("JQ.SEAL mail old-{n}"));
    }
    add(&mut client, 0..2);
    client.ask::<Value>("JQ.SEAL mail last");
    let terminal = Terminal::with_top(server.port(), "mail");
    let screen = terminal.wait_for("batches 452, ");
    let at = screen.iter().position(|line| line.contains("batches 452, ")).expect("a line");
    let names: Vec<_> = screen[at + 1..at + 4].iter().map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, [Some("run"), Some("last"), Some("old-449")], "{}", screen.join("\n"));
    client.ask::<Value>("DEL mail");
    client.ask::<Value>("JQ.ADD mail id x BATCH anew");
    terminal.wait_for("    anew ");
}
