//! Three servers that follow one another, each with an append-only file.

use testkit::deadline::{until, until_true};
use testkit::Client;
use testkit::Server;

use super::consistency::{check_all, quiet, reader_of, same};
use super::BASICS;

/// Begun as primary, replica, and replica of the replica.
pub(crate) struct ReplicaChain {
    pub(crate) servers: [Server; 3],
    /// Which of them is the primary now.
    pub(crate) primary: usize,
}

impl ReplicaChain {
    /// Starts all three with settings beside the usual ones.
    pub(crate) fn start(more: &[(&str, &str)]) -> Self {
        let mut settings = BASICS.to_vec();
        settings.extend([("appendonly", "yes"), ("appendfsync", "no")]);
        settings.extend(more);
        let start = |follow: Option<u16>| {
            let followed = follow.map(|port| format!("127.0.0.1 {port}"));
            let mut settings = settings.clone();
            settings.extend(followed.as_deref().map(|followed| ("replicaof", followed)));
            Server::start(&settings).expect("a server")
        };
        let first = start(None);
        let second = start(Some(first.port()));
        let third = start(Some(second.port()));
        let chain = Self { servers: [first, second, third], primary: 0 };
        chain.wait_for_links();
        chain
    }

    /// A connection to one of them.
    pub(crate) fn client(&self, which: usize) -> Client {
        Client::of(&self.servers[which])
    }

    /// The port of the primary.
    pub(crate) fn port(&self) -> u16 {
        self.servers[self.primary].port()
    }

    /// Lets a server follow another from now on.
    pub(crate) fn follow(&mut self, which: usize, other: usize) {
        let port = self.servers[other].port();
        self.client(which).ask::<()>(&format!("REPLICAOF 127.0.0.1 {port}"));
        self.servers[which].set("replicaof", &format!("127.0.0.1 {port}"));
    }

    /// Waits until every replica is connected to its primary.
    pub(crate) fn wait_for_links(&self) {
        for which in (0..3).filter(|which| *which != self.primary) {
            let up = || {
                let mut client = Client::try_of(self.servers[which].port())?;
                let text: String = client.try_ask("INFO replication").ok()?;
                text.contains("master_link_status:up").then_some(())
            };
            until(&format!("server {which} is connected"), up);
        }
    }

    /// Lets all three hold the same: nothing happens on the primary while `inspect` runs.
    pub(crate) fn calm(&self, inspect: impl FnOnce(&mut [Client; 3])) {
        self.wait_for_links();
        let mut clients = [0, 1, 2].map(|which| self.client(which));
        clients[self.primary].ask::<()>("CLIENT PAUSE 600000 WRITE");
        until_true("all have received everything", || {
            let [first, second, third] = clients.each_mut().map(|client| client.info("master_repl_offset"));
            first == second && second == third
        });
        inspect(&mut clients);
        self.servers.iter().for_each(quiet);
        clients[self.primary].ask::<()>("CLIENT UNPAUSE");
    }

    /// All three hold the same, and it adds up.
    pub(crate) fn compare(&self, when: &str) {
        self.calm(|clients| compare(when, clients));
    }

    /// The same, and so do their append-only files.
    pub(crate) fn compare_files(&self, when: &str) {
        self.calm(|clients| {
            compare(when, clients);
            for (which, server) in self.servers.iter().enumerate() {
                let reader = reader_of(server.folder());
                let mut reader = Client::of(&reader);
                let what = format!("{when}: server {which} and its append-only file");
                same(&what, &mut clients[which], &mut reader);
                check_all(&what, &mut reader);
            }
        });
    }

    /// Lets each write its append-only file anew.
    pub(crate) fn rewrite_files(&self) {
        for which in 0..3 {
            let mut client = self.client(which);
            // Refused while another one is under way, such as that of a replica that has just got everything
            // anew.
            until_true("a rewrite begins", || client.try_ask::<String>("BGREWRITEAOF").is_ok());
            until_true("the rewrite ends", || {
                client.info("aof_rewrite_in_progress") == "0" && client.info("aof_rewrite_scheduled") == "0"
            });
            assert_eq!(client.info("aof_last_bgrewrite_status"), "ok", "server {which}");
        }
    }
}

fn compare(when: &str, clients: &mut [Client; 3]) {
    let [first, second, third] = clients;
    same(&format!("{when}: servers 0 and 1"), first, second);
    same(&format!("{when}: servers 1 and 2"), second, third);
    for (which, client) in clients.iter_mut().enumerate() {
        check_all(&format!("{when}: server {which}"), client);
    }
}
