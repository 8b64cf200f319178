// What goes wrong in the middle of the night: a worker and the server are killed, as by kill -9, and come back.

const PATIENCE = 120_000;

/** Does it, and tells how much the killed worker was holding and how far things were when the server went. */
export async function disturb(stage, processes, midnight) {
  if (processes.pods.length === 0) await sleepThroughMidnight(stage, midnight);
  await stage.until(() => processes.rows().length >= processes.keys / 4, PATIENCE, 'no quarter of the jobs ran');
  const held = await killWorker(stage, processes);
  await stage.until(() => processes.rows().length >= processes.keys / 2, PATIENCE, 'no half of the jobs ran');
  await waitForThePods(stage, processes);
  const story = { held, rowsAtCrash: processes.rows().length, unansweredAtCrash: processes.calls - processes.heard('answered') };
  await stage.server.kill();
  await stage.server.restart();
  return story;
}

/**
 * What is published while nobody listens is lost: that is Pub/Sub, and no queue behind it can help. So the crash must
 * not come before everybody has heard everything, nor after all the work is done.
 */
async function waitForThePods(stage, processes) {
  const allHeard = () => processes.heard('heard') === processes.calls;
  if (allHeard()) return;
  await stage.control.call('JQ.PAUSE', 'events');
  await stage.until(allHeard, PATIENCE, 'the pods do not hear everything');
  await stage.control.call('JQ.RESUME', 'events');
  const inTheMiddle = async () => processes.rows().length === processes.keys || (await someHolder(stage, processes)).held > 0;
  await stage.until(inTheMiddle, PATIENCE, 'no worker goes on');
}

/** The server is down when the keys expire. Nobody has to hear it, so it does not matter. */
async function sleepThroughMidnight(stage, midnight) {
  await stage.server.kill();
  await stage.until(() => Date.now() > midnight + 200, PATIENCE, 'midnight does not pass');
  await stage.server.restart();
}

/** Kills a worker that holds jobs, and starts it again under its name: it asks for what it held. */
async function killWorker(stage, processes) {
  let holder;
  const isFound = async () => {
    holder = await someHolder(stage, processes);
    return holder.held > 0;
  };
  await stage.until(isFound, PATIENCE, 'no worker holds a job');
  await processes.workers.get(holder.name).kill();
  processes.workers.set(holder.name, processes.startWorker(holder.name));
  return holder.held;
}

/** A worker that holds jobs, and how many. */
async function someHolder(stage, { workers }) {
  for (const name of workers.keys()) {
    const { length: held } = await stage.control.call('JQ.CLAIM', 'events', name, 'HELD');
    if (held > 0) return { name, held };
  }
  return { held: 0 };
}
