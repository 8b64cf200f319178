//! One transcript as it happens: its servers, its connections, one step after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::cli::{Cli, Protocol};
use super::replica_tap::ReplicaTap;
use super::script::{Action, Script, Step, WAITS};
use super::server::Server;
use super::{final_checks, Outcome, Settings};
use super::{patient, until};

/// What a subscriber is sent so that it is known to have received everything before it.
const SENTINEL: &str = "(end of messages)";

/// Everything a running transcript holds. Dropping it ends all of it.
pub(crate) struct Session<'a> {
    pub(super) script: &'a Script,
    pub(super) settings: &'a Settings,
    pub(super) clis: BTreeMap<String, Cli>,
    pub(super) resp3: BTreeSet<String>,
    pub(super) tap: Option<ReplicaTap>,
    pub(super) replica: Option<Server>,
    pub(super) primary: Server,
}

impl<'a> Session<'a> {
    /// Starts the server, and the tap when the script will ask for it.
    pub(crate) fn start(script: &'a Script, settings: &'a Settings) -> Outcome<Self> {
        let primary = Server::start(settings, script).map_err(|why| format!("{}: {why}", script.name))?;
        let mut session = Self {
            script,
            settings,
            clis: BTreeMap::new(),
            resp3: BTreeSet::new(),
            tap: None,
            replica: None,
            primary,
        };
        session.attach_tap()?;
        Ok(session)
    }

    pub(super) fn attach_tap(&mut self) -> Outcome<()> {
        if self.script.needs_tap() {
            self.tap = Some(ReplicaTap::attach(&mut self.primary)?);
        }
        Ok(())
    }

    /// Does one step; answers what it printed.
    pub(crate) fn run(&mut self, step: &Step) -> Outcome<Vec<String>> {
        match &step.action {
            Action::Send { connection, command } => {
                self.send(connection, command)?;
                self.reply(connection, &step.expected)
            }
            Action::Collect { connection } => self.reply(connection, &step.expected),
            Action::Direct(directive) => self.direct(directive, &step.expected),
        }
    }

    /// The checks that every transcript ends with.
    pub(crate) fn finish(&mut self) -> Outcome<()> {
        self.clis.clear();
        if let Some(replica) = &mut self.replica {
            final_checks::check_all(replica)?;
        }
        if !self.primary.is_running() {
            return Ok(());
        }
        final_checks::check_all(&mut self.primary)?;
        if self.script.replay {
            final_checks::replay(&mut self.primary)?;
        }
        Ok(())
    }

    /// A failure together with what the servers wrote.
    pub(crate) fn explain(&self, failure: &str) -> String {
        let primary = format!("\n\nserver log:\n{}", self.primary.log_tail());
        let replica =
            self.replica.as_ref().map(|replica| format!("\n\nreplica log:\n{}", replica.log_tail()));
        [failure, &primary, &replica.unwrap_or_default()].concat()
    }

    /// The server a connection talks to.
    pub(super) fn server(&mut self, connection: &str) -> Outcome<&mut Server> {
        if is_to_replica(connection) {
            self.replica()
        } else {
            Ok(&mut self.primary)
        }
    }

    pub(super) fn replica(&mut self) -> Outcome<&mut Server> {
        self.replica.as_mut().ok_or_else(|| "there is no replica yet: ! replica starts one".into())
    }

    pub(super) fn cli(&mut self, connection: &str) -> Outcome<&mut Cli> {
        if !self.clis.contains_key(connection) {
            let port = self.server(connection)?.port();
            let protocol = if self.resp3.contains(connection) { Protocol::Resp3 } else { Protocol::Resp2 };
            self.clis.insert(connection.to_owned(), Cli::open(self.settings, port, protocol)?);
        }
        self.clis.get_mut(connection).ok_or_else(|| "the connection is gone".into())
    }

    pub(super) fn send(&mut self, connection: &str, command: &str) -> Outcome<()> {
        if is_to_replica(connection) {
            self.catch_up()?;
        }
        if let Some(clock) = command.to_ascii_uppercase().strip_prefix("JQ.DEBUG CLOCK ") {
            self.server(connection)?.remember_clock(clock.trim().parse().ok());
        }
        let command = self.with_client_ids(command)?;
        self.cli(connection)?.send(&command)
    }

    /// `{id of bert}` is the number by which the server knows bert's connection.
    fn with_client_ids(&mut self, command: &str) -> Outcome<String> {
        let Some((before, rest)) = command.split_once("{id of ") else {
            return Ok(command.to_owned());
        };
        let (name, after) = rest.split_once('}').ok_or("{id of name} lacks its end")?;
        let id = self.cli(name)?.client_id.ok_or("the server does not answer CLIENT ID")?;
        self.with_client_ids(&format!("{before}{id}{after}"))
    }

    /// The reply that is due on a connection. Where it may be `(waits)`, the server must say that the client
    /// is blocked, and say so again: between two questions it has done all that it does "at once", timers
    /// included.
    fn reply(&mut self, connection: &str, expected: &[String]) -> Outcome<Vec<String>> {
        if self.cli(connection)?.channel().is_some() {
            return self.messages(connection, expected);
        }
        let may_wait = expected.is_empty() || expected.first().is_some_and(|line| line == WAITS);
        let deadline = patient();
        while may_wait && !deadline.is_over() && !self.cli(connection)?.has_answered() {
            if self.has_flag(connection, 'b')? && self.has_flag(connection, 'b')? {
                return Ok(vec![WAITS.to_owned()]);
            }
        }
        self.cli(connection)?.reply(deadline)?.ok_or_else(|| "no reply".into())
    }

    /// What a subscriber received since the last step; more may be on its way while too little has come.
    fn messages(&mut self, connection: &str, expected: &[String]) -> Outcome<Vec<String>> {
        until(|| Ok(self.has_flag(connection, 'P')?.then_some(())))?.ok_or("it does not subscribe")?;
        let channel = self.cli(connection)?.channel().unwrap_or_default().to_owned();
        let mut received = Vec::new();
        let complete = until(|| {
            self.server(connection)?.ask::<u64>(&["PUBLISH", &channel, SENTINEL])?;
            let lines = self.cli(connection)?.messages_before(SENTINEL, patient())?;
            received.extend(lines.ok_or("the subscriber receives nothing")?);
            Ok((received.len() >= expected.len()).then_some(()))
        });
        complete?;
        Ok(received)
    }

    fn has_flag(&mut self, connection: &str, flag: char) -> Outcome<bool> {
        let id = self.cli(connection)?.client_id.unwrap_or_default().to_string();
        let client: String = self.server(connection)?.ask(&["CLIENT", "LIST", "ID", &id])?;
        let flags = client.split_whitespace().find_map(|field| field.strip_prefix("flags="));
        Ok(flags.is_some_and(|flags| flags.contains(flag)))
    }
}

/// Connections called `replica` or `replica-...` talk to the replica, all others to the primary.
pub(super) fn is_to_replica(connection: &str) -> bool {
    connection == "replica" || connection.starts_with("replica-")
}
