//! How a job wants to be treated: the options of ADD that a queue's settings also have.
//!
//! A queue has few distinct sets of them however many jobs it has, so jobs hold a 4-byte number and the sets
//! are kept once, counted. What a job does not say itself follows the queue's settings at the moment it matters.

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
}

/// A recipe's number in its queue. 0 is the empty recipe: everything follows the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RecipeId(u32);

/// The distinct recipes of a queue with the number of jobs that use each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recipes {
    numbers: BTreeMap<Recipe, u32>,
    /// By number - 1; a count of 0 marks a free place.
    sets: Vec<(Recipe, u32)>,
    free: Vec<u32>,
}

impl Recipes {
    /// Takes one more use of `recipe`.
    pub(crate) fn hold(&mut self, recipe: Recipe) -> RecipeId {
        if recipe == Recipe::default() {
            return RecipeId(0);
        }
        if let Some(&number) = self.numbers.get(&recipe) {
            self.count(number, |uses| uses.saturating_add(1));
            return RecipeId(number);
        }
        let number = if let Some(number) = self.free.pop() {
            if let Some(place) = self.slot(number) {
                *place = (recipe, 1);
            }
            number
        } else {
            self.sets.push((recipe, 1));
            u32::try_from(self.sets.len()).unwrap_or(u32::MAX)
        };
        self.numbers.insert(recipe, number);
        RecipeId(number)
    }

    /// Gives one use back.
    pub(crate) fn release(&mut self, id: RecipeId) {
        let RecipeId(number) = id;
        if number == 0 || self.count(number, |uses| uses.saturating_sub(1)) != Some(0) {
            return;
        }
        let recipe = self.get(id);
        self.numbers.remove(&recipe);
        self.free.push(number);
        if self.numbers.is_empty() {
            *self = Recipes::default();
        }
    }

    /// The recipe with this number.
    pub(crate) fn get(&self, RecipeId(number): RecipeId) -> Recipe {
        let place = (number as usize).checked_sub(1).and_then(|i| self.sets.get(i));
        place.map_or_else(Recipe::default, |(recipe, _)| *recipe)
    }

    /// Every recipe in use with its number of uses, for the recount.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (Recipe, u32)> + '_ {
        self.sets.iter().copied().filter(|(_, uses)| *uses > 0)
    }

    /// Heap bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.sets.capacity() * size_of::<(Recipe, u32)>()
            + self.numbers.len() * 2 * size_of::<(Recipe, u32)>()
    }

    fn slot(&mut self, number: u32) -> Option<&mut (Recipe, u32)> {
        (number as usize).checked_sub(1).and_then(|i| self.sets.get_mut(i))
    }

    fn count(&mut self, number: u32, change: impl Fn(u32) -> u32) -> Option<u32> {
        let (_, uses) = self.slot(number)?;
        *uses = change(*uses);
        Some(*uses)
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
        assert_eq!(recipes.hold(Recipe::default()), RecipeId(0));
    }
}
