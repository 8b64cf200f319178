//! The text of a transcript as steps, and back again with what was printed.
//!
//! ```text
//!   # prose                             ignored; opens the file
//!   > COMMAND          name> COMMAND    a command on a connection, the printed reply on the lines below
//!   (waits)                             instead of a reply: the command blocks
//!   name<                               that reply, now that it has come (or what a subscriber received)
//!   ! directive                         see `Directive`
//! ```
//!
//! A blank line, prose, the next command or the next directive ends a reply.

use std::ops::Range;

use super::settings::parse_version;
use super::Outcome;

/// What stands where a reply would, while there is none.
pub(crate) const WAITS: &str = "(waits)";

/// A transcript, ready to run.
pub(crate) struct Script {
    /// What messages call it: the file's path.
    pub(crate) name: String,
    /// Lines for the servers' configuration (`! config`).
    pub(crate) config: Vec<String>,
    /// Arguments for the module beyond `debug yes` (`! module`).
    pub(crate) module_arguments: Vec<String>,
    /// The oldest server that can do what is shown (`! since`).
    pub(crate) since: Option<(u32, u32)>,
    /// Whether the queues are loaded again from AOF and RDB at the end (`! no replay` says no).
    pub(crate) replay: bool,
    /// What happens, in order.
    pub(crate) steps: Vec<Step>,
    lines: Vec<String>,
}

/// One command or directive and what must be printed.
pub(crate) struct Step {
    /// Its line in the file, from 1.
    pub(crate) line: usize,
    /// That line.
    pub(crate) text: String,
    /// What to do.
    pub(crate) action: Action,
    /// What must come out.
    pub(crate) expected: Vec<String>,
    reply: Range<usize>, // the expected lines in `Script::lines`
}

/// What a step does.
#[derive(Debug)]
pub(crate) enum Action {
    /// `name> command`
    Send {
        /// The connection; the unnamed one is "".
        connection: String,
        /// As typed.
        command: String,
    },
    /// `name<`
    Collect {
        /// The connection whose reply is due.
        connection: String,
    },
    /// `! ...`
    Direct(Directive),
}

/// What a transcript asks of the runner instead of the server.
#[derive(Debug)]
pub(crate) enum Directive {
    /// `! clock ms`: freezes the module's clock on every server, and again after a restart.
    Clock(u64),
    /// `! resp3 name`: that connection speaks RESP3.
    Resp3(String),
    /// `! hang up name`: that client vanishes.
    HangUp(String),
    /// `! restart`: orderly end and start, from the AOF unless the configuration says otherwise.
    Restart,
    /// `! restart from rdb`: saves, ends, starts from the RDB file alone.
    RestartFromRdb,
    /// `! kill -9 and restart`
    KillAndRestart,
    /// `! kill -9`: the primary is gone for good.
    Kill,
    /// `! rewrite aof`: and waits until it is done.
    RewriteAof,
    /// `! replica`: starts one and waits until it follows. Connections called `replica` or `replica-...` talk
    /// to it.
    Replica,
    /// `! restart replica`: orderly, and waits until it follows again.
    RestartReplica,
    /// `! propagated`: what replicas were sent since this was last asked, one command a line.
    Propagated,
    /// `! digest equal`: every queue has the same digest on primary and replica.
    DigestEqual,
    /// `! wait [name> ]command => line`: repeats the command until one line of its reply matches.
    Wait {
        /// The connection.
        connection: String,
        /// What is repeated.
        command: String,
        /// What one line of the reply must be.
        line: String,
    },
}

impl Script {
    /// Reads `source`, which has as many lines as `text`: the file itself, or the examples of a manual page.
    pub(crate) fn parse(name: &str, text: &str, source: &str) -> Outcome<Self> {
        let mut script = Self {
            name: name.to_owned(),
            config: Vec::new(),
            module_arguments: Vec::new(),
            since: None,
            replay: true,
            steps: Vec::new(),
            lines: text.lines().map(str::to_owned).collect(),
        };
        let mut in_reply = false;
        for (index, line) in source.lines().enumerate() {
            in_reply = script
                .take_line(index, line.trim_end(), in_reply)
                .map_err(|why| format!("{name}:{}: {line}\n{why}", index + 1))?;
        }
        Ok(script)
    }

    /// Takes one more line; answers whether the next one may belong to a reply.
    fn take_line(&mut self, index: usize, line: &str, in_reply: bool) -> Outcome<bool> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(false);
        }
        let action = match line.strip_prefix("! ") {
            Some(directive) if self.take_setting(directive)? => return Ok(false),
            Some(directive) => Some(Action::Direct(Directive::parse(directive)?)),
            None => parse_prompt(line),
        };
        if let Some(action) = action {
            let reply = index + 1..index + 1;
            self.steps.push(Step {
                line: index + 1,
                text: line.to_owned(),
                action,
                expected: Vec::new(),
                reply,
            });
            return Ok(true);
        }
        match self.steps.last_mut().filter(|_| in_reply) {
            Some(step) => {
                step.expected.push(line.to_owned());
                step.reply.end = index + 1;
                Ok(true)
            }
            None => Err("a reply without a command; prose begins with #".into()),
        }
    }

    /// Directives about the whole file; false for those that happen at their place.
    fn take_setting(&mut self, directive: &str) -> Outcome<bool> {
        match directive.split_once(' ') {
            Some(("config", line)) => self.config.push(line.to_owned()),
            Some(("module", arguments)) => self.module_arguments.push(arguments.to_owned()),
            Some(("since", version)) => {
                self.since = Some(parse_version(version).ok_or("a version looks like 7.2")?);
            }
            _ if directive == "no replay" => self.replay = false,
            _ => return Ok(false),
        }
        if self.steps.is_empty() {
            Ok(true)
        } else {
            Err("this is about the whole file, so it stands before the first command".into())
        }
    }

    /// The file as it is.
    pub(crate) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    /// The file with `printed` in place of what was expected; lines that still match stay as they are.
    pub(crate) fn with_printed(&self, printed: &[Vec<String>]) -> String {
        let mut lines = self.lines.clone();
        for (step, printed) in self.steps.iter().zip(printed).rev() {
            lines.splice(step.reply.clone(), super::matching::keep_wildcards(&step.expected, printed));
        }
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    /// Whether any step asks what was propagated, which takes a tap from the start.
    pub(crate) fn needs_tap(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::Direct(Directive::Propagated)))
    }
}

impl Directive {
    fn parse(text: &str) -> Outcome<Self> {
        Ok(match text {
            "restart" => Self::Restart,
            "restart from rdb" => Self::RestartFromRdb,
            "kill -9 and restart" => Self::KillAndRestart,
            "kill -9" => Self::Kill,
            "rewrite aof" => Self::RewriteAof,
            "replica" => Self::Replica,
            "restart replica" => Self::RestartReplica,
            "propagated" => Self::Propagated,
            "digest equal" => Self::DigestEqual,
            _ => match text.rsplit_once(' ') {
                Some(("clock", ms)) => Self::Clock(ms.parse().map_err(|_| "a clock is set in milliseconds")?),
                Some(("resp3", name)) => Self::Resp3(name.to_owned()),
                Some(("hang up", name)) => Self::HangUp(name.to_owned()),
                _ => Self::parse_wait(text).ok_or("there is no such directive")?,
            },
        })
    }

    fn parse_wait(text: &str) -> Option<Self> {
        let (what, line) = text.strip_prefix("wait ")?.rsplit_once(" => ")?;
        let (connection, command) = match parse_prompt(what) {
            Some(Action::Send { connection, command }) => (connection, command),
            _ => (String::new(), what.to_owned()),
        };
        Some(Self::Wait { connection, command, line: line.to_owned() })
    }
}

/// `> command`, `name> command`, `name<`.
fn parse_prompt(line: &str) -> Option<Action> {
    let end = line.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))?;
    let (connection, rest) = line.split_at(end);
    let connection = connection.to_owned();
    match rest.strip_prefix("> ") {
        Some(command) => Some(Action::Send { connection, command: command.to_owned() }),
        None if rest == "<" => Some(Action::Collect { connection }),
        None => None,
    }
}
