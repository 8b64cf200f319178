//! All jobs of a queue: what they are, which id leads to which, and in which order they come.

use super::indexes::Indexes;
use super::job::Job;
use super::spec::Place;
use super::table::JobTable;
use crate::queue::store::ids::{self, IdHashes};
use crate::queue::store::{Handle, IdEntry, IdIndex, IdList, Record};

/// The jobs, records and remembered ids of a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobStore {
    pub(crate) table: JobTable,
    pub(crate) ids: IdIndex,
    /// Of a queue that is being loaded: the ids that are not in `ids` yet, and may be there twice.
    gathered: Option<Box<IdList>>,
    pub(crate) indexes: Indexes,
    /// The sequence number that the next job in any order gets.
    pub(crate) next_seq: u64,
    /// How many sequence numbers of the front were given: they count down from -1.
    pub(crate) front_seqs: u64,
    /// The last number that was given as an id, or 0.
    pub(crate) last_number: u64,
    /// Heap bytes behind all jobs.
    pub(crate) heap_bytes: usize,
}

impl JobStore {
    /// How many jobs and records there are.
    pub(crate) fn len(&self) -> usize {
        self.table.jobs.len()
    }

    /// Ids that are known: of jobs, of records, and remembered.
    pub(crate) fn known_ids(&self) -> usize {
        self.len() + self.table.remembered.len()
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&Job> {
        self.table.get(handle)
    }

    /// Every job and record, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Handle, &Job)> {
        self.table.jobs.iter()
    }

    /// What `id` leads to, given its [`ids::hash`].
    pub(crate) fn find(&self, hash: u64, id: &[u8]) -> Option<IdEntry> {
        let is_it = |packed| self.table.id_of(IdEntry::unpack(packed)) == id;
        self.ids.find(hash, is_it).map(IdEntry::unpack)
    }

    /// A new job under an id that leads to nothing. It is in no index yet. None: there are as many as there
    /// can be.
    pub(crate) fn insert(&mut self, hash: u64, job: Job) -> Option<Handle> {
        self.heap_bytes += job.bytes();
        let handle = self.table.jobs.insert(job)?;
        self.list_id(hash, IdEntry::Job(handle));
        Some(handle)
    }

    fn list_id(&mut self, hash: u64, entry: IdEntry) {
        if let Some(gathered) = &mut self.gathered {
            return gathered.push(hash, entry.pack());
        }
        self.ids.insert(hash, entry.pack(), &self.table);
    }

    /// From now on ids are only gathered, and none is found.
    pub(crate) fn gather_ids(&mut self) {
        self.gathered = Some(Box::default());
    }

    /// Makes the index of the ids that were gathered. False: one of them is there twice.
    #[must_use]
    pub(crate) fn list_gathered_ids(&mut self) -> bool {
        let table = &self.table;
        let id_of = |packed| table.id_of(IdEntry::unpack(packed));
        let gathered = self.gathered.take().unwrap_or_default();
        let index = gathered.into_index(|one, other| id_of(one) == id_of(other));
        let are_distinct = index.is_some();
        self.ids = index.unwrap_or_default();
        are_distinct
    }

    /// Changes a job in ways that no index sees, keeping count of its memory.
    pub(crate) fn edit(&mut self, handle: Handle, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.table.jobs.get_mut(handle) else { return };
        let before = job.bytes();
        change(job);
        self.heap_bytes = (self.heap_bytes + job.bytes()).saturating_sub(before);
    }

    /// Frees a job that is in no index. What `record_of` makes of it takes its place under the id.
    pub(crate) fn remove(&mut self, handle: Handle, record_of: impl FnOnce(&Job) -> Option<Record<'_>>) {
        let Some(job) = self.table.jobs.remove(handle) else { return };
        self.heap_bytes = self.heap_bytes.saturating_sub(job.bytes());
        let (hash, packed) = (ids::hash(job.id()), IdEntry::Job(handle).pack());
        let remembered = &mut self.table.remembered;
        let kept =
            record_of(&job).and_then(|record| Some((remembered.make().insert(record)?, record.forget_key())));
        if let Some((record, key)) = kept {
            self.ids.replace(hash, |other| other == packed, IdEntry::Remembered(record).pack());
            self.indexes.insert_remembered(&self.table, record, key);
        } else {
            let table = &self.table;
            self.ids.remove(hash, |other| other == packed, table);
        }
    }

    /// Remembers an id that leads to nothing. False: there is no room.
    pub(crate) fn remember(&mut self, hash: u64, record: Record<'_>) -> bool {
        let Some(handle) = self.table.remembered.make().insert(record) else { return false };
        self.list_id(hash, IdEntry::Remembered(handle));
        self.indexes.insert_remembered(&self.table, handle, record.forget_key());
        true
    }

    /// Forgets a remembered id.
    pub(crate) fn forget(&mut self, handle: Handle) {
        let entry = IdEntry::Remembered(handle);
        self.indexes.remove_remembered(&self.table, handle);
        let table = &self.table;
        let hash = table.of(entry.pack());
        self.ids.remove(hash, |packed| packed == entry.pack(), table);
        if let Some(remembered) = self.table.remembered.if_there() {
            remembered.remove(handle);
        }
    }

    /// A sequence number that was never given before: behind all others.
    pub(crate) fn take_seq(&mut self) -> i64 {
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        i64::try_from(seq).unwrap_or(i64::MAX)
    }

    /// The same for a job that joins its priority there.
    pub(crate) fn take_seq_at(&mut self, place: Place) -> i64 {
        match place {
            Place::End => self.take_seq(),
            Place::Front => {
                self.front_seqs = self.front_seqs.saturating_add(1);
                i64::try_from(self.front_seqs).map_or(i64::MIN, |number| -number)
            }
        }
    }

    /// The same for the turn of a lane, in which 0 says that it has not given a job yet.
    pub(crate) fn take_turn(&mut self) -> u64 {
        self.next_seq = self.next_seq.max(1);
        self.take_seq().unsigned_abs()
    }

    /// Whether a number was given.
    pub(crate) fn has_given(&self, seq: i64) -> bool {
        if seq < 0 {
            seq.unsigned_abs() <= self.front_seqs
        } else {
            seq.unsigned_abs() < self.next_seq
        }
    }

    /// Heap bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let JobTable { jobs, remembered, option_sets, names } = &self.table;
        let tables = remembered.bytes() + jobs.bytes() + option_sets.bytes() + names.bytes();
        self.heap_bytes + tables + self.ids.bytes() + self.indexes.bytes()
    }
}
