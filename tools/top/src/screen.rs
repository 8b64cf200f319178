//! The terminal: taken over for as long as the value lives, given back as it was however the program ends.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::frame::{Line, Size, Tone};

/// What has happened while it waited.
pub(crate) enum Wake {
    /// Nothing.
    Time,
    /// The window has another size.
    Resized,
    /// The user, or a signal, ends the program.
    End,
}

/// The screen, in raw mode, without a cursor.
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    /// What is on it, line by line.
    shown: Vec<Line>,
    size: (u16, u16),
    end: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn open() -> io::Result<Self> {
        let end = Arc::new(AtomicBool::new(false));
        // Not SIGHUP: it says that the terminal is gone. Then there is nothing to give back, and nothing that
        // could be read.
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&end))?;
        }
        terminal::enable_raw_mode()?;
        // From here on there is something to give back, also if the next step fails.
        let mut screen = Self { out: BufWriter::new(io::stdout()), shown: Vec::new(), size: (0, 0), end };
        execute!(screen.out, EnterAlternateScreen, Hide, DisableLineWrap, Clear(ClearType::All))?;
        Ok(screen)
    }

    /// The place there is now.
    pub(crate) fn size(&mut self) -> io::Result<Size> {
        let size = terminal::size()?;
        if size != self.size {
            self.size = size;
            self.shown.clear();
            queue!(self.out, Clear(ClearType::All))?;
        }
        Ok(Size { columns: size.0.into(), rows: Some(size.1.into()) })
    }

    /// Shows `lines`: those that have changed, in one piece, each over the old one, so that nothing flickers.
    pub(crate) fn draw(&mut self, lines: Vec<Line>) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate)?;
        for (row, line) in (0_u16..).zip(&lines) {
            if self.shown.get(usize::from(row)) == Some(line) {
                continue;
            }
            let attribute = match line.tone {
                Tone::Title => Attribute::Reverse,
                Tone::Head | Tone::Alarm => Attribute::Bold,
                Tone::Plain => Attribute::Reset,
            };
            let text = format!("{:<width$}", line.text, width = usize::from(self.size.0));
            queue!(
                self.out,
                MoveTo(0, row),
                SetAttribute(attribute),
                Print(text),
                SetAttribute(Attribute::Reset)
            )?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.shown = lines;
        self.out.flush()
    }

    /// Waits so long for a key, another size or a signal.
    pub(crate) fn wait(&mut self, time: Duration) -> io::Result<Wake> {
        // A signal may cut the wait short.
        let happened = if event::poll(time)? { Some(event::read()?) } else { None };
        Ok(match happened {
            _ if self.end.load(Ordering::Relaxed) => Wake::End,
            Some(Event::Key(key)) if ends(key) => Wake::End,
            Some(Event::Resize(..)) => Wake::Resized,
            _ => Wake::Time,
        })
    }
}

fn ends(key: KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_end = match key.code {
        KeyCode::Char('q' | 'Q') => !is_control,
        KeyCode::Char('c') => is_control,
        _ => false,
    };
    is_end && key.kind == KeyEventKind::Press
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone there is nothing to give back.
        let _ = execute!(self.out, EnableLineWrap, Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}
