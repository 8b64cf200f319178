//! One frame without a terminal.

use std::process::Output;

use redis::Value;
use testkit::ports::free_port;
use testkit::Server;

use super::program::command;
use super::start;

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn without_a_terminal_one_plain_frame_is_printed() {
    let (server, mut client) = start();
    client.ask::<Value>("JQ.ADD mail id x BATCH run");
    let output = command(server.port()).args(["-i", "0.1", "mail", "none"]).output().expect("the program");
    let frame = text(&output);
    assert!(output.status.success(), "{output:?}");
    assert!(frame.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{frame:?}");
    assert!(frame.lines().all(|line| line.len() <= 80), "{frame}");
    assert!(frame.contains("\nmail ") && frame.contains("waiting         1"), "{frame}");
    assert!(frame.contains("added/s         0"), "of two looks: {frame}");
    assert!(frame.contains("\n    run "), "{frame}");
    let none = frame.lines().find(|line| line.starts_with("none ")).expect("the queue that does not exist");
    assert!(none.ends_with(" empty"), "{frame}");
    assert!(!frame.contains("q ends"), "{frame}");
}

#[test]
fn columns_of_the_environment_count() {
    let (server, _) = start();
    let output = command(server.port())
        .env("COLUMNS", "160")
        .args(["-i", "0.1", "mail"])
        .output()
        .expect("the program");
    assert_eq!(text(&output).lines().next().map(str::len), Some(159), "{}", text(&output));
}

#[test]
fn no_server_is_an_error() {
    let port = free_port().expect("a port");
    let output = command(port).args(["--once", "mail"]).output().expect("the program");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("top: 127.0.0.1:{port}: ")) && said.contains("refused"), "{said}");
    assert_eq!(text(&output), "");
}

#[test]
fn a_key_that_is_no_queue_is_shown_in_the_words_of_the_server() {
    let (server, mut client) = start();
    client.ask::<Value>("SET string x");
    let output = command(server.port()).args(["-i", "0.1", "string"]).output().expect("the program");
    assert!(text(&output).contains("\nstring\n  WRONGTYPE "), "{}", text(&output));
}

#[test]
fn passwords_come_from_the_environment_or_the_command_line() {
    let server = Server::start(&[]).expect("a server");
    let mut client = super::Client::of(&server);
    client.ask::<()>("CONFIG SET requirepass word");
    client.ask::<()>("AUTH word");
    client.ask::<()>(
        "ACL SETUSER viewer on >pw resetchannels -@all %R~* +time +info +jq.stats +jq.workers +jq.groups +jq.batches +jq.config",
    );
    let run = |words: &[&str], password: Option<&str>| {
        let mut command = command(server.port());
        command.args(["-i", "0.1", "mail"]).args(words);
        command.envs(password.map(|word| ("REDISCLI_AUTH", word))).output().expect("the program")
    };
    assert!(text(&run(&[], Some("word"))).contains("waiting"));
    assert!(text(&run(&["-a", "word"], Some("wrong"))).contains("waiting"));
    for output in [run(&[], None), run(&["-a", "wrong"], None)] {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
    let seen = || text(&run(&["--user", "viewer", "-a", "pw"], None));
    let all = seen();
    assert!(all.contains("waiting") && !all.contains("NOPERM"), "{all}");
    client.ask::<()>("ACL SETUSER viewer -jq.config");
    let less = seen();
    assert!(less.contains("waiting") && less.contains("  limits: NOPERM"), "{less}");
}

#[test]
fn help_and_mistakes_on_the_command_line() {
    let output = command(1).arg("--help").output().expect("the program");
    assert!(output.status.success() && text(&output).starts_with("usage: scripts/top"), "{output:?}");
    let output = command(1).arg("--bogus").output().expect("the program");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unknown option '--bogus'"), "{output:?}");
}
