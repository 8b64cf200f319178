// What goes wrong in the middle of the night: a worker and the server are killed, as by kill -9, and come back.

const PATIENCE = 120_000;

/** Does it, and tells how much the killed worker was holding and how far things were when the server went. */
export async function disturb(stage, troupe, way, midnight) {
  if (!troupe.pods.length) await sleepThroughMidnight(stage, midnight);
  await stage.until(() => troupe.rows().length >= troupe.keys / 4, PATIENCE, 'no quarter of the jobs ran');
  const held = await killWorker(stage, troupe);
  const inTheMiddle = () =>
    // What is published while nobody listens is lost: that is Pub/Sub, and no queue behind it can help.
    troupe.heard('heard') === troupe.calls && troupe.rows().length >= troupe.keys / 2;
  await stage.until(inTheMiddle, PATIENCE, 'no half of the jobs ran');
  const story = { held, rowsAtCrash: troupe.rows().length, unansweredAtCrash: troupe.calls - troupe.heard('answered') };
  await stage.server.kill();
  await stage.server.restart();
  return story;
}

/** The server is down when the keys expire. Nobody has to hear it, so it does not matter. */
async function sleepThroughMidnight(stage, midnight) {
  await stage.server.kill();
  await stage.until(() => Date.now() > midnight + 200, PATIENCE, 'midnight does not pass');
  await stage.server.restart();
}

/** Kills a worker that holds jobs, and starts it again under its name: it asks for what it held. */
async function killWorker(stage, troupe) {
  let victim;
  let held = [];
  const isFound = async () => {
    for (const name of troupe.workers.keys()) {
      victim = name;
      held = await stage.control.call('JQ.CLAIM', 'events', name, 'HELD');
      if (held.length > 0) return true;
    }
    return false;
  };
  await stage.until(isFound, PATIENCE, 'no worker holds a job');
  await troupe.workers.get(victim).kill();
  troupe.workers.set(victim, troupe.startWorker(victim));
  return held.length;
}
