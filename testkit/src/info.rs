//! What a server says about itself: the text of `INFO`, read field by field.

use std::str::FromStr;
use std::time::Duration;

use redis::{cmd, Connection, RedisResult};

use crate::Failure;

/// One section of `INFO`: a snapshot.
pub struct Info(String);

impl From<String> for Info {
    /// The answer to INFO.
    fn from(answer: String) -> Self {
        Self(answer)
    }
}

impl Info {
    /// Asks the server behind `connection` for a section such as `cpu`. A whole INFO would show in what is
    /// measured.
    pub fn read(connection: &mut Connection, section: &str) -> RedisResult<Self> {
        cmd("INFO").arg(section).query::<String>(connection).map(Self)
    }

    /// The text of a field, if this server has it. Case does not matter: commands are listed as they were
    /// registered.
    pub fn text(&self, field: &str) -> Option<&str> {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value.trim_end())
    }

    /// A field that is a number.
    ///
    /// # Errors
    /// When this server has no such field or it is no such number.
    pub fn number<T: FromStr>(&self, field: &str) -> Result<T, Failure> {
        let text = self.text(field).ok_or_else(|| format!("INFO has no field '{field}'"))?;
        text.parse().map_err(|_| format!("INFO says {field}:{text}, which is no number").into())
    }

    /// CPU time of the server process since it started, all its threads together.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        let seconds = self.number::<f64>("used_cpu_user")? + self.number::<f64>("used_cpu_sys")?;
        Ok(Duration::from_secs_f64(seconds))
    }

    /// `redis 7.0.15` or `valkey 8.1.0`.
    pub fn version(&self) -> String {
        let valkey = self.text("valkey_version").map(|version| format!("valkey {version}"));
        valkey.unwrap_or_else(|| format!("redis {}", self.text("redis_version").unwrap_or("of no version")))
    }
}
