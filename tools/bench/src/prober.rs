//! A client that only wants to know how long everybody else has to wait: PING, as fast as it is answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use testkit::Failure;
use testkit::Server;

const QUESTION: &[u8] = b"PING\r\n";
const ANSWER: usize = b"+PONG\r\n".len();

/// How long PING took, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    /// 999 of 1,000 took no longer.
    pub(crate) p999: f64,
    /// The longest of all.
    pub(crate) longest: f64,
}

/// Measures waits while `work` runs.
pub(crate) fn during(server: &Server, work: impl FnOnce() -> Result<(), Failure>) -> Result<Waits, Failure> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let prober = scope.spawn(|| ping(server.port(), &over));
        let worked = work();
        over.store(true, Ordering::Relaxed);
        let waits = prober.join().map_err(|_| "the prober broke down")??;
        worked.map(|()| sum_up(waits))
    })
}

/// All waits in milliseconds.
fn ping(port: u16, over: &AtomicBool) -> Result<Vec<f64>, Failure> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.set_nodelay(true)?;
    let mut waits = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        server.write_all(QUESTION)?;
        server.read_exact(&mut [0; ANSWER])?;
        waits.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(waits)
}

fn sum_up(mut waits: Vec<f64>) -> Waits {
    waits.sort_by(f64::total_cmp);
    let longest = waits.last().copied().unwrap_or(f64::NAN);
    let p999 = waits.get(waits.len() * 999 / 1_000).copied().unwrap_or(longest);
    Waits { p999, longest }
}
