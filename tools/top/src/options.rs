//! The command line of the live view: the options of redis-cli, as far as they make sense here.

use std::env;
use std::time::Duration;

use crate::Failure;

/// Printed for `--help`.
pub(crate) const USAGE: &str = "\
usage: scripts/top [OPTIONS] QUEUE...    a live view of queues; q or ctrl-C ends it

  -h HOST        (127.0.0.1)
  -p PORT        (6379)
  -n DB          (0)
  -a PASSWORD    better in the environment, as REDISCLI_AUTH
  --user NAME    with a password
  -i SECONDS     between two looks, 0.1 or more (2)
  --once         prints one frame and ends, as it does when the output is no terminal: two looks, one interval apart
  --help         prints this";

/// The shortest interval.
const SHORTEST: f64 = 0.1;
/// The longest: an hour.
const LONGEST: f64 = 3600.0;

/// Which server, how often, which queues.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) db: i64,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) interval: Duration,
    pub(crate) once: bool,
    pub(crate) queues: Vec<Vec<u8>>,
}

impl Options {
    /// Reads the arguments after the program's name; none if the user asked for help.
    ///
    /// # Errors
    /// Names the argument that is unknown or out of range.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut options = Self {
            host: "127.0.0.1".into(),
            port: 6379,
            db: 0,
            user: None,
            password: env::var("REDISCLI_AUTH").ok(),
            interval: Duration::from_secs(2),
            once: false,
            queues: Vec::new(),
        };
        while let Some(word) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "-h" => options.host = value()?,
                "-p" => options.port = number(&word, &value()?)?,
                "-n" => options.db = number(&word, &value()?)?,
                "-a" | "--pass" => options.password = Some(value()?),
                "--user" => options.user = Some(value()?),
                "-i" => options.interval = interval(&value()?)?,
                "--once" => options.once = true,
                "--help" => return Ok(None),
                "--" => options.queues.extend(arguments.by_ref().map(String::into_bytes)),
                _ if word.starts_with('-') => return Err(format!("unknown option '{word}'\n{USAGE}").into()),
                _ => options.queues.push(word.into_bytes()),
            }
        }
        if options.queues.is_empty() {
            return Err(format!("name at least one queue\n{USAGE}").into());
        }
        Ok(Some(options))
    }
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| format!("{option} needs a number, '{text}' is none or out of range").into())
}

fn interval(text: &str) -> Result<Duration, Failure> {
    let seconds: f64 = number("-i", text)?;
    if (SHORTEST..=LONGEST).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("-i needs {SHORTEST} to {LONGEST} seconds, not {text}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(str::to_owned)).map_err(|why| why.to_string())
    }

    #[test]
    fn the_words_of_redis_cli() {
        let options =
            parse("-h redis.example -p 7000 -n 2 -a pw --user me -i 0.5 --once mail -- -p").unwrap().unwrap();
        let expected = Options {
            host: "redis.example".into(),
            port: 7000,
            db: 2,
            user: Some("me".into()),
            password: Some("pw".into()),
            interval: Duration::from_millis(500),
            once: true,
            queues: vec![b"mail".to_vec(), b"-p".to_vec()],
        };
        assert_eq!(options, expected);
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, text) in [
            ("", "at least one queue"),
            ("mail -p", "-p needs a value"),
            ("mail -p 70000", "-p needs a number, '70000'"),
            ("mail -i 0", "-i needs 0.1 to 3600 seconds"),
            ("mail -i NaN", "-i needs 0.1 to 3600 seconds"),
            ("mail --bogus", "unknown option '--bogus'"),
        ] {
            let why = parse(line).unwrap_err();
            assert!(why.contains(text), "{line}: {why}");
        }
    }
}
