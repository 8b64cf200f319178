//! The history of a job: its last runs that ended without an ACK, and why it ran again.
//!
//! A job pays for it once a worker has failed at it, has lost its lease, or has handed it back. It follows from
//! the effects, so every server has the same. It also answers a worker that says the same again: the token of
//! each run is there with what was said under it.

use std::sync::Arc;

/// How many runs are kept, the last ones.
pub(crate) const MAX_RUNS: usize = 8;
/// How many bytes of an error are kept with a run; the last error of the job is kept beside it.
pub(crate) const MAX_RUN_ERROR: usize = 256;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the manual")]
pub enum RunEnd {
    Completed,
    Failed,
    Lost,
    Released,
}

impl RunEnd {
    /// The manual's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RunEnd::Completed => "completed",
            RunEnd::Failed => "failed",
            RunEnd::Lost => "lost",
            RunEnd::Released => "released",
        }
    }

    /// The number for it in saved bytes.
    pub(crate) const fn code(self) -> u8 {
        match self {
            RunEnd::Completed => 0,
            RunEnd::Failed => 1,
            RunEnd::Lost => 2,
            RunEnd::Released => 3,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(RunEnd::Completed),
            1 => Some(RunEnd::Failed),
            2 => Some(RunEnd::Lost),
            3 => Some(RunEnd::Released),
            _ => None,
        }
    }
}

/// One run that has ended. `B` holds its bytes: `Arc<[u8]>` in the queue, `&[u8]` on the way to and from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<B> {
    /// The proof of its claim.
    pub token: u64,
    /// Which run of the life it was.
    pub attempt: u64,
    /// Who ran it.
    pub worker: B,
    /// When it was claimed, Unix ms.
    pub claimed_at: u64,
    /// When it ended, Unix ms.
    pub ended_at: u64,
    /// How.
    pub end: RunEnd,
    /// What the worker said was wrong, at most [`MAX_RUN_ERROR`] bytes of it.
    pub error: Option<B>,
}

impl<B: AsRef<[u8]>> Run<B> {
    /// The same run, its bytes borrowed.
    pub(crate) fn borrowed(&self) -> Run<&[u8]> {
        let Run { token, attempt, claimed_at, ended_at, end, .. } = *self;
        let error = self.error.as_ref().map(AsRef::as_ref);
        Run { token, attempt, worker: self.worker.as_ref(), claimed_at, ended_at, end, error }
    }
}

impl Run<&[u8]> {
    /// The same run, its bytes copied to be kept.
    pub(crate) fn kept(&self) -> Run<Arc<[u8]>> {
        let Run { token, attempt, claimed_at, ended_at, end, .. } = *self;
        Run {
            token,
            attempt,
            worker: self.worker.into(),
            claimed_at,
            ended_at,
            end,
            error: self.error.map(Arc::from),
        }
    }
}

/// The last runs of a job, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History(Box<[Run<Arc<[u8]>>]>);

impl History {
    /// Adds the run that has just ended; the oldest one goes if there are too many.
    pub(crate) fn push(&mut self, run: Run<Arc<[u8]>>) {
        let mut runs = std::mem::take(&mut self.0).into_vec();
        if runs.len() >= MAX_RUNS {
            runs.remove(0);
        }
        runs.push(run);
        self.0 = runs.into_boxed_slice();
    }

    /// Takes the last run out.
    pub(crate) fn pop(&mut self) -> Option<Run<Arc<[u8]>>> {
        let mut runs = std::mem::take(&mut self.0).into_vec();
        let last = runs.pop();
        self.0 = runs.into_boxed_slice();
        last
    }

    /// The run that lost its lease under `token` has been completed at `at` after all.
    pub(crate) fn complete(&mut self, token: u64, at: u64) {
        let lost = self.0.iter_mut().find(|run| run.token == token && run.end == RunEnd::Lost);
        if let Some(run) = lost {
            (run.end, run.ended_at) = (RunEnd::Completed, at);
        }
    }

    pub(crate) fn last(&self) -> Option<&Run<Arc<[u8]>>> {
        self.0.last()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Run<Arc<[u8]>>> {
        self.0.iter()
    }

    /// How the run of `token` ended, if it is among them.
    pub(crate) fn end_of(&self, token: u64) -> Option<RunEnd> {
        self.0.iter().find(|run| run.token == token).map(|run| run.end)
    }

    /// Heap bytes behind it. The names of workers are shared and counted nowhere.
    pub(crate) fn bytes(&self) -> usize {
        let errors = self.0.iter().filter_map(|run| run.error.as_ref());
        size_of_val(&*self.0) + errors.map(|error| 2 * size_of::<usize>() + error.len()).sum::<usize>()
    }
}

impl FromIterator<Run<Arc<[u8]>>> for History {
    fn from_iter<I: IntoIterator<Item = Run<Arc<[u8]>>>>(runs: I) -> Self {
        History(runs.into_iter().collect())
    }
}

/// Whether so many runs of a life can have been handed back, where its last ones ended so and this many go on: one whose
/// loss was taken back has been among them.
pub(crate) fn may_have_released(releases: u32, ends: impl Iterator<Item = RunEnd>, running: usize) -> bool {
    let (mut runs, mut released) = (running, 0);
    for end in ends {
        runs += 1;
        released += u32::from(end == RunEnd::Released);
    }
    releases <= released || runs >= MAX_RUNS
}

/// As much of an error as a run keeps, cut at a character where the text is UTF-8.
pub(crate) fn run_error(error: &[u8]) -> Arc<[u8]> {
    let Some(cut) = error.get(..MAX_RUN_ERROR) else { return error.into() };
    let is_inside = |place: &usize| error.get(*place).is_some_and(|byte| byte & 0xc0 == 0x80);
    let start = (MAX_RUN_ERROR - 3..=MAX_RUN_ERROR).rev().find(|place| !is_inside(place));
    cut.get(..start.unwrap_or(MAX_RUN_ERROR)).unwrap_or(cut).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(token: u64) -> Run<Arc<[u8]>> {
        let worker: &[u8] = b"w";
        Run { token, attempt: 1, worker, claimed_at: 0, ended_at: 0, end: RunEnd::Lost, error: None }.kept()
    }

    #[test]
    fn the_last_runs_are_kept() {
        let mut history = History::default();
        (1..=10).for_each(|token| history.push(run(token)));
        assert_eq!(history.iter().map(|run| run.token).collect::<Vec<_>>(), (3..=10).collect::<Vec<_>>());
        assert_eq!((history.end_of(2), history.end_of(3)), (None, Some(RunEnd::Lost)));
        assert_eq!(history.pop().map(|run| run.token), Some(10));
    }

    #[test]
    fn runs_that_were_handed_back_are_in_the_history_until_others_follow() {
        let lost = |count| std::iter::repeat_n(RunEnd::Lost, count);
        let ends = |count| lost(count).chain([RunEnd::Released]);
        assert!(may_have_released(0, lost(0), 0));
        assert!(may_have_released(1, ends(3), 0) && !may_have_released(2, ends(3), 0));
        assert!(may_have_released(9, lost(8), 0) && !may_have_released(9, lost(7), 0));
        assert!(may_have_released(9, lost(7), 1));
    }

    #[test]
    fn an_error_is_cut_at_a_character() {
        let text = format!("{}\u{20ac}", "x".repeat(MAX_RUN_ERROR - 1));
        assert_eq!(run_error(text.as_bytes()).len(), MAX_RUN_ERROR - 1);
        assert_eq!(run_error(&[0xff; 300]).len(), MAX_RUN_ERROR);
        assert_eq!(&*run_error(b"short"), b"short");
    }
}
