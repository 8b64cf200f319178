//! JQ.PAUSE and JQ.RESUME, of the whole queue and of one group, and JQ.GROUP.

use super::access::Session;
use super::add::Refusal;
use crate::queue::effect::Effect;
use crate::queue::limits::{GroupLimits, MAX_RULED};
use crate::queue::time::FOREVER;

impl Session<'_> {
    /// Stops claims, those of one group or all, for so many milliseconds or without end. False: they were stopped
    /// for at least as long, and still are. A pause is never made shorter.
    pub fn pause(&mut self, group: Option<&[u8]>, span: Option<u64>) -> Result<bool, Refusal> {
        let until = span.map_or(FOREVER, |ms| self.in_ms(ms));
        let ends = match group {
            None => self.queue.paused_until(),
            Some(name) => self.queue.group_paused_until(name),
        };
        if ends.is_some_and(|end| end >= until) {
            return Ok(false);
        }
        match group {
            None => self.change(&Effect::Paused { until }),
            Some(name) if self.queue.may_have_rules(name) => {
                self.change(&Effect::GroupPaused { name, until });
            }
            Some(_) => return Err(Refusal::GroupRules(MAX_RULED as u64)),
        }
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

    /// Lets claims go on, those of one group or all. False: that was not paused.
    pub fn resume(&mut self, group: Option<&[u8]>) -> bool {
        let effect = match group {
            None => self.queue.paused_until().map(|_| Effect::Resumed),
            Some(name) => self.queue.group_paused_until(name).map(|_| Effect::GroupResumed { name }),
        };
        effect.inspect(|effect| self.change(effect)).is_some()
    }
}
