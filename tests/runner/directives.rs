//! The directives of a transcript: what is done to the servers rather than asked of them.

use super::script::Directive;
use super::server::{Save, Server};
use super::session::{is_to_replica, Session};
use super::{final_checks, matching, Outcome};
use super::{patient, until};

impl Session<'_> {
    /// Does what a directive says; answers what it printed, which only `! propagated` does.
    pub(crate) fn direct(&mut self, directive: &Directive, expected: &[String]) -> Outcome<Vec<String>> {
        match directive {
            Directive::Propagated => return self.propagated(expected),
            Directive::Clock(ms) => self.set_clock(*ms)?,
            Directive::Resp3(name) => {
                self.resp3.insert(name.clone());
            }
            Directive::HangUp(name) => self.hang_up(name)?,
            Directive::Restart => self.restart(Save::Nothing)?,
            Directive::RestartFromRdb => self.restart(Save::Rdb)?,
            Directive::KillAndRestart => {
                self.primary.kill();
                self.start_again()?;
            }
            Directive::Kill => self.primary.kill(),
            Directive::RewriteAof => self.rewrite_aof()?,
            Directive::Replica => {
                let replica = Server::start_replica(self.settings, self.script, &self.primary)?;
                self.replica = Some(replica);
                self.follow()?;
            }
            Directive::RestartReplica => {
                let replica = self.replica()?;
                replica.stop(Save::Nothing)?;
                replica.start_again()?;
                self.clis.retain(|name, _| !is_to_replica(name));
                self.follow()?;
            }
            Directive::DigestEqual => {
                self.catch_up()?;
                let replica = self.replica.as_mut().ok_or("there is no replica")?;
                final_checks::equal(&mut self.primary, replica)?;
            }
            Directive::Wait { connection, command, line } => self.wait_for(connection, command, line)?,
        }
        Ok(Vec::new())
    }

    fn set_clock(&mut self, ms: u64) -> Outcome<()> {
        for server in [Some(&mut self.primary), self.replica.as_mut()].into_iter().flatten() {
            if server.is_running() {
                server.stop_clock(ms)?;
            }
        }
        Ok(())
    }

    fn hang_up(&mut self, name: &str) -> Outcome<()> {
        let cli = self.clis.remove(name).ok_or("there is no such connection")?;
        let id = cli.client_id.unwrap_or_default().to_string();
        drop(cli);
        let server = self.server(name)?;
        let gone = until(|| {
            let clients: String = server.ask(&["CLIENT", "LIST", "ID", &id])?;
            Ok(clients.trim().is_empty().then_some(()))
        });
        gone?.ok_or_else(|| "the server still sees this client".into())
    }

    fn restart(&mut self, save: Save) -> Outcome<()> {
        if self.replica.is_some() {
            self.catch_up()?;
        }
        self.primary.stop(save)?;
        if save == Save::Rdb {
            self.primary.set("appendonly", "no");
        }
        self.start_again()
    }

    /// Starts the primary on what it left behind. Its clients are gone; a replica is waited for.
    fn start_again(&mut self) -> Outcome<()> {
        self.tap = None;
        self.clis.retain(|name, _| is_to_replica(name));
        self.primary.start_again()?;
        self.attach_tap()?;
        if self.replica.is_some() {
            self.follow()?;
        }
        Ok(())
    }

    fn rewrite_aof(&mut self) -> Outcome<()> {
        self.primary.ask::<String>(&["BGREWRITEAOF"])?;
        let primary = &mut self.primary;
        let done = until(|| {
            let busy = primary.info("persistence", "aof_rewrite_in_progress")? != "0"
                || primary.info("persistence", "aof_rewrite_scheduled")? != "0";
            Ok((!busy).then_some(()))
        });
        done?.ok_or("the rewrite does not end")?;
        match primary.info("persistence", "aof_last_bgrewrite_status")?.as_str() {
            "ok" => Ok(()),
            other => Err(format!("the rewrite ended with {other}")),
        }
    }

    /// Waits until the replica is in step with the primary.
    fn follow(&mut self) -> Outcome<()> {
        let replica = self.replica()?;
        let linked = until(|| Ok((replica.info("replication", "master_link_status")? == "up").then_some(())));
        linked?.ok_or("the replica does not follow")?;
        self.catch_up()
    }

    /// Waits until the replica has done all that the primary did. One that was promoted, or cut off, has
    /// nothing to wait for.
    pub(crate) fn catch_up(&mut self) -> Outcome<()> {
        let (primary, replica) = (&mut self.primary, self.replica.as_mut().ok_or("there is no replica")?);
        if !primary.is_running() || replica.info("replication", "master_link_status")? != "up" {
            return Ok(());
        }
        let goal = offset(primary)?;
        let done = until(|| Ok((offset(replica)? >= goal).then_some(())));
        done?.ok_or_else(|| "the replica does not catch up".into())
    }

    fn propagated(&mut self, expected: &[String]) -> Outcome<Vec<String>> {
        let tap = self.tap.as_mut().ok_or("no replica tap is attached")?;
        let primary = &mut self.primary;
        let mut lines = Vec::new();
        // More may be on its way while too little has come: what a timer does is not finished when a reply
        // is.
        until(|| {
            lines.extend(tap.received(primary)?);
            Ok((lines.len() >= expected.len()).then_some(()))
        })?;
        Ok(lines)
    }

    fn wait_for(&mut self, connection: &str, command: &str, line: &str) -> Outcome<()> {
        let mut last = Vec::new();
        let found = until(|| {
            self.send(connection, command)?;
            last = self.cli(connection)?.reply(patient())?.ok_or("no reply")?;
            Ok(last.iter().any(|printed| matching::matches(line, printed)).then_some(()))
        })?;
        found.ok_or_else(|| format!("it never printed that, but at last\n  {}", last.join("\n  ")))
    }
}

/// How far a server is in the stream of replicated writes, in bytes; a replica counts its primary's stream.
fn offset(server: &mut Server) -> Outcome<u64> {
    let field = "master_repl_offset";
    server.info("replication", field)?.parse().map_err(|_| format!("INFO lacks {field}"))
}
