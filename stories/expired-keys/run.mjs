// One night: keys that expire at the same instant, who hears of it, and workers until nothing is left to do.

import { join } from 'node:path';
import { rowsOf } from '../harness/database.mjs';
import { inEnvironment } from '../harness/environment.mjs';
import { disturb } from './faults.mjs';
import { LIMIT } from './settings.mjs';

const PATIENCE = 60_000;

/**
 * Plays one way (see scenarios.mjs) and tells what came of it. With `faults`, a worker and the server are killed in
 * the middle; every answer is then on the disk before it is given, so that a crash can be survived exactly.
 */
export async function night(way, sizes, { faults = false, autoPipelining = true } = {}) {
  const settings = {
    appendonly: 'yes',
    appendfsync: faults ? 'always' : 'everysec',
    'auto-aof-rewrite-percentage': 0, // it would be in one measurement and not in another
    'notify-keyspace-events': way.pod ? 'Ex' : '',
    // By default Redis cuts off a subscriber that is 32 MB behind; here it would be a pod that never hears the rest.
    'client-output-buffer-limit': 'pubsub 0 0 0',
  };
  return inEnvironment(settings, LIMIT, async (stage) => {
    const processes = enter(stage, way, sizes, { faults, autoPipelining });
    await stage.until(() => processes.pods.every((pod) => pod.facts.ready), PATIENCE, 'the pods do not listen');
    await way.prepare(stage.control);
    const midnight = await setKeys(stage.control, sizes);
    await stage.server.usage.reset(stage.control); // the seconds until midnight, too: then nothing has begun before
    const story = faults ? await disturb(stage, processes, midnight) : {};
    await settle(stage, processes, way, midnight);
    return { ...story, ...(await account(stage, processes, way, midnight)) };
  });
}

/** Starts pods and workers. */
function enter(stage, way, sizes, { faults, autoPipelining }) {
  const { port, folder } = stage.server;
  const pod = () => stage.start(['node', `expired-keys/${way.pod}`, port, sizes.podsEach, Number(autoPipelining)]);
  const pods = way.pod ? Array.from({ length: sizes.podProcesses }, pod) : [];
  const names = Array.from({ length: sizes.workers }, (_, number) => `worker-${number + 1}`);
  const files = names.map((name) => join(folder, `${name}.rows`));
  const startWorker = (name) => {
    const file = files[names.indexOf(name)];
    return stage.start(['node', `expired-keys/${way.worker}`, port, name, file, faults ? sizes.slowWrite : 0]);
  };
  const workers = new Map(names.map((name) => [name, startWorker(name)]));
  const heard = (fact) => pods.reduce((sum, { facts }) => sum + (facts[fact] ?? 0), 0);
  const calls = way.pod ? sizes.podProcesses * sizes.podsEach * sizes.keys : 0;
  return { pods, workers, startWorker, heard, calls, keys: sizes.keys, rows: () => rowsOf(files) };
}

/** Sets all keys so that they end at one instant, and tells which. */
async function setKeys(control, { keys, untilMidnight }) {
  const [seconds, micros] = (await control.time()).map(Number);
  const midnight = seconds * 1_000 + Math.floor(micros / 1_000) + untilMidnight;
  const pipeline = control.pipeline();
  for (let number = 0; number < keys; number += 1) {
    pipeline.set(`event:${String(number).padStart(8, '0')}`, '', 'PXAT', midnight);
  }
  await pipeline.exec();
  return midnight;
}

/** Waits until every call is answered, every key has run and the queue has nothing left to do. */
async function settle(stage, processes, way, midnight) {
  const isOver = async () =>
    Date.now() > midnight &&
    processes.heard('answered') === processes.calls &&
    new Set(processes.rows()).size >= processes.keys &&
    (await way.left(stage.control)) === 0;
  const state = () => `heard ${processes.heard('heard')}, answered ${processes.heard('answered')} of ${processes.calls}, \
${processes.rows().length} rows for ${processes.keys} keys`;
  await stage.until(isOver, LIMIT, state, 100);
}

async function account(stage, processes, way, midnight) {
  const settled = (Date.now() - midnight) / 1_000;
  const usage = await stage.server.usage.total(stage.control);
  await Promise.all([...processes.workers.values()].map((worker) => worker.stop()));
  const rows = processes.rows();
  const distinct = new Set(rows).size;
  return {
    calls: processes.heard('answered'),
    refused: processes.heard('duplicate'),
    runs: rows.length,
    duplicates: rows.length - distinct,
    missing: processes.keys - distinct,
    settled,
    ...usage,
    ...(await way.verdict(stage.control)),
    redis: stage.server.version,
  };
}
