//! However the program ends, the terminal is as it was, and the exit code 0.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::deadline::until_true;
use testkit::Server;

use super::start;
use super::terminal::Terminal;

/// All modes of the terminal, short enough for a line.
const MODES: &str = "stty -g | cksum";

/// Starts the program, lets `end` end it, and compares the terminal before and after.
#[track_caller]
fn leaves_no_trace(server: &Server, end: impl Fn(&Terminal)) {
    let terminal = Terminal::open();
    let modes = terminal.answer(MODES);
    terminal.enter("clear; echo seen before");
    terminal.wait("what was there before", |screen| screen[..2] == ["seen before", "ready>"]);
    terminal.enter(&format!("{} -p {} -i 0.1 mail; code=$?", super::program::PATH, server.port()));
    terminal.wait_for("q ends");
    assert_eq!((terminal.flag("cursor_flag"), terminal.flag("alternate_on")), ("0".into(), "1".into()));
    end(&terminal);
    let screen = terminal.wait_for_prompt();
    assert_eq!(screen[0], "seen before", "the old screen is back:\n{}", screen.join("\n"));
    assert_eq!(terminal.flag("cursor_flag"), "1", "the cursor is back");
    assert_eq!(terminal.flag("alternate_on"), "0");
    assert_eq!(terminal.flag("wrap_flag"), "1", "long lines wrap again");
    assert_eq!(terminal.answer("echo $code"), "0", "the exit code");
    assert_eq!(terminal.answer(MODES), modes, "the modes are what they were");
}

/// Sends a signal to the program that runs in the terminal's shell.
fn signal(terminal: &Terminal, name: &str) {
    let words = ["-s", name, "--", &child(&terminal.flag("pane_pid"))];
    assert!(Command::new("kill").args(words).status().expect("kill").success());
}

/// The one child of a process.
#[track_caller]
fn child(process: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).expect("a process");
    text.split_whitespace().next().expect("a child").to_owned()
}

#[test]
fn q_ends_it() {
    let (server, _) = start();
    leaves_no_trace(&server, |terminal| terminal.press("q"));
}

#[test]
fn control_c_ends_it() {
    let (server, _) = start();
    leaves_no_trace(&server, |terminal| terminal.press("C-c"));
}

#[test]
fn signals_end_it() {
    let (server, _) = start();
    leaves_no_trace(&server, |terminal| signal(terminal, "TERM"));
    leaves_no_trace(&server, |terminal| signal(terminal, "INT"));
}

#[test]
fn it_ends_while_the_server_is_away() {
    let (mut server, _) = start();
    server.kill();
    leaves_no_trace(&server, |terminal| {
        terminal.wait_for("no numbers for");
        signal(terminal, "TERM");
    });
}

#[test]
fn it_ends_with_its_window() {
    let (server, _) = start();
    let terminal = Terminal::with_top(server.port(), "mail");
    let process = child(&terminal.flag("pane_pid"));
    drop(terminal);
    until_true("the program is gone", || !Path::new("/proc").join(&process).exists());
}
