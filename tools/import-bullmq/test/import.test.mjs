// Queues that the real libraries have made, imported, and compared job by job.

import assert from 'node:assert/strict';
import { Queue } from 'redis-jq';
import { runImporter } from './harness/importer.mjs';
import { runAll, runFailing } from './harness/libraries.mjs';
import { scenario } from './harness/scenario.mjs';
import { claimAll, listJobs } from './harness/servers.mjs';

const MINUTE = 60_000;


/** More than two pages of jobs of all kinds that wait. Each time the same. */
async function addWaiting(queue, count) {
  for (let n = 0; n < count; n += 1) {
    await queue.add(n % 3 === 0 ? 'mail' : 'push', { n, text: `Grüße 'n' "${n}"` }, {
      ...(n % 7 === 0 ? { lifo: true } : {}),
      ...(n % 5 === 0 && n % 7 !== 0 ? { priority: 1 + ((n * 31) % 11) } : {}),
    });
  }
}

const order = (jobs) => jobs.map(({ id, name, payload }) => ({ id, name, data: JSON.parse(payload) }));

scenario('waiting jobs run in the same order, with the same ids, names and data', async ({ from, to, open, library }) => {
  const source = open('mail');
  await addWaiting(source, 1_200);
  const { code, stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(code, 0, stdout);

  const there = await runAll(source, 1_200, ({ id, name, data }) => ({ id: String(id), name, data }));
  const queue = new Queue(to.control, 'mail', { payload: 'bytes' });
  assert.deepEqual(await queue.check(), []);
  assert.deepEqual(order(await claimAll(queue)), there);
});

scenario('a paused queue keeps its order, and is not paused here', async ({ from, to, open, library }) => {
  const source = open('mail');
  await addWaiting(source, 30);
  await source.queue.pause();
  await addWaiting(source, 30);
  const { stdout } = await runImporter(from.url, to.url, '--queue', 'mail', '--key', 'post');
  assert.match(stdout, /the queue is paused there, and not here: JQ\.PAUSE post/);

  await source.queue.resume();
  const there = await runAll(source, 60, ({ id, name, data }) => ({ id: String(id), name, data }));
  assert.deepEqual(order(await claimAll(new Queue(to.control, 'post', { payload: 'bytes' }))), there);
});

scenario('delayed jobs are due at the same instant', async ({ from, to, open, library }) => {
  const source = open('mail');
  const delays = [3 * MINUTE, MINUTE, 2 * MINUTE, MINUTE];
  const jobs = await Promise.all(delays.map((delay, n) => source.add('later', { n }, { delay, jobId: `own-${n}`, priority: n })));
  await runImporter(from.url, to.url, '--queue', 'mail', '--timestamps');

  const queue = new Queue(to.control, 'mail');
  for (const [n, { timestamp }] of jobs.entries()) {
    const job = await queue.get(`own-${n}`);
    assert.deepEqual(job.payload, { n });
    assert.equal(job.dueAt, timestamp + delays[n]);
    assert.equal(job.fields.timestamp, String(timestamp));
    assert.equal(job.priority, library.isBullmq || n === 0 ? n : n - 2 ** 31);
  }
});

scenario('a job that waits for its next attempt has as many left, and goes on with the next wait', async ({ from, to, open, library }) => {
  const source = open('mail');
  const { id } = await source.add('mail', { reason: 'mailbox full', progress: 40 }, { attempts: 5, backoff: { type: 'exponential', delay: MINUTE } });
  await source.add('mail', { reason: 'no' }, { attempts: 5, backoff: 2 * MINUTE });
  await runFailing(source, 0, 2);
  await runImporter(from.url, to.url, '--queue', 'mail');

  const queue = new Queue(to.control, 'mail');
  const [score] = await from.control.zmscore('bull:mail:delayed', String(id));
  const job = await queue.get(String(id));
  assert.equal(job.state, 'delayed');
  assert.equal(job.dueAt, Math.floor(score / 4096));
  assert.equal(job.attempts, 4);
  assert.deepEqual(job.fields, { attemptsMade: '1' });
  assert.equal(job.progress, 40);
  // The library's own wait after the second failure.
  assert.equal(job.backoff, `exponential/${(library.isBullmq ? 2 : 3) * MINUTE}`);
  assert.equal((await queue.get(String(Number(id) + 1))).backoff, `fixed/${2 * MINUTE}`);
});

scenario('a failed job has failed here for the same reason, and can be retried', async ({ from, to, open, library }) => {
  const source = open('mail');
  const reasons = ['boom', 'Grüße\nund mehr', 'x'.repeat(2_000)];
  for (const [n, reason] of reasons.entries()) {
    await source.add('mail', { reason, progress: { n } }, { attempts: 2, priority: n + 1, jobId: `own-${n}` });
  }
  await runFailing(source, 3);
  const { code, stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(code, 0, stdout);

  const queue = new Queue(to.control, 'mail');
  assert.deepEqual((await listJobs(queue, 'failed')).map(({ id }) => id), ['own-0', 'own-1', 'own-2']);
  for (const [n, reason] of reasons.entries()) {
    const there = await source.queue.getJob(`own-${n}`);
    const job = await queue.get(`own-${n}`);
    assert.equal(job.error, reason.slice(0, 1_024));
    assert.deepEqual(job.progress, { n });
    assert.deepEqual(job.fields, { attemptsMade: '2', finishedOn: String(there.finishedOn), timestamp: String(there.timestamp) });
    assert.deepEqual((await queue.logs(`own-${n}`)).lines, there.stacktrace.at(-1).split('\n'));
    assert.equal(job.priority, library.isBullmq ? n + 1 : n + 1 - 2 ** 31);
  }
  assert.deepEqual(await queue.retry('own-1'), [1]);
  const [retried] = await claimAll(queue);
  assert.equal(retried['failures-left'], 1, 'it has all its attempts again');
});

scenario('active and completed jobs stay where they are, and are counted', async ({ from, to, open }) => {
  const source = open('mail');
  for (let n = 0; n < 4; n += 1) await source.add('mail', { n });
  const seen = [];
  const importWhileActive = async ({ data }) => {
    seen.push(data.n === 2 ? await runImporter(from.url, to.url, '--queue', 'mail') : data.n);
  };
  await source.run(importWhileActive, () => seen.length === 4);
  assert.match(seen[2].stdout, /2 completed/);
  assert.match(seen[2].stdout, /1 active: .*Stop the workers/);
  assert.deepEqual((await claimAll(new Queue(to.control, 'mail'))).map(({ payload }) => payload), ['{"n":3}']);
});

scenario('flows are left to the workers of BullMQ', async ({ from, to, open }) => {
  const source = open('mail');
  await source.addFlow({ name: 'parent', queueName: 'mail', children: [{ name: 'child', queueName: 'mail' }, { name: 'child', queueName: 'other' }] });
  await source.addFlow({ name: 'ready', queueName: 'mail', children: [{ name: 'done', queueName: 'done' }] });
  const done = open('done');
  await runAll(done, 1, ({ id }) => id); // its parent waits now like any other job
  await source.add('plain', {}, { jobId: 'plain' });
  const { stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.match(stdout, /1 waiting for their children/);
  assert.match(stdout, /2 of flows/);
  assert.deepEqual((await claimAll(new Queue(to.control, 'mail'))).map(({ id }) => id), ['plain']);
}, ({ isBullmq }) => isBullmq);
