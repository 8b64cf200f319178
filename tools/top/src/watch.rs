//! Looking again and again: what the scene becomes with each answer, or with none.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::terminal;

use crate::frame::{frame, Link, Scene, Size};
use crate::options::Options;
use crate::reading::{Queue, Rates, Reading};
use crate::screen::{Screen, Wake};
use crate::source::{Answer, Asker, Source};
use crate::Failure;

/// Of a frame that no terminal limits.
const COLUMNS: usize = 80;

/// How long the terminal is listened to before the server is.
const GLANCE: Duration = Duration::from_millis(20);

/// What is known of the server.
struct Watch {
    scene: Scene,
    /// When it last answered, or the beginning.
    answered: Instant,
}

impl Watch {
    fn new(options: &Options) -> Self {
        let scene = Scene {
            address: format!("{}:{}", options.host, options.port),
            link: Link::Here,
            reading: Reading::default(),
            rates: Vec::new(),
        };
        Self { scene, answered: Instant::now() }
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Ok(reading) => {
                // After a pause the difference is about the pause, not about now.
                let old = match self.scene.link {
                    Link::Here => std::mem::take(&mut self.scene.reading),
                    Link::Away { .. } => Reading::default(),
                };
                self.scene.rates = rates(&old, &reading);
                self.scene.reading = reading;
                self.scene.link = Link::Here;
                self.answered = Instant::now();
            }
            Err(why) => {
                let ms = i64::try_from(self.answered.elapsed().as_millis()).unwrap_or(i64::MAX);
                self.scene.link = Link::Away { ms, why };
            }
        }
    }
}

fn rates(old: &Reading, new: &Reading) -> Vec<Rates> {
    let ms = new.at - old.at;
    let of = |n: usize, now: &Queue| match (old.queues.get(n).map(|queue| &queue.stats), &now.stats) {
        (Some(Ok(then)), Ok(now)) => Rates::between(then, now, ms),
        _ => Rates::default(),
    };
    new.queues.iter().enumerate().map(|(n, queue)| of(n, queue)).collect()
}

/// Shows the queues until the user, or a signal, ends it.
///
/// # Errors
/// When the terminal fails. That the server does, is shown.
pub(crate) fn live(options: &Options) -> Result<(), Failure> {
    let asker = Asker::start(Source::new(options));
    let mut watch = Watch::new(options);
    let mut screen = Screen::open()?;
    let mut next = Instant::now();
    let (mut is_asked, mut is_stale) = (false, true);
    loop {
        if let Some(answer) = asker.answer() {
            watch.take(answer);
            (is_asked, is_stale) = (false, true);
        }
        if !is_asked && Instant::now() >= next {
            next = Instant::now() + options.interval;
            asker.ask();
            is_asked = true;
        }
        if is_stale {
            let size = screen.size()?;
            screen.draw(frame(&watch.scene, size))?;
        }
        is_stale = match screen.wait(GLANCE)? {
            Wake::Time => false,
            Wake::Resized => true,
            Wake::End => return Ok(()),
        };
    }
}

/// Prints one frame as plain text, made of two readings so that there are rates.
///
/// # Errors
/// When the server does not answer, or standard output is closed.
pub(crate) fn once(options: &Options) -> Result<(), Failure> {
    let mut watch = Watch::new(options);
    let mut source = Source::new(options);
    watch.take(source.read());
    if matches!(watch.scene.link, Link::Here) {
        thread::sleep(options.interval);
        watch.take(source.read());
    }
    if let Link::Away { why, .. } = watch.scene.link {
        return Err(format!("{}: {why}", watch.scene.address).into());
    }
    let mut out = io::stdout().lock();
    for line in frame(&watch.scene, Size { columns: columns(), rows: None }) {
        writeln!(out, "{}", line.text.trim_end())?;
    }
    Ok(())
}

fn columns() -> usize {
    let of_terminal = if io::stdout().is_terminal() {
        terminal::size().ok().map(|(columns, _)| columns.into())
    } else {
        None
    };
    of_terminal.or_else(|| std::env::var("COLUMNS").ok()?.parse().ok()).unwrap_or(COLUMNS)
}
