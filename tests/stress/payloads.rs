//! RESTORE of damaged payloads: refused, or a sound queue, and a server that lives on either way.

use std::cell::RefCell;

use proptest::prelude::{any, ProptestConfig};
use proptest::sample::Index;
use proptest::test_runner::{TestCaseError, TestRunner};
use testkit::client::{claimed, is_gone, shown, Client};
use testkit::damage::{apply, edits, Edit};
use testkit::traffic::{Lease, Traffic};
use testkit::Server;

use super::dump::Dump;
use super::settings::{seed, times};
use super::BASICS;

/// Commands that make a queue rich, and those that are done with one that was accepted.
const BEFORE: usize = 150;
const AFTER: usize = 20;
/// Accepted queues that are kept to the end.
const KEPT: usize = 50;

struct Forge {
    client: Client,
    traffic: Traffic,
    accepted: usize,
    refused: usize,
}

impl Forge {
    fn new(server: &Server, seed: u64) -> Self {
        let mut client = Client::of(server);
        client.ask::<()>("JQ.DEBUG CLOCK 1704067200000");
        Self { client, traffic: Traffic::new(seed).with_schedules(), accepted: 0, refused: 0 }
    }

    /// Does random commands at a queue.
    fn work(&mut self, queue: &str, commands: usize) -> Result<(), String> {
        for _ in 0..commands {
            let command = self.traffic.command(queue);
            match self.client.send(&command) {
                Ok(reply) if command[0] == b"JQ.CLAIM" => {
                    for job in claimed(&reply) {
                        let queue = queue.as_bytes().to_vec();
                        self.traffic.learn(Lease { queue, token: job.token, id: job.id });
                    }
                }
                Err(why) if is_gone(&why) || why.to_string().contains("internal error") => {
                    return Err(format!("{}: {why}", shown(&command)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn dump(&mut self, queue: &str) -> Vec<u8> {
        self.client.ask(&format!("DUMP {queue}"))
    }

    /// Lets the server have it. An error says what harm it did.
    fn try_payload(&mut self, payload: &[u8]) -> Result<(), String> {
        let name = format!("made-up-{}", self.accepted % KEPT);
        let restore: [&[u8]; 5] = [b"RESTORE", name.as_bytes(), b"0", payload, b"REPLACE"];
        match self.client.send(&restore.map(<[u8]>::to_vec)) {
            Ok(_) => {
                self.accepted += 1;
                self.look_at(&name)
            }
            Err(why) if why.to_string().contains("Bad data format") => {
                self.refused += 1;
                Ok(())
            }
            Err(why) => Err(format!("RESTORE: {why}")),
        }
    }

    /// It adds up, and so does what it saves, before and after commands at it.
    fn look_at(&mut self, name: &str) -> Result<(), String> {
        for commands in [0, AFTER] {
            self.work(name, commands)?;
            let wrong: Vec<String> = self.client.ask(&format!("JQ.CHECK {name}"));
            if !wrong.is_empty() {
                return Err(wrong.join("\n"));
            }
            let again = self.dump(name);
            let restore: [&[u8]; 5] = [b"RESTORE", b"again", b"0", &again, b"REPLACE"];
            let restored = self.client.send(&restore.map(<[u8]>::to_vec));
            restored.map_err(|why| format!("after {commands} commands, what it saves is refused: {why}"))?;
        }
        Ok(())
    }
}

/// Tries payloads that `forge` makes of a rich queue's and random edits; stops with the fewest that do harm.
fn restore_damaged(test: &str, forgery: impl Fn(&Dump, &[Edit]) -> Vec<u8>) {
    let mut settings = BASICS.to_vec();
    settings.push(("rdbcompression", "no"));
    let server = Server::start(&settings).expect("a server");
    let mut forge = Forge::new(&server, seed(test));
    let dumps = ["one", "two", "three"].map(|queue| {
        forge.client.send(&Traffic::settings(queue)).expect("settings");
        forge.work(queue, BEFORE).expect("a queue");
        Dump::read(&forge.dump(queue))
    });
    assert_eq!(dumps[0].write().len(), Dump::read(&dumps[0].write()).write().len());
    let cases = 2000 * u32::try_from(times()).unwrap_or(u32::MAX);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let forge = RefCell::new(forge);
    let strategy = (any::<Index>(), edits());
    let result = TestRunner::new(config).run(&strategy, |(which, edits)| {
        let payload = forgery(which.get(&dumps), &edits);
        forge.borrow_mut().try_payload(&payload).map_err(TestCaseError::fail)
    });
    if let Err(found) = result {
        panic!("{found}\n{}", server.log().lines().rev().take(20).collect::<Vec<_>>().join("\n"));
    }
    let mut forge = forge.into_inner();
    println!("{} accepted, {} refused", forge.accepted, forge.refused);
    assert!(forge.accepted > 100 && forge.refused > 100, "both happen");
    // Whatever was accepted can be saved and read by the next server.
    forge.client.ask::<()>("DEBUG RELOAD");
}

#[test]
fn damage_inside_a_dumped_queue_is_refused_or_harmless() {
    restore_damaged("damage_inside_a_dumped_queue_is_refused_or_harmless", |dump, edits| {
        let mut dump = dump.clone();
        // Not the empty string at the end, without which nothing is accepted.
        let end = dump.strings.pop();
        apply(&mut dump.strings, edits);
        dump.strings.extend(end);
        dump.write()
    });
}

#[test]
fn damage_around_a_dumped_queue_is_refused_or_harmless() {
    restore_damaged("damage_around_a_dumped_queue_is_refused_or_harmless", |dump, edits| {
        let mut body = vec![dump.body()];
        apply(&mut body, edits);
        dump.write_body(&body.concat())
    });
}
