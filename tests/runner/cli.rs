//! One connection of a transcript: a redis-cli process that stays open.
//!
//! redis-cli does not say where a reply ends. The command `clear` does: redis-cli answers it itself, by
//! printing the sequence that clears a screen, so the server never sees it and a MULTI is undisturbed. It
//! comes only after the reply.

use testkit::deadline::Deadline;

use super::dialogue::Dialogue;
use super::patient;
use super::{Outcome, Settings};

const CLEARED: &[u8] = b"\x1b[H\x1b[2J";

/// Which protocol redis-cli asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// What redis-cli speaks unasked.
    Resp2,
    /// `redis-cli -3`
    Resp3,
}

/// A redis-cli connected to one server.
pub(crate) struct Cli {
    dialogue: Dialogue,
    /// The server's number for this client; none when it refuses CLIENT ID for want of a password.
    pub(crate) client_id: Option<u64>,
    state: State,
}

/// What the next output will be.
#[derive(Clone, PartialEq, Eq)]
enum State {
    Idle,
    /// A reply has not come or has not been read.
    Asked,
    /// Subscribed: messages for ever. Holds a channel on which a message reaches this client.
    Subscribed(String),
}

impl Cli {
    /// Connects to the server at `port`.
    pub(crate) fn open(settings: &Settings, port: u16, protocol: Protocol) -> Outcome<Self> {
        let port = port.to_string();
        let version = if protocol == Protocol::Resp3 { "-3" } else { "-2" };
        let dialogue = Dialogue::start(&settings.cli, &["--no-raw", version, "-p", &port])?;
        let mut cli = Self { dialogue, client_id: None, state: State::Idle };
        cli.send("CLIENT ID")?;
        let lines = cli.reply(patient())?.unwrap_or_default();
        cli.client_id = lines.first().and_then(|line| line.strip_prefix("(integer) ")?.parse().ok());
        Ok(cli)
    }

    /// Sends a command. The reply must be read before the next one.
    pub(crate) fn send(&mut self, command: &str) -> Outcome<()> {
        match self.state {
            State::Idle => {}
            State::Asked => return Err("the reply before is still to be collected, with `name<`".into()),
            State::Subscribed(_) => return Err("redis-cli only listens once it has subscribed".into()),
        }
        if let Some(channel) = subscribed_channel(command) {
            self.state = State::Subscribed(channel);
            return self.dialogue.write(&format!("{command}\n"));
        }
        self.state = State::Asked;
        self.dialogue.write(&format!("{command}\nclear\n"))
    }

    /// The lines of the reply; `None` when it has not come by the deadline.
    pub(crate) fn reply(&mut self, deadline: Deadline) -> Outcome<Option<Vec<String>>> {
        if self.state != State::Asked {
            return Err("there is no reply to collect".into());
        }
        let Some(bytes) = self.dialogue.read_to(CLEARED, deadline)? else {
            return Ok(None);
        };
        self.state = State::Idle;
        Ok(Some(to_lines(&bytes)))
    }

    /// Whether a reply can be read without waiting.
    pub(crate) fn has_answered(&mut self) -> bool {
        self.dialogue.has_printed(CLEARED)
    }

    /// A channel on which a message reaches this client; none unless it subscribed.
    pub(crate) fn channel(&self) -> Option<&str> {
        match &self.state {
            State::Subscribed(channel) => Some(channel),
            _ => None,
        }
    }

    /// The messages before the one that says `sentinel`; `None` when that has not come by the deadline.
    pub(crate) fn messages_before(
        &mut self,
        sentinel: &str,
        deadline: Deadline,
    ) -> Outcome<Option<Vec<String>>> {
        let end = format!(") \"{sentinel}\"\n");
        let Some(bytes) = self.dialogue.read_to(end.as_bytes(), deadline)? else {
            return Ok(None);
        };
        let mut lines = to_lines(&bytes);
        // The last line is the number of the sentinel's own entry: `3` in a message, `4` in a pattern's
        // message.
        let entries = lines.pop().and_then(|number| number.parse::<usize>().ok()).unwrap_or_default();
        lines.truncate(lines.len().saturating_sub(entries.saturating_sub(1)));
        lines.retain(|line| !line.starts_with("Reading messages..."));
        Ok(Some(lines))
    }
}

/// For SUBSCRIBE and PSUBSCRIBE, the first channel, or one that the first pattern matches.
fn subscribed_channel(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    let verb = words.next()?.to_ascii_uppercase();
    let channel = words.next().filter(|_| verb == "SUBSCRIBE" || verb == "PSUBSCRIBE")?;
    Some(channel.trim_matches('"').replace('*', ""))
}

/// What was printed, without what only structures INFO (blank lines, and headings that would read as prose)
/// and without the time that redis-cli adds to replies that took more than half a second.
fn to_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty() && !line.starts_with("# ") && !is_duration(line)).collect()
}

/// `(0.52s)`.
fn is_duration(line: &str) -> bool {
    let seconds = line.strip_prefix('(').and_then(|rest| rest.strip_suffix("s)"));
    seconds.is_some_and(|seconds| seconds.contains('.') && seconds.parse::<f64>().is_ok())
}
