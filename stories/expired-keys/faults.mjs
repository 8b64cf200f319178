// Kills a worker and the server with kill -9 while jobs run, and starts them again.

const WAIT_LIMIT = 120_000;

/** Does that, and returns how many jobs the killed worker held and how many were done when the server was killed. */
export async function injectFaults(environment, processes, expiry) {
  const { rows, keys } = processes;
  if (processes.pods.length === 0) await stopServerDuringExpiry(environment, expiry);
  await environment.until(() => rows().length >= keys / 4, WAIT_LIMIT, 'a quarter of the jobs did not run');
  const held = await killWorker(environment, processes);
  await environment.until(() => rows().length >= keys / 2, WAIT_LIMIT, 'half of the jobs did not run');
  await waitForPods(environment, processes);
  const unansweredAtCrash = processes.calls - processes.sumOfPods('answered');
  const results = { held, rowsAtCrash: rows().length, unansweredAtCrash };
  await environment.server.kill();
  await environment.server.restart();
  return results;
}

/**
 * Waits until all pods have received all messages. Pub/Sub loses a message when no client is connected, and no queue
 * can help with that, so the server must not be killed earlier. It must be killed before all jobs are done.
 */
async function waitForPods(environment, processes) {
  const { control } = environment;
  const haveReceivedAll = () => processes.sumOfPods('received') === processes.calls;
  if (haveReceivedAll()) return;
  await control.call('JQ.PAUSE', 'events');
  await environment.until(haveReceivedAll, WAIT_LIMIT, 'the pods do not receive all messages');
  await control.call('JQ.RESUME', 'events');
  const isWorking = async () =>
    processes.rows().length === processes.keys || (await findHolder(environment, processes)).held > 0;
  await environment.until(isWorking, WAIT_LIMIT, 'no worker claims jobs');
}

/** The server is down when the keys expire. No subscriber has to receive a message, so nothing is lost. */
async function stopServerDuringExpiry(environment, expiry) {
  await environment.server.kill();
  await environment.until(() => Date.now() > expiry + 200, WAIT_LIMIT, 'the keys do not expire');
  await environment.server.restart();
}

/** Kills a worker that holds jobs and starts it again under its name. It then asks for the jobs that it held. */
async function killWorker(environment, processes) {
  let holder;
  const isFound = async () => {
    holder = await findHolder(environment, processes);
    return holder.held > 0;
  };
  await environment.until(isFound, WAIT_LIMIT, 'no worker holds a job');
  await processes.workers.get(holder.name).kill();
  processes.workers.set(holder.name, processes.startWorker(holder.name));
  return holder.held;
}

/** Finds a worker that holds jobs: its name and the number of its jobs. */
async function findHolder(environment, { workers }) {
  for (const name of workers.keys()) {
    const { length: held } = await environment.control.call('JQ.CLAIM', 'events', name, 'HELD');
    if (held > 0) return { name, held };
  }
  return { held: 0 };
}
