//! How a job wants to be treated: the options of ADD that a queue's settings also have.
//!
//! A queue has few distinct sets of them however many jobs it has, so jobs hold a 4-byte number and the sets
//! are kept once, counted. What a job does not say itself follows the queue's settings at the moment it matters.
//! The batch of a job is part of its set: a queue has few of them too, and most jobs have none.

use super::batches::BatchNumber;
use super::slab::{Handle, Slab};
use std::collections::BTreeMap;

/// How long a job that was NACKed waits before its next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backoff {
    /// Always the same, in milliseconds.
    Fixed(u64),
    /// This much after the first NACK, twice that after the second, and so on, in milliseconds.
    Exponential(u64),
}

impl Backoff {
    /// The wait in milliseconds after the `nack`-th NACK (from 1), before cap and jitter.
    #[must_use]
    pub fn wait(self, nack: u32) -> u64 {
        match self {
            Backoff::Fixed(ms) => ms,
            Backoff::Exponential(ms) => match nack.saturating_sub(1) {
                doublings @ 0..=62 => ms.saturating_mul(1 << doublings),
                _ if ms == 0 => 0,
                _ => u64::MAX,
            },
        }
    }
}

/// One set of options; `None` follows the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    /// How many NACKs until the job fails for good.
    pub attempts: Option<u32>,
    /// The wait after a NACK.
    pub backoff: Option<Backoff>,
    /// How long the id stays refused after the job ended, ms or [`super::FOREVER`].
    pub dedup: Option<u64>,
    /// How long the completed record stays readable, ms or [`super::FOREVER`].
    pub keep: Option<u64>,
    /// What it is a member of; the batch itself may be gone.
    pub batch: Option<BatchNumber>,
}

/// A recipe's number in its queue. 0 is the empty recipe: everything follows the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RecipeId(u32);

/// The distinct recipes of a queue with the number of jobs that use each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recipes {
    handles: BTreeMap<Recipe, Handle>,
    sets: Slab<Counted>,
}

/// A recipe and how many jobs use it, at least one.
#[derive(Debug, Clone)]
struct Counted {
    recipe: Recipe,
    uses: u32,
}

impl RecipeId {
    fn of(handle: Handle) -> Self {
        RecipeId(handle + 1)
    }

    fn handle(self) -> Option<Handle> {
        self.0.checked_sub(1)
    }
}

impl Recipes {
    /// Takes one more use of `recipe`. O(log distinct recipes), as everything here.
    pub(crate) fn hold(&mut self, recipe: Recipe) -> RecipeId {
        if recipe == Recipe::default() {
            return RecipeId::default();
        }
        if let Some(&handle) = self.handles.get(&recipe) {
            if let Some(set) = self.sets.get_mut(handle) {
                set.uses = set.uses.saturating_add(1);
            }
            return RecipeId::of(handle);
        }
        let Some(handle) = self.sets.insert(Counted { recipe, uses: 1 }) else { return RecipeId::default() };
        self.handles.insert(recipe, handle);
        RecipeId::of(handle)
    }

    /// Gives one use back.
    pub(crate) fn release(&mut self, id: RecipeId) {
        let Some((handle, set)) = id.handle().and_then(|handle| Some((handle, self.sets.get_mut(handle)?)))
        else {
            return;
        };
        set.uses = set.uses.saturating_sub(1);
        if set.uses == 0 {
            self.handles.remove(&set.recipe);
            self.sets.remove(handle);
        }
    }

    /// The recipe with this number.
    pub(crate) fn get(&self, id: RecipeId) -> Recipe {
        id.handle().and_then(|handle| self.sets.get(handle)).map_or_else(Recipe::default, |set| set.recipe)
    }

    /// Every recipe in use with its number of uses, for the recount.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (Recipe, u32)> + '_ {
        self.sets.iter().map(|(_, set)| (set.recipe, set.uses))
    }

    /// Heap bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.sets.bytes() + self.handles.len() * 2 * size_of::<(Recipe, Handle)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_and_never_overflows() {
        assert_eq!(Backoff::Exponential(1000).wait(1), 1000);
        assert_eq!(Backoff::Exponential(1000).wait(4), 8000);
        assert_eq!(Backoff::Exponential(1000).wait(1_000_000), u64::MAX);
        assert_eq!(Backoff::Exponential(0).wait(1_000_000), 0);
        assert_eq!(Backoff::Fixed(7).wait(9), 7);
    }

    #[test]
    fn a_set_is_kept_once_and_goes_with_its_last_job() {
        let mut recipes = Recipes::default();
        let five = Recipe { attempts: Some(5), ..Recipe::default() };
        let nine = Recipe { attempts: Some(9), ..Recipe::default() };
        let (a, b, c) = (recipes.hold(five), recipes.hold(five), recipes.hold(nine));
        assert_eq!((a, recipes.get(a), recipes.get(c)), (b, five, nine));
        recipes.release(a);
        assert_eq!(recipes.uses().collect::<Vec<_>>(), [(five, 1), (nine, 1)]);
        recipes.release(b);
        assert_eq!(recipes.uses().collect::<Vec<_>>(), [(nine, 1)]);
        assert_eq!(recipes.hold(five), a, "the free number is used again");
        assert_eq!(recipes.hold(Recipe::default()), RecipeId::default());
    }
}
