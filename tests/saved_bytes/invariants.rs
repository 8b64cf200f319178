//! What a queue that was accepted must withstand.

use redis_jq::queue::Queue;

use super::fixture::{load, saved, Fixture};

/// The middle and the ends of time, in Unix microseconds: commands are done there.
const INSTANTS: [u64; 3] = [1_704_067_200_000_000, 0, 1 << 52];

/// A recount finds nothing, and what is saved of it comes back the same: otherwise a server that took it in
/// could not be started again on its own files.
pub(crate) fn sound(queue: &Queue) -> Result<(), String> {
    let wrong = queue.check();
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let sections = saved(queue);
    // What nothing has happened to is no key, and is never saved.
    if sections == saved(&Queue::default()) {
        return Ok(());
    }
    match load(&sections) {
        Err(refused) => Err(format!("what it saves is refused: {refused}")),
        Ok(again) => comes_back(&sections, &saved(&again)),
    }
}

/// What is saved of a queue again is what was saved of it before. Otherwise: where the first difference is, and what
/// stands there.
fn comes_back(before: &[Vec<u8>], after: &[Vec<u8>]) -> Result<(), String> {
    const SHOWN: usize = 60;
    if before == after {
        return Ok(());
    }
    let number = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let [before, after] = [before, after].map(|sections| sections.get(number).map_or(&[][..], Vec::as_slice));
    let at = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    // The third byte of a section is its kind.
    let kind = before.get(2).or(after.get(2));
    let [before, after] = [before, after].map(|section| &section[at..section.len().min(at + SHOWN)]);
    Err(format!(
        "it comes back as another: from byte {at} of section {number} on, of kind {kind:?}, there is\n  {after:?}\n\
         and was\n  {before:?}"
    ))
}

/// It is sound, and stays so whatever is done with it and however much time passes.
pub(crate) fn withstands(queue: &Queue) -> Result<(), String> {
    sound(queue)?;
    for now in INSTANTS {
        let mut fixture = Fixture::over(queue.clone(), now, now);
        for round in 0..3 {
            fixture.work(20);
            sound(&fixture.queue).map_err(|wrong| format!("at {now}, round {round}: {wrong}"))?;
        }
        fixture.sleep(5);
        sound(&fixture.queue).map_err(|wrong| format!("from {now} on, later: {wrong}"))?;
    }
    let mut fixture = Fixture::over(queue.clone(), 0, 0);
    for step in 0..30 {
        fixture.sleep(1);
        sound(&fixture.queue).map_err(|wrong| format!("left alone, step {step}: {wrong}"))?;
    }
    Ok(())
}
