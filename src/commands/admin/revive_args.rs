//! What RETRY and RERUN say of jobs whose lives have ended, beside their ids, and how both reply for each id.

use crate::commands::error::Error;
use crate::commands::field_args::{self, FieldArgs};
use crate::commands::names;
use crate::commands::options::{CommandOption, Options};
use crate::commands::reply::Reply;
use crate::queue::{Changed, Place, Refusal, ReviveOptions, Session};

/// What is said of jobs that live again.
#[derive(Debug, Default)]
pub(super) struct ReviveArgs<'a> {
    pub(super) place: Place,
    pub(super) fields: FieldArgs<'a>,
}

impl<'a> Options<'a, 3> for ReviveArgs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 3] = [
        CommandOption::flag("FRONT", "front", |options| options.place = Place::Front),
        CommandOption::repeated("SET", field_args::SET, |options, args| options.fields.set(args)),
        CommandOption::repeated("UNSET", field_args::UNSET, |options, args| options.fields.unset(args)),
    ];
}

impl ReviveArgs<'_> {
    /// Lets the jobs of `ids` live again as `revive` does, and replies for each. Refused before anything changes if one
    /// would have more fields than it may.
    pub(super) fn revive_each<'q>(
        &self,
        ids: &[&[u8]],
        session: &mut Session<'q>,
        revive: impl FnOnce(&mut Session<'q>, &[&[u8]], &ReviveOptions<'_>) -> Result<Vec<Changed>, Refusal>,
        reply: &mut dyn Reply,
    ) -> Result<(), Error> {
        let options = ReviveOptions { place: self.place, changes: self.fields.changes() };
        if let Some(changes) = options.changes {
            let checked = ids.iter().try_for_each(|id| session.check_fields(id, changes));
            checked.map_err(field_args::refusal)?;
        }
        let answers = revive(session, ids, &options).map_err(|refusal| Error::refused(refusal, None))?;
        reply.array(answers.len());
        for answer in answers {
            reply.int(names::code_of(answer));
        }
        Ok(())
    }
}
