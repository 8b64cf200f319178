// Runs one scenario: keys expire at the same instant, pods or the server add jobs, and workers run until none is left.

import { join } from 'node:path';
import { rowsOf } from '../harness/database.mjs';
import { inEnvironment } from '../harness/environment.mjs';
import { injectFaults } from './faults.mjs';
import { LIMIT } from './settings.mjs';

const START_LIMIT = 60_000;

/**
 * Runs one scenario (see scenarios.mjs) and returns its results. With `faults` a worker and the server are killed while
 * jobs run. Every reply is then on the disk before it is sent, so that a crash loses nothing that a client knows of.
 */
export async function run(scenario, sizes, { faults = false, autoPipelining = true } = {}) {
  const settings = {
    appendonly: 'yes',
    appendfsync: faults ? 'always' : 'everysec',
    'auto-aof-rewrite-percentage': 0, // a rewrite would be part of some measurements only
    'notify-keyspace-events': scenario.pod ? 'Ex' : '',
    // By default Redis disconnects a subscriber that is 32 MB behind, and such a pod would miss the other keys.
    'client-output-buffer-limit': 'pubsub 0 0 0',
  };
  return inEnvironment(settings, LIMIT, async (environment) => {
    const processes = startProcesses(environment, scenario, sizes, { faults, autoPipelining });
    const areReady = () => processes.pods.every((pod) => pod.facts.ready);
    await environment.until(areReady, START_LIMIT, 'the pods have not subscribed');
    await scenario.prepare(environment.control);
    const expiry = await setKeys(environment.control, sizes);
    await environment.server.usage.reset(environment.control); // counting begins before the keys expire, so it misses nothing
    const faultResults = faults ? await injectFaults(environment, processes, expiry) : {};
    await waitUntilDone(environment, processes, scenario, expiry);
    return { ...faultResults, ...(await collectResults(environment, processes, scenario, expiry)) };
  });
}

/** Starts pods and workers. */
function startProcesses(environment, scenario, sizes, { faults, autoPipelining }) {
  const { port, folder } = environment.server;
  const startPods = () =>
    environment.start(['node', `expired-keys/${scenario.pod}`, port, sizes.podsEach, Number(autoPipelining)]);
  const pods = scenario.pod ? Array.from({ length: sizes.podProcesses }, startPods) : [];
  const names = Array.from({ length: sizes.workers }, (_, number) => `worker-${number + 1}`);
  const files = names.map((name) => join(folder, `${name}.rows`));
  const startWorker = (name) => {
    const file = files[names.indexOf(name)];
    return environment.start(['node', `expired-keys/${scenario.worker}`, port, name, file, faults ? sizes.slowWrite : 0]);
  };
  const workers = new Map(names.map((name) => [name, startWorker(name)]));
  const sumOfPods = (fact) => pods.reduce((sum, { facts }) => sum + (facts[fact] ?? 0), 0);
  const calls = scenario.pod ? sizes.podProcesses * sizes.podsEach * sizes.keys : 0;
  return { pods, workers, startWorker, sumOfPods, calls, keys: sizes.keys, rows: () => rowsOf(files) };
}

/** Sets all keys so that they expire at one instant, and returns that instant. */
async function setKeys(control, { keys, untilExpiry }) {
  const [seconds, micros] = (await control.time()).map(Number);
  const expiry = seconds * 1_000 + Math.floor(micros / 1_000) + untilExpiry;
  const pipeline = control.pipeline();
  for (let number = 0; number < keys; number += 1) {
    pipeline.set(`event:${String(number).padStart(8, '0')}`, '', 'PXAT', expiry);
  }
  await pipeline.exec();
  return expiry;
}

/** Waits until every call has its reply, every key has run and the queue has no unfinished job. */
async function waitUntilDone(environment, processes, scenario, expiry) {
  const isDone = async () =>
    Date.now() > expiry &&
    processes.sumOfPods('answered') === processes.calls &&
    new Set(processes.rows()).size >= processes.keys &&
    (await scenario.unfinished(environment.control)) === 0;
  const message = () => `${processes.sumOfPods('received')} received, ${processes.sumOfPods('answered')} answered \
of ${processes.calls}, ${processes.rows().length} rows for ${processes.keys} keys`;
  await environment.until(isDone, LIMIT, message, 100);
}

async function collectResults(environment, processes, scenario, expiry) {
  const doneAfter = (Date.now() - expiry) / 1_000;
  const usage = await environment.server.usage.total(environment.control);
  await Promise.all([...processes.workers.values()].map((worker) => worker.stop()));
  const rows = processes.rows();
  const distinct = new Set(rows).size;
  return {
    calls: processes.sumOfPods('answered'),
    refused: processes.sumOfPods('duplicate'),
    runs: rows.length,
    duplicates: rows.length - distinct,
    missing: processes.keys - distinct,
    doneAfter,
    ...usage,
    ...(await scenario.queueResults(environment.control)),
    redis: environment.server.version,
  };
}
