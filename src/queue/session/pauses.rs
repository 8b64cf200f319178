//! JQ.PAUSE and JQ.RESUME, of the whole queue and of one group, and JQ.GROUP.

use super::access::Session;
use super::room::Refusal;
use crate::queue::effect::Effect;
use crate::queue::limits::{GroupLimits, Pause, MAX_RULED};

/// One of the two pauses that a queue or a group can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseKind {
    /// PAUSE: until it is resumed.
    Endless,
    /// PAUSE FOR: until an instant.
    Timed,
}

impl Session<'_> {
    /// Stops claims, those of one group or all, for so many milliseconds or without end. False: there is such a
    /// pause, of at least that length. The other kind stays as it is.
    pub fn pause(&mut self, group: Option<&[u8]>, span: Option<u64>) -> Result<bool, Refusal> {
        let before = self.pause_of(group);
        let pause = match span {
            None => Pause::beside(before),
            Some(ms) => Pause::until_beside(before, self.in_ms(ms)),
        };
        if before == Some(pause) {
            return Ok(false);
        }
        if group.is_some_and(|name| !self.queue.may_have_rules(name)) {
            return Err(Refusal::GroupRules(MAX_RULED as u64));
        }
        self.set_pause(group, Some(pause));
        Ok(true)
    }

    /// Gives one group its own limits. Nothing happens if it has them.
    pub fn limit_group(&mut self, name: &[u8], limits: GroupLimits) -> Result<(), Refusal> {
        if limits == self.queue.group_limits(name) {
            return Ok(());
        }
        if !self.queue.may_have_rules(name) {
            return Err(Refusal::GroupRules(MAX_RULED as u64));
        }
        self.change(&Effect::GroupLimited { name, limits });
        Ok(())
    }

    /// Lets claims go on, those of one group or all; or ends one kind of pause, where the other may be left. False:
    /// that was not there.
    pub fn resume(&mut self, group: Option<&[u8]>, kind: Option<PauseKind>) -> bool {
        let Some(before) = self.pause_of(group) else { return false };
        let left = match kind {
            None => None,
            Some(PauseKind::Endless) => before.without_endless(),
            Some(PauseKind::Timed) => before.without_until(),
        };
        if left == Some(before) {
            return false;
        }
        self.set_pause(group, left);
        true
    }

    fn pause_of(&self, group: Option<&[u8]>) -> Option<Pause> {
        match group {
            None => self.queue.pause(),
            Some(name) => self.queue.group_pause(name),
        }
    }

    fn set_pause(&mut self, group: Option<&[u8]>, pause: Option<Pause>) {
        self.change(&match (group, pause) {
            (None, Some(pause)) => Effect::Paused { pause },
            (None, None) => Effect::Resumed,
            (Some(name), Some(pause)) => Effect::GroupPaused { name, pause },
            (Some(name), None) => Effect::GroupResumed { name },
        });
    }
}
