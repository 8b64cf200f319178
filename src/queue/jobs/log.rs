//! The log of a job: the last lines that applications have appended, as bytes.
//!
//! ```text
//!   lines   the oldest first, until the end: length (2, the lower byte first), bytes
//! ```

/// The longest line in bytes.
pub const MAX_LOG_LINE: usize = 16_384;
/// The most bytes that `max-log-bytes` can allow the log of a job.
pub const MAX_LOG_BYTES: u64 = 1 << 20;
/// What a line takes beside its bytes.
const LENGTH: usize = 2;

/// Lines to append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLines<'a>(&'a [u8]);

impl<'a> LogLines<'a> {
    /// The bytes of these lines, none of which is too long.
    pub(crate) fn pack(lines: &[&[u8]]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(lines.iter().map(|line| LENGTH + line.len()).sum());
        for line in lines {
            packed.extend_from_slice(&u16::try_from(line.len()).unwrap_or(u16::MAX).to_le_bytes());
            packed.extend_from_slice(line);
        }
        packed
    }

    /// Packed lines. None: they can't be.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let mut left = packed;
        while !left.is_empty() {
            let (line, rest) = split(left)?;
            if line.len() > MAX_LOG_LINE {
                return None;
            }
            left = rest;
        }
        Some(LogLines(packed))
    }

    /// Them as bytes.
    pub(crate) fn packed(self) -> &'a [u8] {
        self.0
    }

    /// The oldest first.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let (line, rest) = split(left)?;
            left = rest;
            Some(line)
        })
    }
}

/// The last lines, and how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobLog {
    total: u64,
    lines: Vec<u8>,
}

impl JobLog {
    /// A log as it was saved. None: it can't be.
    pub(crate) fn restored(total: u64, packed: &[u8]) -> Option<Self> {
        let kept = LogLines::new(packed)?.iter().count() as u64;
        let fits = (kept.max(1)..).contains(&total) && packed.len() as u64 <= MAX_LOG_BYTES;
        fits.then(|| JobLog { total, lines: packed.to_vec() })
    }

    /// Appends lines; the oldest go until at most so many bytes are left.
    pub(crate) fn append(&mut self, lines: LogLines<'_>, most: u64) {
        self.total = self.total.saturating_add(lines.iter().count() as u64);
        self.lines.reserve_exact(lines.packed().len());
        self.lines.extend_from_slice(lines.packed());
        let most = usize::try_from(most.min(MAX_LOG_BYTES)).unwrap_or(usize::MAX);
        let surplus = self.lines.len().saturating_sub(most);
        let mut cut = 0;
        for line in LogLines(&self.lines).iter() {
            if cut >= surplus {
                break;
            }
            cut += LENGTH + line.len();
        }
        self.lines.drain(..cut);
        self.lines.shrink_to_fit();
    }

    /// How many lines the job has had.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Those that are kept.
    pub(crate) fn lines(&self) -> LogLines<'_> {
        LogLines(&self.lines)
    }

    /// Heap bytes behind it.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.len()
    }
}

/// The first of packed lines, and the others.
fn split(packed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = packed.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(log: &mut JobLog, lines: &[&[u8]], most: u64) -> Vec<Vec<u8>> {
        log.append(LogLines::new(&LogLines::pack(lines)).unwrap(), most);
        log.lines().iter().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn the_oldest_lines_go_and_are_still_counted() {
        let mut log = JobLog::default();
        assert_eq!(append(&mut log, &[b"one", b""], 12), [b"one".to_vec(), b"".to_vec()]);
        assert_eq!(append(&mut log, &[b"two"], 12), [b"one".to_vec(), b"".to_vec(), b"two".to_vec()]);
        assert_eq!(append(&mut log, &[b"x"], 12), [b"".to_vec(), b"two".to_vec(), b"x".to_vec()]);
        assert_eq!(append(&mut log, &[b"longer than all"], 12), Vec::<Vec<u8>>::new());
        assert_eq!((log.total(), log.lines().packed()), (5, &b""[..]));
    }

    #[test]
    fn a_saved_log_comes_back_and_another_is_refused() {
        let mut log = JobLog::default();
        append(&mut log, &[b"one", b"two"], 100);
        let packed = log.lines().packed().to_vec();
        assert_eq!(JobLog::restored(2, &packed), Some(log));
        assert_eq!(JobLog::restored(1, &packed), None, "more lines than there were");
        assert_eq!(JobLog::restored(2, &packed[..packed.len() - 1]), None);
        assert_eq!(JobLog::restored(0, b""), None, "no log");
        assert!(JobLog::restored(7, b"").is_some(), "all lines are gone");
        assert_eq!(LogLines::new(&LogLines::pack(&[&vec![b'x'; MAX_LOG_LINE + 1]])), None);
    }
}
