//! Every command for clients, entered once: the server registers them from this list, and whatever finds a
//! command by its name goes through it.

use super::admin::{
    Cancel, ChangeJob, Configure, LimitGroup, Pause, Promote, Purge, Remove, Rerun, Resume, Retry,
};
use super::batching::{AwaitEnd, Forget, ListBatches, Seal, ShowBatch};
use super::command::{AwaitCommand, FirstQueueCommand, ReadCommand, ShowOrSetCommand, WriteCommand};
use super::consuming::{
    Ack, AppendToLog, ClaimAny, ClaimJobs, Extend, Nack, Release, ReportProgress, ShowLog,
};
use super::events::{Emit, ReadEvents, TrimEvents};
use super::inspecting::{
    Check, CountJobs, Explain, GetJob, ListGroups, ListJobs, ListNames, ListWorkers, ShowSeries, ShowStats,
};
use super::producing::{AddJob, AddManyJobs};
use super::triggers::{ListSchedules, OnExpire, SetSchedule, Unschedule};

/// Does something with each command, by its kind.
pub trait CommandVisitor {
    /// `C` is a command that changes nothing.
    fn read<C: ReadCommand>(&mut self);
    /// `C` may change the queue.
    fn write<C: WriteCommand>(&mut self);
    /// `C` shows, or sets.
    fn show_or_set<C: ShowOrSetCommand>(&mut self);
    /// `C` changes nothing and may block its client.
    fn wait<C: AwaitCommand>(&mut self);
    /// `C` takes the first of several queues.
    fn first_queue<C: FirstQueueCommand>(&mut self);
}

/// Shows every command to `visitor`, in the order of their names.
pub fn visit_all(visitor: &mut impl CommandVisitor) {
    visitor.write::<Ack>();
    visitor.write::<AddJob>();
    visitor.wait::<AwaitEnd>();
    visitor.read::<ShowBatch>();
    visitor.read::<ListBatches>();
    visitor.write::<Cancel>();
    visitor.write::<ChangeJob>();
    visitor.read::<Check>();
    visitor.write::<ClaimJobs>();
    visitor.first_queue::<ClaimAny>();
    visitor.show_or_set::<Configure>();
    visitor.read::<CountJobs>();
    visitor.write::<Emit>();
    visitor.wait::<ReadEvents>();
    visitor.read::<Explain>();
    visitor.write::<Extend>();
    visitor.write::<Forget>();
    visitor.read::<GetJob>();
    visitor.show_or_set::<LimitGroup>();
    visitor.read::<ListGroups>();
    visitor.read::<ListJobs>();
    visitor.write::<AppendToLog>();
    visitor.read::<ShowLog>();
    visitor.write::<AddManyJobs>();
    visitor.write::<Nack>();
    visitor.read::<ListNames>();
    visitor.show_or_set::<OnExpire>();
    visitor.write::<Pause>();
    visitor.write::<ReportProgress>();
    visitor.write::<Promote>();
    visitor.write::<Purge>();
    visitor.write::<Release>();
    visitor.write::<Remove>();
    visitor.write::<Rerun>();
    visitor.write::<Resume>();
    visitor.write::<Retry>();
    visitor.write::<SetSchedule>();
    visitor.read::<ListSchedules>();
    visitor.write::<Seal>();
    visitor.read::<ShowSeries>();
    visitor.read::<ShowStats>();
    visitor.write::<TrimEvents>();
    visitor.write::<Unschedule>();
    visitor.read::<ListWorkers>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::spec::{Arg, KeyUse, Spec};
    use std::iter::once;

    /// The specs, each with the flags that its kind must have and those it must not have.
    #[derive(Default)]
    struct FlagsByKind(Vec<(Spec, Vec<&'static str>)>);

    /// The flags that follow from the kind of a command.
    const OF_KINDS: [&str; 4] = ["readonly", "write", "may-replicate", "blocking"];

    impl CommandVisitor for FlagsByKind {
        fn read<C: ReadCommand>(&mut self) {
            self.0.push((C::SPEC, vec!["readonly"]));
        }

        fn write<C: WriteCommand>(&mut self) {
            let mut flags = vec!["write"];
            flags.extend(C::MAY_BLOCK.then_some("blocking"));
            self.0.push((C::SPEC, flags));
        }

        fn show_or_set<C: ShowOrSetCommand>(&mut self) {
            self.0.push((C::SPEC, vec!["may-replicate"]));
        }

        fn wait<C: AwaitCommand>(&mut self) {
            self.0.push((C::SPEC, vec!["readonly", "blocking"]));
        }

        fn first_queue<C: FirstQueueCommand>(&mut self) {
            self.0.push((C::SPEC, vec!["write", "blocking"]));
        }
    }

    fn listed() -> Vec<(Spec, Vec<&'static str>)> {
        let mut listed = FlagsByKind::default();
        visit_all(&mut listed);
        listed.0
    }

    #[test]
    fn the_flags_that_redis_gets_are_those_of_the_kind() {
        for (spec, expected) in listed() {
            let flags: Vec<_> = spec.flags.split(' ').filter(|flag| OF_KINDS.contains(flag)).collect();
            assert_eq!(flags, expected, "{}", spec.name);
            let shows_or_sets = expected == ["may-replicate"];
            assert_eq!(matches!(spec.key, KeyUse::ReadOrCreate(_)), shows_or_sets, "{}", spec.name);
            let counts = spec.args.first().is_some_and(|arg| arg.name == "numkeys");
            assert_eq!(spec.key == KeyUse::UpdateEach, counts, "{}", spec.name);
            let categories: Vec<_> = spec.acl.split(' ').collect();
            assert_eq!(flags.contains(&"readonly"), categories.contains(&"read"), "{}", spec.name);
            assert_eq!(flags.contains(&"blocking"), categories.contains(&"blocking"), "{}", spec.name);
        }
    }

    /// These and those they consist of.
    fn with_parts(args: &'static [Arg]) -> Vec<&'static Arg> {
        args.iter().flat_map(|arg| once(arg).chain(with_parts(arg.parts))).collect()
    }

    #[test]
    fn nothing_is_newer_than_the_module() {
        let version = |text: &str| -> Vec<u32> { text.split('.').map(|n| n.parse().unwrap()).collect() };
        let module = version(env!("CARGO_PKG_VERSION"));
        for (spec, _) in listed() {
            let of_args = with_parts(spec.args).into_iter().filter_map(|arg| arg.since);
            for since in once(spec.since).chain(of_args) {
                assert!(version(since) <= module && since.split('.').count() == 3, "{} {since}", spec.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_in_order() {
        let names: Vec<_> = listed().iter().map(|(spec, _)| spec.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
