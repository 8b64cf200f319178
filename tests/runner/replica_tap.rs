//! Stands in for a replica and writes down what it is sent.
//!
//! It asks for the old SYNC, skips the snapshot and then reads commands. To know that it has seen everything,
//! it has the server publish a sentinel: PUBLISH reaches replicas in its place among the writes and changes
//! no key.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::server::Server;
use super::Outcome;
use super::{until, PATIENCE};

const SENTINEL_CHANNEL: &str = "transcript-sentinel";

/// A connection that is sent what replicas are sent.
pub(crate) struct ReplicaTap {
    stream: BufReader<TcpStream>,
    selected: String, // the database of the stream
    shown: String,    // the database of the last line shown
    sentinels: u64,
}

impl ReplicaTap {
    /// Attaches to `server` and skips the snapshot.
    pub(crate) fn attach(server: &mut Server) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).map_err(|why| broken(&why))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|why| broken(&why))?;
        let mut stream = BufReader::new(stream);
        stream.get_mut().write_all(b"REPLCONF capa eof\r\n").map_err(|why| broken(&why))?;
        next_line(&mut stream)?;
        stream.get_mut().write_all(b"SYNC\r\n").map_err(|why| broken(&why))?;
        skip_snapshot(&mut stream)?;
        let online =
            until(|| Ok(server.info("replication", "slave0")?.contains("state=online").then_some(())));
        online?.ok_or("the server does not accept the tap")?;
        // Only now: an acknowledgement before the snapshot counts as delivered is overlooked, and nothing
        // would follow.
        stream.get_mut().write_all(b"REPLCONF ACK 0\r\n").map_err(|why| broken(&why))?;
        Ok(Self { stream, selected: "0".into(), shown: "0".into(), sentinels: 0 })
    }

    /// The commands sent since the last call, one a line, as one would type them. What the server sends on
    /// its own account (PING, REPLCONF) is left out, and SELECT is shown where the database of two lines
    /// differs.
    pub(crate) fn received(&mut self, server: &mut Server) -> Outcome<Vec<String>> {
        self.sentinels += 1;
        let sentinel = self.sentinels.to_string();
        server.ask::<u64>(&["PUBLISH", SENTINEL_CHANNEL, &sentinel])?;
        let mut lines = Vec::new();
        loop {
            let words = self.next_command()?;
            let verb = words.first().map(|verb| verb.to_ascii_uppercase()).unwrap_or_default();
            match (verb.as_slice(), words.get(1)) {
                (b"PUBLISH", Some(channel)) if channel == SENTINEL_CHANNEL.as_bytes() => {
                    if words.get(2).is_some_and(|word| word == sentinel.as_bytes()) {
                        return Ok(lines);
                    }
                    continue;
                }
                (b"SELECT", Some(database)) => {
                    self.selected = String::from_utf8_lossy(database).into_owned();
                    continue;
                }
                (b"PING" | b"REPLCONF", _) => continue,
                _ => {}
            }
            if self.shown != self.selected {
                self.shown.clone_from(&self.selected);
                lines.push(format!("SELECT {}", self.shown));
            }
            lines.push(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
        }
    }

    /// `*<words>`, then for each word `$<length>` and its bytes.
    fn next_command(&mut self) -> Outcome<Vec<Vec<u8>>> {
        let count = length_after('*', &next_line(&mut self.stream)?)?;
        let mut words = Vec::new();
        for _ in 0..count {
            let mut word = vec![0; length_after('$', &next_line(&mut self.stream)?)?];
            self.stream.read_exact(&mut word).map_err(|why| broken(&why))?;
            self.stream.read_line(&mut String::new()).map_err(|why| broken(&why))?;
            words.push(word);
        }
        Ok(words)
    }
}

fn length_after(sign: char, header: &str) -> Outcome<usize> {
    let number = header.strip_prefix(sign).and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("replicas were sent {header:?} where {sign}<number> belongs"))
}

/// A line without its end, after any number of empty ones: those only say "not yet".
fn next_line(stream: &mut impl BufRead) -> Outcome<String> {
    let mut line = String::new();
    while line.trim().is_empty() {
        line.clear();
        if stream.read_line(&mut line).map_err(|why| broken(&why))? == 0 {
            return Err("the server hung up on the tap".into());
        }
    }
    Ok(line.trim_end().to_owned())
}

/// `$EOF:<sentinel>`, the snapshot, `<sentinel>`; or `$<length>` and the snapshot.
fn skip_snapshot(stream: &mut impl BufRead) -> Outcome<()> {
    let header = next_line(stream)?;
    if let Some(sentinel) = header.strip_prefix("$EOF:") {
        let mut seen = Vec::new();
        while !seen.ends_with(sentinel.as_bytes()) {
            let mut byte = [0];
            stream.read_exact(&mut byte).map_err(|why| broken(&why))?;
            seen.extend(byte);
        }
        return Ok(());
    }
    let mut snapshot = vec![0; length_after('$', &header)?];
    stream.read_exact(&mut snapshot).map_err(|why| broken(&why))?;
    Ok(())
}

fn broken(why: &std::io::Error) -> String {
    format!("listening to the replication: {why}")
}

/// A word as redis-cli accepts it: bare where that is unambiguous, else quoted with `\x..` for what is not
/// printable.
fn quoted(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.iter().all(is_plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let mut text = String::from("\"");
    for byte in word {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.extend(format!("\\x{byte:02x}").chars()),
        }
    }
    text.push('"');
    text
}
