// One run of the nightly job in one way: producers, workers, and what goes wrong in between.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/expectations';
import { rowsOf } from '../harness/database.mjs';
import { inEnvironment } from '../harness/environment.mjs';
import { LIMIT, RUN } from './settings.mjs';

/** Bull looks after jobs whose message it has missed every 5 seconds; later than this nothing more will come. */
const NOTHING_MORE = 7_000;

// With `always` an answer is on the disk before it is given: a crash loses nothing that anybody knows of. Bull, which is
// not asked to survive as much, need not wait for the disk.
const settings = (way) => ({
  appendonly: 'yes',
  appendfsync: way.jq ? 'always' : 'everysec',
  'auto-aof-rewrite-percentage': 0,
});

/** Plays one way (see scenarios.mjs) and tells what came of it. */
export function run(way, sizes) {
  return inEnvironment(settings(way), LIMIT, async (stage) => {
    const files = [];
    const startWorker = () => {
      const name = `worker-${files.length + 1}`;
      files.push(join(stage.server.folder, `${name}.rows`));
      return stage.start([...way.worker, stage.server.port, name, files.at(-1), sizes.workMs]);
    };
    const workers = Array.from({ length: sizes.workers }, startWorker);
    const samples = [];
    const produce = (heard) =>
      stage.start([...way.producer, stage.server.port, RUN, sizes.users, ...(way.words ?? [])], heard);
    const begun = Date.now();
    const producer = produce(({ sample }) => sample && samples.push(sample));
    const processes = { producer, workers, startWorker, rows: () => rowsOf(files), users: sizes.users };

    const story = way.jq ? await everythingGoesWrong(stage, processes, produce) : await watch(stage, processes, way);
    return { ...producer.facts, ...story, samples, took: (Date.now() - begun) / 1_000, redis: stage.server.version };
  });
}

/** The cron fires twice; a worker and the server are killed, as by kill -9; and all is counted. */
async function everythingGoesWrong(stage, processes, produce) {
  const { producer, rows, users } = processes;
  const twin = produce();
  const done = (share) => () => producer.facts.waiting && twin.facts.waiting && rows().length >= users * share;
  const late = () => `${rows().length} of ${users} jobs ran`;
  await stage.until(done(0.25), LIMIT, late);
  await processes.workers[0].kill();
  processes.startWorker(); // under another name: what the killed one held comes back when its leases end
  await stage.until(done(0.5), LIMIT, late);
  const rowsAtCrash = rows().length;
  await stage.server.kill();
  await stage.server.restart();

  const report = `report:${RUN}`;
  const reports = () => rows().filter((row) => row.startsWith(`${report} `)).length;
  await stage.until(() => producer.facts.done && twin.facts.done && reports() > 0, LIMIT, late, 5);
  const { control } = stage;
  const idle = async () => {
    const { waiting, delayed, active } = JSON.parse(await control.call('JQ.STATS', 'users', 'JSON'));
    return waiting + delayed + active === 0;
  };
  await stage.until(idle, LIMIT, 'jobs are left');
  const stats = JSON.parse(await control.call('JQ.STATS', 'users', 'JSON'));
  const discrepancies = (await control.call('JQ.CHECK', 'users')).length;
  return { rowsAtCrash, twin: twin.facts, reports: reports(), executions: rows().length - reports(), stats, discrepancies };
}

/** Bull: waits until the producer knows that all is done, or nothing is left from which it could still learn it. */
async function watch(stage, { producer, rows, users }, way) {
  if (way.restart) {
    await stage.until(() => producer.facts.waiting && rows().length >= users / 2, LIMIT, 'no half of the jobs ran');
    await stage.server.kill();
    await stage.server.restart();
  }
  const { control } = stage;
  const isEmpty = async () => rows().length >= users && (await way.unfinished(control)) === 0;
  await stage.until(async () => producer.facts.done || (await isEmpty()), LIMIT, 'jobs are left', 100);
  let last = { counted: -1 };
  const hearsNothingMore = () => {
    const { completed, failed } = producer.facts.counts;
    if (completed + failed !== last.counted) last = { counted: completed + failed, at: Date.now() };
    return Date.now() > last.at + NOTHING_MORE;
  };
  await stage.until(() => producer.facts.done || (producer.facts.waiting && hearsNothingMore()), LIMIT, 'no end');
  await sleep(300); // its last look at itself
  return { executions: rows().length, reasons: await reasonsOfFailure(control) };
}

/** Why Bull's failed jobs have failed: how many of each reason. */
async function reasonsOfFailure(control) {
  const reasons = {};
  for (const id of await control.zrange('bull:users:failed', 0, -1)) {
    const reason = await control.hget(`bull:users:${id}`, 'failedReason');
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}
