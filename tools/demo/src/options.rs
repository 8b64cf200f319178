//! The command line of the demo.

use testkit::Failure;

/// Printed for `--help`.
pub(crate) const USAGE: &str = "\
usage: scripts/demo [--keys N] [--subscribers N]

  --keys N          keys that expire at the same instant (11300)
  --subscribers N   pods that hear every expiry and enqueue it (72)";

/// The size of the story.
pub(crate) struct Options {
    /// Keys that expire, so jobs that must run.
    pub(crate) keys: u64,
    /// Pods that each hear every expiry.
    pub(crate) subscribers: u64,
}

impl Options {
    /// Reads the arguments after the program's name; none if the user asked for help.
    ///
    /// # Errors
    /// Names the argument that is unknown or no number above 0.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut options = Self { keys: 11_300, subscribers: 72 };
        while let Some(name) = arguments.next() {
            let field = match name.as_str() {
                "--keys" => &mut options.keys,
                "--subscribers" => &mut options.subscribers,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option '{name}'\n{USAGE}").into()),
            };
            let number = arguments.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
            *field = number.ok_or_else(|| format!("{name} needs a number above 0"))?;
        }
        Ok(Some(options))
    }

    /// Enqueue calls in all: every pod, every key.
    pub(crate) fn calls(&self) -> u64 {
        self.keys * self.subscribers
    }
}
