// Runs the nightly job in one scenario: a producer, workers, and the failures in between.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf } from '../harness/database.mjs';
import { inEnvironment } from '../harness/environment.mjs';
import { LIMIT, RUN } from './settings.mjs';

/** Bull checks for ended jobs whose message it has missed every 5 seconds. After this many ms it will find no more. */
const NOTHING_MORE = 7_000;

// With `always` a reply is on the disk before it is sent, so a crash loses nothing that a client knows of. Bull need not
// survive a crash without loss here and does not wait for the disk.
const settings = (scenario) => ({
  appendonly: 'yes',
  appendfsync: scenario.jq ? 'always' : 'everysec',
  'auto-aof-rewrite-percentage': 0,
});

/** Runs one scenario (see scenarios.mjs) and returns its results. */
export function run(scenario, sizes) {
  return inEnvironment(settings(scenario), LIMIT, async (environment) => {
    const { server } = environment;
    const files = [];
    const startWorker = () => {
      const name = `worker-${files.length + 1}`;
      files.push(join(server.folder, `${name}.rows`));
      return environment.start([...scenario.worker, server.port, name, files.at(-1), sizes.workMs]);
    };
    const workers = Array.from({ length: sizes.workers }, startWorker);
    const samples = [];
    const startProducer = (onReport) =>
      environment.start([...scenario.producer, server.port, RUN, sizes.users, ...(scenario.args ?? [])], onReport);
    const begun = Date.now();
    const producer = startProducer(({ sample }) => sample && samples.push(sample));
    const processes = { producer, startProducer, workers, startWorker, rows: () => rowsOf(files), users: sizes.users };

    const results = scenario.jq
      ? await runWithFailures(environment, processes)
      : await waitForBull(environment, processes, scenario);
    return { ...producer.facts, ...results, samples, took: (Date.now() - begun) / 1_000, redis: server.version };
  });
}

/** The cron starts two producers, a worker and the server are killed with kill -9, and the results are counted. */
async function runWithFailures(environment, processes) {
  const { producer, startProducer, rows, users } = processes;
  const secondProducer = startProducer();
  const hasDone = (share) => () =>
    producer.facts.waiting && secondProducer.facts.waiting && rows().length >= users * share;
  const message = () => `${rows().length} of ${users} jobs ran`;
  await environment.until(hasDone(0.25), LIMIT, message);
  await processes.workers[0].kill();
  processes.startWorker(); // it has another name: the jobs of the killed worker return when their leases end
  await environment.until(hasDone(0.5), LIMIT, message);
  const rowsAtCrash = rows().length;
  await environment.server.kill();
  await environment.server.restart();

  const report = `report:${RUN}`;
  const reports = () => rows().filter((row) => row.startsWith(`${report} `)).length;
  const isDone = () => producer.facts.done && secondProducer.facts.done && reports() > 0;
  await environment.until(isDone, LIMIT, message, 5);
  const { control } = environment;
  const readStats = async () => JSON.parse(await control.call('JQ.STATS', 'users', 'JSON'));
  const isIdle = async () => {
    const { waiting, delayed, active } = await readStats();
    return waiting + delayed + active === 0;
  };
  await environment.until(isIdle, LIMIT, 'jobs are left');
  const stats = await readStats();
  const discrepancies = (await control.call('JQ.CHECK', 'users')).length;
  const executions = rows().length - reports();
  return { rowsAtCrash, second: secondProducer.facts, reports: reports(), executions, stats, discrepancies };
}

/** Waits until Bull's producer knows that all jobs are done, or until no message can come any more. */
async function waitForBull(environment, { producer, rows, users }, scenario) {
  if (scenario.restart) {
    await environment.until(() => producer.facts.waiting && rows().length >= users / 2, LIMIT, 'half of the jobs did not run');
    await environment.server.kill();
    await environment.server.restart();
  }
  const { control } = environment;
  const isEmpty = async () => rows().length >= users && (await scenario.unfinished(control)) === 0;
  await environment.until(async () => producer.facts.done || (await isEmpty()), LIMIT, 'jobs are left', 100);
  let last = { counted: -1 };
  const hasStalled = () => {
    const { completed, failed } = producer.facts.counts;
    if (completed + failed !== last.counted) last = { counted: completed + failed, at: Date.now() };
    return Date.now() > last.at + NOTHING_MORE;
  };
  const isOver = () => producer.facts.done || (producer.facts.waiting && hasStalled());
  await environment.until(isOver, LIMIT, 'the producer goes on counting');
  await sleep(300); // the meter of the producer reports once more
  return { executions: rows().length, reasons: await failureReasons(control) };
}

/** The reasons of Bull's failed jobs, each with the number of jobs. */
async function failureReasons(control) {
  const reasons = {};
  for (const id of await control.zrange('bull:users:failed', 0, -1)) {
    const reason = await control.hget(`bull:users:${id}`, 'failedReason');
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}
