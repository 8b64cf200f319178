//! A Redis timer that is set for the earliest of many instants, and not set while there is none.

use super::clock::{self, Uptime};
use crate::redis::timer::{self, OnTimer, Timer};
use std::marker::PhantomData;

/// `T` says what happens when it fires.
#[derive(Debug)]
pub(super) struct EarliestTimer<T> {
    /// The timer, and when it fires.
    set: Option<(Timer, Uptime)>,
    on_timer: PhantomData<fn() -> T>,
}

impl<T: OnTimer> EarliestTimer<T> {
    pub(super) fn new() -> Self {
        EarliestTimer { set: None, on_timer: PhantomData }
    }

    /// Makes it fire in `ms` at the latest; 0: at the end of this iteration of the server's event loop.
    pub(super) fn set_in(&mut self, ms: u64) {
        let at = clock::uptime().after(ms);
        if self.set.as_ref().is_none_or(|(_, set)| *set > at) {
            self.stop();
            self.set = timer::set::<T>(ms).map(|timer| (timer, at));
        }
    }

    /// Sets it anew if it should have fired a while ago: the server's timers are set by the clock that may have been set
    /// back.
    pub(super) fn set_if_late(&mut self) {
        const WHILE: u64 = 20;
        if self.set.as_ref().is_some_and(|(_, at)| at.after(WHILE) <= clock::uptime()) {
            self.stop();
            self.set_in(0);
        }
    }

    /// Whether it is set for now.
    pub(super) fn is_due(&self) -> bool {
        self.set.as_ref().is_some_and(|(_, at)| *at <= clock::uptime())
    }

    /// It has fired and must not be stopped any more. To be called first of all when it does.
    pub(super) fn fired(&mut self) {
        self.set = None;
    }

    pub(super) fn stop(&mut self) {
        if let Some((timer, _)) = self.set.take() {
            timer.stop();
        }
    }
}
