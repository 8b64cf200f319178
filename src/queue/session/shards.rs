//! One logical queue over several keys: which of them takes a new id depends on how many they are, so a producer
//! that counts on another number than the queue may not bring one.

use super::access::Session;
use super::add::IdLookup;
use super::room::Refusal;

impl Session<'_> {
    /// Refuses ids that the queue does not know from a producer that counts on so many `shards`, if the queue is one
    /// of another number. None as the shards is a producer that counts on none, as an id one that the queue makes.
    /// O(1) where the numbers agree, O(log n) per id where they do not.
    pub fn check_shards<'a>(
        &mut self,
        shards: Option<u32>,
        mut ids: impl Iterator<Item = Option<&'a [u8]>>,
    ) -> Result<(), Refusal> {
        let Some(counted_on) = shards else { return Ok(()) };
        let own = self.queue.settings().shards;
        if own == 0 || own == counted_on {
            return Ok(());
        }
        if ids.all(|id| id.is_some_and(|id| !matches!(self.lookup(id), IdLookup::Free))) {
            Ok(())
        } else {
            Err(Refusal::Shards { own, counted_on })
        }
    }
}
