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
        Ok(again) if saved(&again) != sections => Err("it comes back as another".into()),
        Ok(_) => Ok(()),
    }
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
